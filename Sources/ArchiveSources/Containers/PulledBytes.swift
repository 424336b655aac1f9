import ArchiveStorage
import CZlib

/// Bytes that are taken one after the other.
protocol PulledBytes: AnyObject {
    /// How far the container was read, for messages.
    var place: UInt64 { get }

    /// Fills the buffer as far as it can; 0 only at the end.
    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int
}

/// A range of a file, from its start.
final class FilePull: PulledBytes {
    let file: any RandomAccessBytes
    let range: Range<UInt64>
    /// Relative to the start of the range.
    var position: UInt64 = 0

    init(_ file: any RandomAccessBytes, _ range: Range<UInt64>? = nil) {
        self.file = file
        self.range = range ?? 0..<file.byteCount
    }

    var byteCount: UInt64 { range.upperBound - range.lowerBound }

    var place: UInt64 { range.lowerBound + min(position, byteCount) }

    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int {
        guard position < byteCount else { return 0 }
        let wanted = Int(min(UInt64(buffer.count), byteCount - position))
        let count = try read(file, at: place, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        position += UInt64(count)
        return count
    }
}

/// Reads from the container; what the medium cannot give is a fault of the container.
func read(
    _ file: any RandomAccessBytes,
    at offset: UInt64,
    into buffer: UnsafeMutableRawBufferPointer
) throws(ContainerFault) -> Int {
    do throws(StorageError) {
        return try file.read(at: offset, into: buffer)
    } catch {
        throw ContainerFault(error.message, at: offset)
    }
}

/// Deflated bytes, with the wrapping of gzip or with none.
///
/// libarchive does not compare the checksum of gzip, so damage would pass for mail: zlib does.
final class InflatePull: PulledBytes {
    enum Wrapping: Int32 {
        case gzip = 31
        case none = -15
    }

    private let source: FilePull
    private let wrapping: Wrapping
    /// On the heap, since zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private var isOpen = false
    private var isFinished = false
    private var waiting: ContainerFault?

    init(_ source: FilePull, _ wrapping: Wrapping) throws(ContainerFault) {
        self.source = source
        self.wrapping = wrapping
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, size) == Z_OK else {
            throw ContainerFault("out of memory")
        }
        isOpen = true
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
        input.deallocate()
    }

    var place: UInt64 { source.place - UInt64(stream.pointee.avail_in) }

    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int {
        if let waiting { throw waiting }
        guard !isFinished, buffer.count > 0 else { return 0 }
        let room = min(buffer.count, 1 << 30)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        do throws(ContainerFault) {
            while stream.pointee.avail_out > 0, !isFinished { try step() }
        } catch {
            // What came before the damage is given first.
            waiting = error
            if stream.pointee.avail_out == UInt32(room) { throw error }
        }
        return room - Int(stream.pointee.avail_out)
    }

    private func step() throws(ContainerFault) {
        if stream.pointee.avail_in == 0 {
            let count = try source.pull(into: input)
            guard count > 0 else { throw ContainerFault("the compressed data is cut short", at: source.place) }
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(count)
        }
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: return
        case Z_STREAM_END: isFinished = try !beginNextMember()
        default:
            let text = stream.pointee.msg.map { String(cString: $0) } ?? "it cannot be inflated"
            throw ContainerFault("the compressed data is damaged (\(text))", at: place)
        }
    }

    /// gzip files may be put one after the other; zeros that pad the end are nothing.
    private func beginNextMember() throws(ContainerFault) -> Bool {
        guard wrapping == .gzip else { return false }
        while true {
            if stream.pointee.avail_in == 0 {
                let count = try source.pull(into: input)
                guard count > 0 else { return false }
                stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_in = UInt32(count)
            }
            guard stream.pointee.next_in?.pointee == 0 else { break }
            stream.pointee.next_in += 1
            stream.pointee.avail_in -= 1
        }
        guard stream.pointee.next_in?.pointee == 0x1F else {
            throw ContainerFault("what follows the compressed data is not gzip", at: place)
        }
        guard inflateReset(stream) == Z_OK else { throw ContainerFault("out of memory") }
        return true
    }
}
