import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Synchronization

/// A record packed but not sealed: it has no place in a segment yet.
struct PackedRecord: Sendable {
    let type: UInt8
    let codec: Codec
    /// What the record says, before packing: kept until it has been proven that the sealed bytes give it back.
    let decoded: PooledBuffer
    let decodedCount: Int
    /// Room for the header, then inner header, encoded bytes and Padmé padding, then room for tag and alignment.
    let record: PooledBuffer
    let plaintextCount: Int

    /// The stored length: the sealed body.
    var bodyCount: Int { plaintextCount + XChaCha20Poly1305.tagByteCount }
    var byteCount: Int { RecordHeader.byteCount + bodyCount }
}

/// A sealed record that was opened and unpacked again and found the same, with the leaves of the whole blocks in it.
struct SealedRecord: Sendable {
    let type: UInt8
    let record: PooledBuffer
    /// Header and body, and the zero bytes up to the next multiple of 64.
    let byteCount: Int
    let header: RecordHeader
    /// Leaves of the tree hash for the blocks of 64 KiB of the file that lie wholly in this record.
    let leaves: [Bytes32]
}

/// Packs and seals records with codec contexts and memory that are used again (Spec, format.md, section 5.2).
final class RecordCoder: Sendable {
    let codec: Codec
    let level: Int?
    private let keys: AppendKeys
    private let pool = BufferPool(keeping: 64 << 20)
    private let idle = Mutex<[Contexts]>([])

    /// Unchecked: taken from the list by one thread at a time.
    private final class Contexts: @unchecked Sendable {
        var compressor: Compressor
        var decompressor = Decompressor()

        init(_ codec: Codec, _ level: Int?) throws(CompressionError) {
            compressor = try Compressor(codec, level: level)
        }
    }

    init(keys: AppendKeys, codec: Codec, level: Int?) {
        self.keys = keys
        self.codec = codec
        // Level 3 against the compressor's faster default: 2 % smaller, a quarter slower (Spec of the archive: either).
        self.level = level ?? (codec == .zstd ? 3 : nil)
    }

    private func withContexts<Value>(
        _ body: (Contexts) throws(CompressionError) -> Value
    ) throws(ArchiveError) -> Value {
        do throws(CompressionError) {
            let contexts: Contexts
            if let used = idle.withLock({ $0.popLast() }) {
                contexts = used
            } else {
                contexts = try Contexts(codec, level)
            }
            defer { idle.withLock { $0.append(contexts) } }
            return try body(contexts)
        } catch {
            throw ArchiveError(error, "packing a record")
        }
    }

