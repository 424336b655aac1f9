import ArchiveStorage
import MailFormats

/// A file or spool to import from, as the mail formats want it.
struct FileByteSource: ByteSource {
    let file: any RandomAccessBytes

    var byteCount: UInt64 { file.byteCount }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        do throws(StorageError) {
            return try file.read(at: offset, into: buffer)
        } catch {
            if case .io(let number) = error.cause { throw ByteSourceError(.system(number), at: offset) }
            throw ByteSourceError(.changed, at: offset)
        }
    }
}
