package import ArchiveFormat

/// The root of a byte string that comes in pieces (format.md, section 2): the root so far can be had at any time.
///
/// Holds 32 bytes for each 64 KiB.
package struct TreeHasher: ~Copyable {
    /// The bytes of a block.
    package static let blockByteCount = 65_536

    /// The leaves of the whole blocks so far.
    package private(set) var leaves: [Bytes32] = []

    // The block that is not whole yet.
    private var block: Blake2b
    private var filled = 0
    private var batch = HashBatch()

    /// Begins with the empty byte string.
    package init() {
        block = Blake2b()
    }

    /// Goes on behind whole blocks whose leaves are known.
    package init(leaves: [Bytes32]) {
        self.init()
        self.leaves = leaves
    }

    /// The number of bytes so far.
    package var byteCount: UInt64 {
        UInt64(leaves.count) * UInt64(TreeHasher.blockByteCount) + UInt64(filled)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < bytes.count {
            if filled == 0, bytes.count - offset >= TreeHasher.blockByteCount {
                let count = (bytes.count - offset) / TreeHasher.blockByteCount
                append(leavesOf: bytes.slice(offset, count * TreeHasher.blockByteCount), count: count)
                offset += count * TreeHasher.blockByteCount
                continue
            }
            if filled == 0 {
                block.restart()
                block.update(byte: 0)
            }
            let count = min(TreeHasher.blockByteCount - filled, bytes.count - offset)
            block.update(bytes.slice(offset, count))
            offset += count
            filled += count
            if filled == TreeHasher.blockByteCount {
                leaves.append(block.finish())
                filled = 0
            }
        }
    }

    private mutating func append(leavesOf blocks: UnsafeRawBufferPointer, count: Int) {
        let first = leaves.count
        leaves.append(contentsOf: repeatElement(.zero, count: count))
        for index in 0..<count {
            batch.add(leaf: blocks.slice(index * TreeHasher.blockByteCount, TreeHasher.blockByteCount), tag: index)
        }
        batch.runLeaves { leaves[first + $0] = $1 }
    }

    /// Adds a whole block whose leaf was computed elsewhere; the bytes so far must be whole blocks.
    package mutating func append(leaf: Bytes32) {
        precondition(filled == 0, "a leaf follows whole blocks only")
        leaves.append(leaf)
    }

    /// The root of the bytes so far.
    package func root() -> Bytes32 {
        var hasher = TreeHasher.rootHasher(byteCount)
        leaves.withUnsafeBytes { hasher.update($0) }
        if filled > 0 {
            hasher.update(block.current())
        }
        return hasher.finish()
    }

    private static func rootHasher(_ byteCount: UInt64) -> Blake2b {
        var hasher = Blake2b()
        hasher.update(byte: 1)
        hasher.update(littleEndian: byteCount)
        return hasher
    }
}

extension TreeHasher {
    /// The leaf of one block of at most 65,536 bytes; may be called on any thread.
    package static func leaf(of block: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = Blake2b()
        hasher.update(byte: 0)
        hasher.update(block)
        return hasher.finish()
    }

    /// The root of a byte string of this length with these leaves, the last of which may be of a shorter block.
    package static func root(byteCount: UInt64, leaves: [Bytes32]) -> Bytes32 {
        var hasher = rootHasher(byteCount)
        leaves.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    /// The root of bytes in memory.
    package static func root(of bytes: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = TreeHasher()
        hasher.update(bytes)
        return hasher.root()
    }
}
