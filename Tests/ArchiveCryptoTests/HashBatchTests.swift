import ArchiveCrypto
import ArchiveFormat
import CBlake2
import Testing

/// Many strings at once must hash as libsodium hashes them one by one.
struct HashBatchTests {
    /// Lengths around every edge: empty, one block, the byte before and after it, several blocks.
    static let lengths = [0, 1, 2, 126, 127, 128, 129, 254, 255, 256, 257, 383, 384, 385, 1000, 4096, 65_535, 65_536]

    static let material: [UInt8] = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }

    static let widths = [1, 4, 8].filter { $0 <= pa_blake2b_lanes() }

    @Test("each way to hash many strings gives what libsodium gives for each", arguments: widths)
    func many(_ lanes: Int) {
        // Ascending, descending, and fewer than lanes: strings end in every order.
        for lengths in [Self.lengths, Self.lengths.reversed(), [300], [70, 60_000], []] + [Self.lengths + Self.lengths]
        {
            Self.material.withUnsafeBytes { material in
                for first in [CInt(PA_HASH_PLAIN), CInt(PA_HASH_KEYED), 0, 255] {
                    var strings = lengths.enumerated().map { index, length in
                        var string = pa_hash()
                        string.bytes = material.baseAddress?.advanced(by: index).assumingMemoryBound(to: UInt8.self)
                        string.byte_count = length
                        string.first = first
                        return string
                    }
                    zeroToThirtyOne.withUnsafeBytes { key in
                        let start = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
                        pa_blake2b_many(&strings, strings.count, start, key.count, lanes)
                    }
                    for string in strings {
                        var hasher =
                            first == PA_HASH_KEYED ? Blake2b(key: zeroToThirtyOne) : Blake2b(byteCount: 32)
                        if first >= 0 { hasher.update(byte: UInt8(first)) }
                        hasher.update(UnsafeRawBufferPointer(start: string.bytes, count: string.byte_count))
                        let found = withUnsafeBytes(of: string.hash) { Bytes32(at: $0, 0) }
                        #expect(found == hasher.finish(), "\(string.byte_count) bytes, \(first)")
                    }
                }
            }
        }
    }

    @Test("a batch gives leaves and ids with their tags, and begins anew")
    func batch() {
        let keys = AppendKeys(contentKey: .zero, psk: zeroToThirtyOne, contentIDKey: zeroToThirtyOne)
        var batch = HashBatch()
        for _ in 0..<2 {
            Self.material.withUnsafeBytes { material in
                for (index, length) in Self.lengths.enumerated() {
                    let bytes = UnsafeRawBufferPointer(rebasing: material[index..<index + length])
                    if index % 2 == 0 {
                        batch.add(leaf: bytes, tag: index)
                    } else {
                        batch.add(content: bytes, tag: index)
                    }
                }
                var count = 0
                batch.run(keys) { tag, hash in
                    let bytes = UnsafeRawBufferPointer(rebasing: material[tag..<tag + Self.lengths[tag]])
                    #expect(hash == (tag % 2 == 0 ? TreeHasher.leaf(of: bytes) : keys.contentID(of: bytes)))
                    count += 1
                }
                #expect(count == Self.lengths.count)
                let isEmpty = batch.isEmpty
                #expect(isEmpty)
            }
        }
    }

    @Test("the hash of a file is the same in whatever pieces its bytes come")
    func fileHash() {
        let keys = AppendKeys(contentKey: .zero, psk: zeroToThirtyOne, contentIDKey: zeroToThirtyOne)
        var file: [UInt8] = [1, 2, 3]
        for _ in 0..<30 { file += Self.material }
        let root = file.withUnsafeBytes { TreeHasher.root(of: $0) }
        for piece in [70_001, 524_287, 524_288, 700_000, file.count] {
            let hash = FileHash(keys)
            file.withUnsafeBytes { file in
                for start in stride(from: 0, to: file.count, by: piece) {
                    hash.update(UnsafeRawBufferPointer(rebasing: file[start..<min(file.count, start + piece)]))
                }
            }
            #expect(hash.finish() == keys.fileHash(root: root), "\(piece)")
        }
    }
}
