/// The encoding of a state that changes from commit to commit, of which only the changed end is made anew.
///
/// A commit touches the last few of what may be ten thousand files: encoding and hashing all of them for each commit of a
/// long journal would take time by the square of its length.
package struct StateEncoding: Sendable {
    /// The deterministic CBOR of the state encoded last.
    package private(set) var bytes: [UInt8] = []
    /// Where each file begins in the bytes.
    private var offsets: [Int] = []
    private var headCount = 0

    package init() {}

    /// Encodes a state: the one encoded last with what was applied to it since, or a fresh one.
    ///
    /// - Returns: How many bytes stayed as they were, but for the first few of all, which hold the number of files.
    package mutating func update(_ state: inout ArchiveState) -> Int {
        let head = ArchiveState.head(fileCount: state.files.count)
        var unchanged = min(state.firstChanged, offsets.count, state.files.count)
        if head.count != headCount { unchanged = 0 }
        let end = unchanged == 0 ? head.count : (unchanged < offsets.count ? offsets[unchanged] : filesEnd)
        bytes.removeLast(max(0, bytes.count - end))
        if unchanged == 0 {
            bytes = head
            bytes.reserveCapacity(64 + state.files.count * 640)
        } else {
            for index in head.indices { bytes[index] = head[index] }
        }
        headCount = head.count
        offsets.removeLast(offsets.count - unchanged)
        var writer = CBORWriter(continuing: bytes)
        bytes = []
        for file in state.files[unchanged...] {
            offsets.append(writer.bytes.count)
            file.write(to: &writer)
        }
        filesEnd = writer.bytes.count
        state.writeEnd(to: &writer)
        bytes = writer.bytes
        state.firstChanged = state.files.count
        return end
    }

    /// Where the files end in the bytes.
    private var filesEnd = 0

    /// Forgets what was encoded: the next state has nothing to do with it.
    package mutating func reset() {
        self = StateEncoding()
    }
}
