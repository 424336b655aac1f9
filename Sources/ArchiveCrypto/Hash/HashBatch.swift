package import ArchiveFormat
import CBlake2

/// Hashes many byte strings at once: several times as fast as one after the other with AVX2 or AVX-512.
///
/// BLAKE2b is bound by its chain of additions, so each lane of a vector takes another string.
/// Nothing is hashed before `run`, so what was added must stand where it stood until then. A string of many MiB among
/// short ones gains nothing.
package struct HashBatch: ~Copyable {
    private var strings: [pa_hash] = []

    /// As many strings as the processor hashes at once; 1: libsodium hashes them one after the other.
    ///
    /// Without the C compiler's optimiser the lanes are slower than libsodium.
    private static let lanes: Int = {
        #if DEBUG
            1
        #else
            pa_blake2b_lanes()
        #endif
    }()

    /// A batch without strings.
    package init() {}

    /// Whether nothing was added since the last run.
    package var isEmpty: Bool { strings.isEmpty }

    /// Adds a block of at most 65,536 bytes, of which the leaf is wanted (format.md, section 2).
    package mutating func add(leaf block: UnsafeRawBufferPointer, tag: Int) {
        add(block, first: 0, tag)
    }

    /// Adds an object or message, of which the id is wanted (format.md, section 8.1).
    package mutating func add(content bytes: UnsafeRawBufferPointer, tag: Int) {
        add(bytes, first: CInt(PA_HASH_KEYED), tag)
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, first: CInt, _ tag: Int) {
        var string = pa_hash()
        string.bytes = bytes.octets
        string.byte_count = bytes.count
        string.first = first
        string.tag = UInt32(truncatingIfNeeded: tag)
        strings.append(string)
    }

    /// Hashes the leaves that were added, when nothing else was, and begins anew.
    package mutating func runLeaves(_ body: (_ tag: Int, _ hash: Bytes32) -> Void) {
        defer { strings.removeAll(keepingCapacity: true) }
        guard HashBatch.lanes > 1 else {
            for string in strings {
                let bytes = UnsafeRawBufferPointer(start: string.bytes, count: string.byte_count)
                body(Int(string.tag), TreeHasher.leaf(of: bytes))
            }
            return
        }
        strings.withUnsafeMutableBufferPointer { strings in
            pa_blake2b_many(strings.baseAddress, strings.count, nil, 0, HashBatch.lanes)
        }
        for index in strings.indices {
            body(Int(strings[index].tag), withUnsafeBytes(of: strings[index].hash) { Bytes32(at: $0, 0) })
        }
    }

    /// Hashes what was added, gives each hash with its tag (of 32 bits), in any order, and begins anew.
    package mutating func run(_ keys: AppendKeys, _ body: (_ tag: Int, _ hash: Bytes32) -> Void) {
        defer { strings.removeAll(keepingCapacity: true) }
        guard HashBatch.lanes > 1 else {
            for string in strings {
                let bytes = UnsafeRawBufferPointer(start: string.bytes, count: string.byte_count)
                body(Int(string.tag), string.first == 0 ? TreeHasher.leaf(of: bytes) : keys.contentID(of: bytes))
            }
            return
        }
        strings.sort { $0.byte_count > $1.byte_count }
        keys.contentIDKey.withUnsafeBytes { key in
            strings.withUnsafeMutableBufferPointer { strings in
                pa_blake2b_many(strings.baseAddress, strings.count, key.octets, key.count, HashBatch.lanes)
            }
        }
        for index in strings.indices {
            body(
                Int(strings[index].tag),
                withUnsafeBytes(of: strings[index].hash) { Bytes32(at: $0, 0) }
            )
        }
    }
}
