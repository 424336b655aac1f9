import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A buffered descriptor: everything a command prints goes through here.
final class Output: Sendable {
    /// The name of the JSON schema that all commands share.
    ///
    /// `--json` prints one object with `schema` and `command`, and then the members of the command:
    /// - `init`: `path`, `archiveID`, `recoveryCode`.
    /// - `import`: `dryRun`, `interrupted`, `archiveID` and `recoveryCode` (null unless it made the archive), `counts`,
    ///   `runs` [`source`, `id`, `complete`, `counts`, `folders` [`folder`, `counts`]],
    ///   `rejects` [`path`, `offset`, `size`, `reason`, `text`].
    /// - `list`: `messages` [`id`, `size`, `date`, `from`, `to`, `cc`, `subject`, `messageID`, `attachments`, `folders`].
    /// - `show`: `id`, `size`, `folders`, `fields` [`name`, `value`], `text`, `textSource`, `parts`, `notes`; with `--save`
    ///   `saved` [`part`, `file`].
    /// - `export`: `destination`, `format`, `count`, `bytes`, `failures` (findings).
    /// - `verify`: `level`, `verdict` (clean, warnings, damaged), `generation`, `head`, `bytes`, `messages`, `findings`.
    /// - `info`: its facts, and `findings`. `folders`: `folders` [`folder`, `messages`, `bytes`].
    /// - `key list`: `slots`; `key add`, `remove`, `change-passphrase`: `slot`, `note`; `key recovery`: `recoveryCode`.
    /// - `writer list`: `writers` [`writer`, `revoked`, `label`]; `writer add`: `writer`, `file`.
    ///
    /// Counts are `found`, `stored`, `alreadyThere`, `rejected`, `bytes`; a folder is `mailbox` and `path`; a finding is
    /// `code`, `name`, `warning`, `place`, `cause`, `detail`, `hint`. Dates are RFC 3339 in UTC, sizes are bytes. What
    /// could not run has `error` {`code`, `name`, `message`, `hint`, `exitStatus`} instead.
    static let schema = "portable-archive/1"
    static let standard = Output(1)
    static let error = Output(2)

    private let descriptor: Int32
    private let pending = Mutex<[UInt8]>([])

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// One line of text; what comes from mail was made safe before.
    func line(_ text: String = "") {
        pending.withLock { bytes in
            bytes += text.utf8
            bytes.append(0x0A)
            if bytes.count > 1 << 16 { drain(&bytes) }
        }
    }

    /// Bytes as they are.
    func raw(_ raw: UnsafeRawBufferPointer) {
        pending.withLock { bytes in
            bytes.append(contentsOf: raw)
            if bytes.count > 1 << 16 { drain(&bytes) }
        }
    }

    func text(_ text: String) { pending.withLock { $0 += text.utf8 } }

    /// One JSON document.
    func json(_ value: JSONValue) {
        pending.withLock { bytes in
            value.write(to: &bytes)
            bytes.append(0x0A)
        }
    }

    /// One JSON document with a long array as its last member, which is written as it comes.
    func json<Items: Sequence>(
        _ members: [(String, JSONValue)],
        _ name: String,
        _ items: Items,
        _ value: (Items.Element) -> JSONValue
    ) {
        pending.withLock { bytes in
            JSONValue.object(members + [(name, .array([]))]).write(to: &bytes)
            bytes.removeLast(2)
            var isFirst = true
            for item in items {
                if !isFirst { bytes.append(0x2C) }
                isFirst = false
                value(item).write(to: &bytes)
                if bytes.count > 1 << 16 { drain(&bytes) }
            }
            bytes += "]}\n".utf8
        }
    }

    func flush() { pending.withLock { drain(&$0) } }

    private func drain(_ bytes: inout [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0, errno == EINTR { continue }
                // A reader that went away, or a full disk behind a redirection: nothing can be told to it.
                guard count > 0 else { exit(ExitStatus.couldNotRun.rawValue) }
                offset += count
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