    /// Packs what `fill` writes: `count` bytes.
    func pack(
        _ type: RecordType,
        count: Int,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(ArchiveError) -> PackedRecord {
        guard (1...Limits.recordPlaintext).contains(count) else {
            throw ArchiveError(.recordInner, "packing a record", "\(count) bytes")
        }
        let decoded = pool.take(count)
        fill(decoded.prefix(count))
        let start = RecordHeader.byteCount + InnerHeader.byteCount
        let longest = RecordHeader.byteCount + padme(InnerHeader.byteCount + count) + XChaCha20Poly1305.tagByteCount
        let record = pool.take(roundUp(longest, to: 64))
        var used = Codec.stored
        var encodedCount = count
        if codec != .stored {
            let target = UnsafeMutableRawBufferPointer(rebasing: record.memory[start..<start + count])
            let packed = try withContexts { (contexts) throws(CompressionError) in
                try contexts.compressor.compress(decoded.slice(0, count), into: target, limit: count)
            }
            if let packed {
                used = codec
                encodedCount = packed
            }
        }
        if used == .stored {
            UnsafeMutableRawBufferPointer(rebasing: record.memory[start...]).copyMemory(from: decoded.slice(0, count))
        }
        let end = InnerHeader.byteCount + encodedCount
        let plaintextCount = padme(end)
        RecordCoder.clear(record, from: RecordHeader.byteCount + end, to: RecordHeader.byteCount + plaintextCount)
        InnerHeader(type: type.rawValue, encodedLength: encodedCount, decodedLength: count)
            .write(to: UnsafeMutableRawBufferPointer(rebasing: record.memory[RecordHeader.byteCount...]))
        return PackedRecord(
            type: type.rawValue,
            codec: used,
            decoded: decoded,
            decodedCount: count,
            record: record,
            plaintextCount: plaintextCount
        )
    }

    /// Seals a packed record in place, then opens and unpacks what was sealed and compares.
    ///
    /// The offset is where the record will stand in its segment. Throws E307 when the bytes do not come back.
    func seal(_ packed: PackedRecord, _ header: RecordHeader, key: SegmentKey) throws(ArchiveError) -> SealedRecord {
        let head = packed.record.prefix(RecordHeader.byteCount)
        let total = packed.byteCount
        let body = UnsafeMutableRawBufferPointer(rebasing: packed.record.memory[RecordHeader.byteCount..<total])
        header.write(to: head)
        key.sealRecord(header: UnsafeRawBufferPointer(head), body: body)
        guard try opens(packed, UnsafeRawBufferPointer(head), UnsafeRawBufferPointer(body), key) else {
            throw ArchiveError(
                .recordSeal,
                "segment \(header.segment), offset \(header.offset)",
                "sealed bytes did not open to what they were"
            )
        }
        let padded = roundUp(total, to: 64)
        RecordCoder.clear(packed.record, from: total, to: padded)
        return SealedRecord(
            type: packed.type,
            record: packed.record,
            byteCount: padded,
            header: header,
            leaves: leaves(packed.record.slice(0, padded), at: header.offset)
        )
    }

    private func opens(
        _ packed: PackedRecord,
        _ head: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        _ key: SegmentKey
    ) throws(ArchiveError) -> Bool {
        let opened = pool.take(packed.plaintextCount)
        let again = pool.take(packed.decodedCount)
        // Both go back to the pool, for another thread, with their last mention.
        return try withExtendedLifetime((opened, again)) { () throws(ArchiveError) in
            try opens(packed, head, body, key, opened, again)
        }
    }

    private func opens(
        _ packed: PackedRecord,
        _ head: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        _ key: SegmentKey,
        _ opened: PooledBuffer,
        _ again: PooledBuffer
    ) throws(ArchiveError) -> Bool {
        let target = opened.prefix(packed.plaintextCount)
        guard (try? key.openRecord(header: head, body: body, into: target)) != nil,
            let inner = try? InnerHeader(parsing: UnsafeRawBufferPointer(target), codec: packed.codec.rawValue),
            inner.type == packed.type, inner.decodedLength == packed.decodedCount
        else { return false }
        let encoded = opened.slice(InnerHeader.byteCount, inner.encodedLength)
        let original = packed.decoded.slice(0, packed.decodedCount)
        if packed.codec == .stored { return encoded.equals(original) }
        let out = again.prefix(packed.decodedCount)
        try withContexts { (contexts) throws(CompressionError) in
            try contexts.decompressor.decompress(packed.codec, encoded, into: out)
        }
        return UnsafeRawBufferPointer(out).equals(original)
    }

    private func leaves(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> [Bytes32] {
        let block = TreeHasher.blockByteCount
        let ahead = RecordCoder.bytesBeforeBlock(offset)
        guard bytes.count >= ahead + block else { return [] }
        var leaves = [Bytes32](repeating: .zero, count: (bytes.count - ahead) / block)
        var hashes = HashBatch()
        for index in leaves.indices {
            hashes.add(leaf: bytes.slice(ahead + index * block, block), tag: index)
        }
        hashes.run(keys) { leaves[$0] = $1 }
        return leaves
    }

    /// How many bytes lie between an offset in a file and the next block of its tree hash.
    static func bytesBeforeBlock(_ offset: UInt64) -> Int {
        let block = UInt64(TreeHasher.blockByteCount)
        return Int((block - offset % block) % block)
    }

    private static func clear(_ buffer: PooledBuffer, from: Int, to end: Int) {
        guard from < end else { return }
        UnsafeMutableRawBufferPointer(rebasing: buffer.memory[from..<end]).initializeMemory(
            as: UInt8.self,
            repeating: 0
        )
    }
}
