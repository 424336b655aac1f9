package import ArchiveFormat

/// The keyed hash of a source file whose bytes come in pieces: of its tree hash (format.md, section 8.4).
///
/// A class, so that closures can share it; not for two threads at once.
package final class FileHash {
    private var tree = TreeHasher()
    private let keys: AppendKeys

    /// Begins with the empty file.
    package init(_ keys: AppendKeys) { self.keys = keys }

    /// Adds bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) { tree.update(bytes) }

    /// The hash of the bytes so far.
    package func finish() -> Bytes32 { keys.fileHash(root: tree.root()) }
}
