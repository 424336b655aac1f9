import ArchiveFormat
import CZlib
import CZstd

/// Decodes any codec, again and again: holds one C context for each, so one for each thread.
///
/// Trusts nothing: the output is as long as the caller says and no byte longer, whatever the stream states.
package struct Decompressor: ~Copyable {
    private var zstd: OpaquePointer?
    private var zlib: UnsafeMutablePointer<z_stream>?

    /// Makes a decoder; contexts are made when they are first needed.
    package init() {
        zstd = nil
        zlib = nil
    }

    deinit {
        ZSTD_freeDCtx(zstd)
        if let zlib {
            inflateEnd(zlib)
            zlib.deinitialize(count: 1)
            zlib.deallocate()
        }
    }

    /// Decodes all of the input to exactly as many bytes as the output has (format.md, section 5.2).
    ///
    /// `invalidStream` (E310): malformed, cut short, more behind it, a zstd frame without content size, with a dictionary
    /// or a window over 8 MiB. `decodedLength` (E311): more or fewer bytes than the output has. The output is then undefined.
    package mutating func decompress(
        _ codec: Codec,
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        switch codec {
        case .stored:
            guard input.count == output.count else { throw .decodedLength }
            output.copyMemory(from: input)
        case .zlib: try inflateAll(input, output)
        case .zstd: try decodeFrame(input, output)
        }
    }

    private mutating func decodeFrame(
        _ input: UnsafeRawBufferPointer,
        _ output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        let frame = try ZstdFrame(parsing: input)
        guard frame.contentSize == UInt64(output.count) else { throw .decodedLength }
        // One frame only: the library would go on with whatever frames follow.
        guard ZSTD_findFrameCompressedSize(input.baseAddress, input.count) == input.count else { throw .invalidStream }
        if zstd == nil { zstd = ZSTD_createDCtx() }
        guard let zstd else { throw .outOfMemory }
        let size = ZSTD_decompressDCtx(zstd, output.baseAddress, output.count, input.baseAddress, input.count)
        guard ZSTD_isError(size) == 0 else {
            throw ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation ? .outOfMemory : .invalidStream
        }
        guard size == output.count else { throw .decodedLength }
    }

    private mutating func inflateAll(
        _ input: UnsafeRawBufferPointer,
        _ output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        guard let inputCount = UInt32(exactly: input.count), let outputCount = UInt32(exactly: output.count),
            let start = output.baseAddress
        else { throw .decodedLength }
        let stream = try inflater()
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.pointee.avail_in = inputCount
        stream.pointee.next_out = start.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = outputCount
        let result = inflate(stream, Z_FINISH)
        let unread = stream.pointee.avail_in
        let unwritten = stream.pointee.avail_out
        switch result {
        case Z_STREAM_END:
            guard unread == 0 else { throw .invalidStream }
            guard unwritten == 0 else { throw .decodedLength }
        case Z_OK, Z_BUF_ERROR:
            // Full, and there is more to come; or the input ended first.
            throw unwritten == 0 && unread > 0 ? .decodedLength : .invalidStream
        case Z_MEM_ERROR: throw .outOfMemory
        default: throw .invalidStream
        }
    }

    private mutating func inflater() throws(CompressionError) -> UnsafeMutablePointer<z_stream> {
        if let zlib {
            guard inflateReset(zlib) == Z_OK else { throw .outOfMemory }
            return zlib
        }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the framing of RFC 1950 and nothing else, windows up to 32 KiB.
        guard inflateInit2_(stream, 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deinitialize(count: 1)
            stream.deallocate()
            throw .outOfMemory
        }
        zlib = stream
        return stream
    }
}
