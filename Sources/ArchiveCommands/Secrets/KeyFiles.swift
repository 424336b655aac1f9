import ArchiveCrypto
import ArchiveFormat
import ArchiveReader

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files with secrets: readable by their owner alone, never overwritten.
enum KeyFiles {
    static func openOrMake(_ path: String) throws -> SecretBytes {
        if access(path, F_OK) == 0 { return try SecretInput.keyText(.keyFile, path) }
        let key = SecretBytes.random()
        try write(KeyText.keyFile.encode(key), to: path)
        return key
    }

    static func write(_ text: SecretBytes, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let isWritten = text.withUnsafeBytes { bytes in
            posixWrite(descriptor, bytes.baseAddress, bytes.count) == bytes.count
        }
        guard isWritten, fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ArchiveError {
        let cause = String(cString: strerror(errno))
        return ArchiveError(errno == EEXIST ? .exists : .inputOutput, path, cause)
    }
}

/// `write(2)`, where a method of the same name would hide it.
func posixWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}
