import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat

/// Opens data records one after the other with memory and decoders that it keeps: one for each thread.
struct RecordOpener: ~Copyable {
    /// For the bytes as they are stored.
    var stored = ScratchMemory()
    private var plaintext = ScratchMemory()
    private var decompressor = Decompressor()

    /// Opens the seal, checks what is inside, and decodes it (Spec, format.md, section 5.2).
    ///
    /// The header has been checked for its place. `memory` gives the memory to decode to, of exactly the length it is
    /// asked for; it is asked after the seal was proven.
    mutating func open(
        head: UnsafeRawBufferPointer,
        body: UnsafeRawBufferPointer,
        key: SegmentKey,
        place: (segment: UInt32, offset: UInt64),
        into memory: (_ decodedLength: Int) -> UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> InnerHeader {
        func name() -> String { "\(ArchiveLayout.segment(place.segment)) at \(place.offset)" }
        guard body.count == Int(head.u32(56)) else { throw ArchiveError(.recordTruncated, name()) }
        let tag = 16
        guard body.count >= tag else { throw ArchiveError(.recordSeal, name()) }
        let opened = plaintext.reserve(body.count - tag)
        do throws(CryptoError) {
            try key.openRecord(header: head, body: body, into: opened)
        } catch {
            throw ArchiveError(error, name())
        }
        let inner: InnerHeader
        do throws(FormatError) {
            inner = try InnerHeader(parsing: UnsafeRawBufferPointer(opened), codec: head[11])
        } catch {
            throw ArchiveError(error, name())
        }
        guard let codec = Codec(rawValue: head[11]) else { throw ArchiveError(.codec, name()) }
        let encoded = UnsafeRawBufferPointer(opened).slice(InnerHeader.byteCount, inner.encodedLength)
        do throws(CompressionError) {
            try decompressor.decompress(codec, encoded, into: memory(inner.decodedLength))
        } catch {
            throw ArchiveError(error, name())
        }
        return inner
    }
}

/// Memory of one owner that grows when it must, and is never zeroed.
struct ScratchMemory: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { memory.deallocate() }

    /// Memory of exactly so many bytes; what was there before is gone.
    mutating func reserve(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < count || memory.baseAddress == nil {
            memory.deallocate()
            memory = .allocate(byteCount: max(4096, count + count / 4), alignment: 64)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[0..<count])
    }
}
