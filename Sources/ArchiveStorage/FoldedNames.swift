internal import Synchronization

/// A storage whose names compare without case, over one whose names do not (Spec, format.md, section 1).
///
/// A name that is there as it is written is taken at once; only one that is missing is looked for in its directory.
/// Listings give the names of the format as the Spec writes them.
package final class FoldedNames: Storage {
    private let inner: any Storage
    /// Names of directories that were looked through, by folded name.
    private let known = Mutex<[ArchivePath: [String: String]]>([:])

    private init(_ storage: any Storage) { inner = storage }

    /// Wraps a storage, once.
    package static func over(_ storage: any Storage) -> any Storage {
        storage is FoldedNames ? storage : FoldedNames(storage)
    }

    package var displayName: String { inner.displayName }

    /// The path as it is written in the storage.
    private func actual(_ path: ArchivePath) throws(StorageError) -> ArchivePath {
        if path.isRoot { return path }
        if try inner.status(of: path) != nil { return path }
        let parent = try actual(path.parent)
        if parent != path.parent, let same = parent.appending(path.name), try inner.status(of: same) != nil {
            return same
        }
        let name = try names(in: parent)[FoldedNames.fold(path.name)] ?? path.name
        return parent.appending(name) ?? path
    }

    /// The path of something new: only its directory can be written otherwise.
    private func new(_ path: ArchivePath) throws(StorageError) -> ArchivePath {
        try actual(path.parent).appending(path.name) ?? path
    }

    private func names(in directory: ArchivePath) throws(StorageError) -> [String: String] {
        if let names = known.withLock({ $0[directory] }) { return names }
        var names: [String: String] = [:]
        if try inner.status(of: directory)?.kind == .directory {
            for entry in try inner.list(directory) {
                let folded = FoldedNames.fold(entry.name)
                if names[folded] == nil || entry.name == FoldedNames.canonical(folded) { names[folded] = entry.name }
            }
        }
        known.withLock { $0[directory] = names }
        return names
    }

    private func forget() { known.withLock { $0.removeAll() } }

    private static func fold(_ name: String) -> String {
        String(decoding: name.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// How the Spec writes a name.
    private static func canonical(_ folded: String) -> String {
        switch folded {
        case "readme.txt": "README.TXT"
        case "spec.md": "SPEC.md"
        default: folded
        }
    }

    /// Whether a name is one of the format: others stay as they are.
    private static func isOfFormat(_ folded: String) -> Bool {
        let fixed = [
            "readme.txt", "spec.md", "header.a", "header.b", "header.c", "head.a", "head.b", "journal", "segments",
            "parity", "derived", "other",
        ]
        let bytes = Array(folded.utf8)
        if fixed.contains(folded) || folded.hasSuffix(".new") || folded.hasSuffix(".bad") { return true }
        return bytes.count == 12 && bytes[8] == UInt8(ascii: ".")
            && bytes.prefix(8).allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Runs a call, and runs it again with the name as it is written there when it is not found as asked.
    private func finding<Value>(
        _ path: ArchivePath,
        _ body: (ArchivePath) throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        do throws(StorageError) {
            return try body(path)
        } catch {
            guard error.cause == .notFound, let other = try? actual(path), other != path else { throw error }
            return try body(other)
        }
    }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        try finding(path) { (path) throws(StorageError) in try inner.openForReading(path, expecting: access) }
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        defer { forget() }
        return try inner.createFile(try new(path))
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        try finding(path) { (path) throws(StorageError) in
            try inner.openForAppending(path, at: byteCount, excess: excess)
        }
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        try finding(path) { (path) throws(StorageError) in try inner.openForOverwriting(path) }
    }

    package func list(_ directory: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        let entries = try finding(directory) { (path) throws(StorageError) in try inner.list(path, limit: limit) }
        var taken = Set(entries.map(\.name))
        return entries.map { entry in
            let folded = FoldedNames.fold(entry.name)
            let name = FoldedNames.canonical(folded)
            guard name != entry.name, FoldedNames.isOfFormat(folded), taken.insert(name).inserted else { return entry }
            return DirectoryEntry(nameBytes: Array(name.utf8), status: entry.status)
        }
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? {
        if let status = try inner.status(of: path) { return status }
        let other = try actual(path)
        return other == path ? nil : try inner.status(of: other)
    }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) {
        defer { forget() }
        try inner.createDirectory(try new(path))
    }

    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        defer { forget() }
        try inner.rename(try actual(path), to: try new(newPath), replacing: replacing)
    }

    package func remove(_ path: ArchivePath) throws(StorageError) {
        defer { forget() }
        try inner.remove(try actual(path))
    }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) {
        try finding(path) { (path) throws(StorageError) in try inner.syncDirectory(path) }
    }

    package func freeByteCount() throws(StorageError) -> UInt64 { try inner.freeByteCount() }

    package func isReadOnly() throws(StorageError) -> Bool { try inner.isReadOnly() }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock {
        try finding(path) { (path) throws(StorageError) in try inner.lock(path) }
    }

    package func renameRoot(to name: String) throws(StorageError) { try inner.renameRoot(to: name) }
}
