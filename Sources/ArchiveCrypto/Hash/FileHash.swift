package import ArchiveFormat

/// The keyed hash of a source file whose bytes come in pieces: of its tree hash (format.md, section 8.4).
///
/// A class, so that closures can share it; not for two threads at once.
package final class FileHash {
    private var tree = TreeHasher()
    private let keys: AppendKeys
    // Pieces are gathered to as many blocks as are hashed at once.
    private var gathered: UnsafeMutableRawBufferPointer?
    private var count = 0

    private static let capacity = 8 * TreeHasher.blockByteCount

    /// Begins with the empty file.
    package init(_ keys: AppendKeys) { self.keys = keys }

    deinit { gathered?.deallocate() }

    /// Adds bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            if count == 0, rest.count >= FileHash.capacity {
                let whole = rest.count - rest.count % FileHash.capacity
                tree.update(rest.slice(0, whole))
                rest = rest.slice(whole, rest.count - whole)
                continue
            }
            let memory = gathered ?? .allocate(byteCount: FileHash.capacity, alignment: 64)
            gathered = memory
            let more = min(rest.count, FileHash.capacity - count)
            UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + more]).copyMemory(from: rest.slice(0, more))
            count += more
            rest = rest.slice(more, rest.count - more)
            if count == FileHash.capacity { flush() }
        }
    }

    private func flush() {
        guard let gathered, count > 0 else { return }
        tree.update(UnsafeRawBufferPointer(gathered).slice(0, count))
        count = 0
    }

    /// The tree hash of the bytes so far, without a key (Spec, format.md, section 2).
    package func root() -> Bytes32 {
        flush()
        return tree.root()
    }

    /// The hash of the bytes so far.
    package func finish() -> Bytes32 {
        flush()
        return keys.fileHash(root: tree.root())
    }
}
