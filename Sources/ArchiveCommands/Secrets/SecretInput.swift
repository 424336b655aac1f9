import ArchiveCrypto
import ArchiveFormat
import ArchiveReader

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads secrets straight into memory that is wiped.
enum SecretInput {
    private static let variable = "PORTABLE_ARCHIVE_PASSPHRASE"
    private static let commandVariable = "PORTABLE_ARCHIVE_PASSPHRASE_COMMAND"

    static var hasEnvironment: Bool { getenv(variable) != nil || getenv(commandVariable) != nil }

    /// From the environment; `nil` if nothing is there.
    ///
    /// The variable is overwritten and taken away.
    static func environment() throws -> SecretBytes? {
        if let value = getenv(variable) {
            let count = strlen(value)
            let secret = SecretBytes(copying: UnsafeRawBufferPointer(start: value, count: count))
            memset(value, 0, count)
            unsetenv(variable)
            return secret
        }
        guard let command = getenv(commandVariable).map({ String(cString: $0) }) else { return nil }
        guard let pipe = popen(command, "r") else {
            throw CommandFailure("the passphrase command cannot be run", hint: "check \(commandVariable)")
        }
        let secret: SecretBytes
        do {
            secret = try descriptor(fileno(pipe), "the passphrase command", 65536)
        } catch {
            pclose(pipe)
            throw error
        }
        guard pclose(pipe) == 0 else {
            throw CommandFailure("the passphrase command failed", hint: "check \(commandVariable)")
        }
        return secret
    }

    static func file(_ path: String, limit: Int) throws -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let cause = errno
            var failure = CommandFailure(ArchiveError(.inputOutput, path, String(cString: strerror(cause))))
            if cause == ENOENT || cause == ENOTDIR || cause == EACCES { failure.hint = "check the path" }
            throw failure
        }
        defer { close(descriptor) }
        return try SecretInput.descriptor(descriptor, path, limit)
    }

    /// All that a descriptor gives, without one line end behind it.
    static func descriptor(_ descriptor: Int32, _ place: String, _ limit: Int) throws -> SecretBytes {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        defer { bytes.wipe() }
        var count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), limit + 1 - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw CommandFailure(ArchiveError(.inputOutput, place, String(cString: strerror(errno))))
            }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else {
            throw CommandFailure("\(place): longer than \(limit) bytes", hint: "check the path")
        }
        if count > 0, bytes[count - 1] == 0x0A { count -= 1 }
        if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
        return bytes.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    }

    static func keyText(_ kind: KeyText, _ path: String) throws -> SecretBytes {
        let text = try file(path, limit: kind.mostTextBytes)
        return try decoding(path) { () throws(CryptoError) in
            try text.withUnsafeBytes { (bytes) throws(CryptoError) in try kind.decode(bytes) }
        }
    }

    static func decoding<Value>(_ place: String, _ body: () throws(CryptoError) -> Value) throws -> Value {
        do throws(CryptoError) { return try body() } catch { throw CommandFailure(error, place) }
    }

    static func passphrase(_ bytes: SecretBytes) throws -> Passphrase {
        guard let passphrase = bytes.withUnsafeBytes({ Passphrase(utf8: $0) }) else {
            throw CommandFailure("the passphrase is not UTF-8", hint: "type it on a terminal set to UTF-8")
        }
        guard !passphrase.isEmpty else {
            throw CommandFailure("the passphrase is empty", hint: "give one of several words")
        }
        return passphrase
    }

    static func askTwice(_ prompt: String) throws -> Passphrase {
        for _ in 0..<3 {
            let first = try passphrase(try ask(prompt))
            let second = try passphrase(try ask("The same again: "))
            if first.equals(second) { return first }
            Output.error.line("They differ; once more.")
            Output.error.flush()
        }
        throw CommandFailure("the two passphrases differ")
    }

    /// Asks on the terminal, which does not show what is typed.
    static func ask(_ prompt: String) throws -> SecretBytes {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandFailure(
                "a secret is needed, and there is no terminal to ask on",
                hint: "use --passphrase-file, --passphrase-fd, --key-file, \(variable) or \(commandVariable)"
            )
        }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { throw CommandFailure("the terminal cannot be set") }
        var silent = before
        // Ctrl-C arrives as a byte, so that the terminal is put right again before the tool ends.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG | ICANON)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal, TCSAFLUSH, &before) }
        say(prompt, terminal)
        defer { say("\n", terminal) }
        return try line(terminal)
    }

    private static func line(_ terminal: Int32) throws -> SecretBytes {
        var typed = [UInt8](repeating: 0, count: 4096)
        defer { typed.wipe() }
        var count = 0
        while true {
            var byte: UInt8 = 0
            let got = read(terminal, &byte, 1)
            if got < 0, errno == EINTR { continue }
            guard got == 1 else { throw CommandFailure("the terminal went away") }
            switch byte {
            case 0x0A, 0x0D:
                return typed.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
            case 0x03: throw ExitStatus.interrupted
            case 0x04 where count == 0: throw CommandFailure("nothing was typed")
            case 0x15: count = 0
            case 0x08, 0x7F:
                // A character of UTF-8 goes as a whole.
                while count > 0, typed[count - 1] & 0xC0 == 0x80 { count -= 1 }
                if count > 0 { count -= 1 }
            default:
                guard count < typed.count else { throw CommandFailure("that is too long") }
                typed[count] = byte
                count += 1
            }
        }
    }

    private static func say(_ text: String, _ terminal: Int32) {
        let bytes = Array(MailText.safe(text == "\n" ? "" : text).utf8) + (text == "\n" ? [0x0A] : [])
        _ = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
    }
}
