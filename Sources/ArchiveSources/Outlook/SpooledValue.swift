import ArchiveStorage
import MailFormats

/// A long value of a property, in the spool of its message.
struct SpooledValue: ByteSource {
    let spool: Spool
    let range: Range<UInt64>

    var byteCount: UInt64 { range.upperBound - range.lowerBound }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let count = Int(min(UInt64(buffer.count), byteCount - offset))
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count])
        do throws(StorageError) {
            return try spool.read(at: range.lowerBound + offset, into: piece)
        } catch {
            if case .io(let number) = error.cause { throw ByteSourceError(.system(number), at: offset) }
            throw ByteSourceError(.changed, at: offset)
        }
    }
}
