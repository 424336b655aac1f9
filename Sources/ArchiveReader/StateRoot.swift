import ArchiveCrypto
import ArchiveFormat

/// The root of a state that changes from commit to commit; blocks of its encoding that stay are not hashed again.
struct StateRoot: Sendable {
    private var encoding = StateEncoding()
    private var leaves: [Bytes32] = []

    mutating func root(of state: inout ArchiveState) -> Bytes32 {
        let unchanged = encoding.update(&state)
        let block = TreeHasher.blockByteCount
        let kept = min(leaves.count, unchanged / block)
        var known = Array(leaves.prefix(kept))
        return encoding.bytes.withUnsafeBytes { raw in
            // The first block holds the number of files.
            if kept > 0 { known[0] = TreeHasher.leaf(of: raw.slice(0, block)) }
            var hasher = TreeHasher(leaves: known)
            hasher.update(raw.slice(kept * block, raw.count - kept * block))
            leaves = hasher.leaves
            return hasher.root()
        }
    }

    /// Forgets what was hashed: the next state has nothing to do with it.
    mutating func reset() {
        encoding.reset()
        leaves = []
    }
}
