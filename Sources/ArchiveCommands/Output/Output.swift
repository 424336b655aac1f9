import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A buffered descriptor: everything a command prints goes through here.
final class Output: Sendable {
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

    /// A line beside what the command prints, at once: what the user should know, and what does not end the command.
    static func tell(_ text: String) {
        error.line("portable-archive: \(MailText.safe(text))")
        error.flush()
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

    /// To a reader that went away nothing can be told; of a full medium behind a redirection stderr tells.
    private func fail() -> Never {
        if descriptor == 1, errno != EPIPE {
            let text = "portable-archive: error: cannot write standard output: \(String(cString: strerror(errno)))\n"
            _ = write(2, text, text.utf8.count)
        }
        exit(ExitStatus.couldNotRun.rawValue)
    }

    private func drain(_ bytes: inout [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { fail() }
                offset += count
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
