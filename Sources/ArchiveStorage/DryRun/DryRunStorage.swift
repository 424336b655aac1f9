internal import Synchronization

/// A storage over another that is only read: a whole writing session can run on it, and nothing of it stays.
///
/// Small files that are written (headers, heads, the journal) are kept in memory and read from there again; of segments
/// only the lengths are kept, so an import of any size takes no more memory than a real one. Nothing is locked.
package final class DryRunStorage: Storage {
    private struct State: Sendable {
        var segments: [ArchivePath: UInt64] = [:]
        /// What is below and was removed, or renamed away.
        var removed: Set<ArchivePath> = []
    }

    private let base: any Storage
    private let written: MemoryStorage
    private let state = Mutex(State())

    /// Over a storage that stays as it is.
    package init(_ base: any Storage) {
        self.base = base
        written = MemoryStorage(name: base.displayName)
    }

    package var displayName: String { base.displayName }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        if try written.exists(path) { return try written.openForReading(path, expecting: access) }
        guard !isRemoved(path) else { throw StorageError(.openForReading, place(path), .notFound) }
        return try base.openForReading(path, expecting: access)
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        guard try !exists(path) else { throw StorageError(.create, place(path), .exists) }
        if isSegment(path) { return file(path, from: 0) }
        _ = try written.createDirectories(path.parent)
        return try written.createFile(path)
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        if isSegment(path) { return file(path, from: byteCount) }
        try bring(path)
        return try written.openForAppending(path, at: byteCount, excess: excess)
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        if isSegment(path) { return file(path, from: try status(of: path)?.byteCount ?? 0) }
        try bring(path)
        return try written.openForOverwriting(path)
    }

    package func list(_ directory: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        var entries: [[UInt8]: DirectoryEntry] = [:]
        if try base.exists(directory) {
            for entry in try base.list(directory, limit: limit) {
                if let path = entry.path(in: directory), isRemoved(path) { continue }
                entries[entry.nameBytes] = entry
            }
        }
        if try written.exists(directory) {
            for entry in try written.list(directory, limit: limit) { entries[entry.nameBytes] = entry }
        }
        for (path, byteCount) in state.withLock({ $0.segments }) where path.parent == directory {
            let name = Array(path.name.utf8)
            entries[name] = DirectoryEntry(nameBytes: name, status: FileStatus(kind: .file, byteCount: byteCount))
        }
        guard entries.count <= limit else { throw StorageError(.list, place(directory), .tooManyEntries(limit: limit)) }
        return entries.values.sorted { $0.nameBytes.lexicographicallyPrecedes($1.nameBytes) }
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? {
        if let byteCount = state.withLock({ $0.segments[path] }) {
            return FileStatus(kind: .file, byteCount: byteCount)
        }
        if let status = try written.status(of: path) { return status }
        return isRemoved(path) ? nil : try base.status(of: path)
    }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) {
        guard try !exists(path) else { throw StorageError(.createDirectory, place(path), .exists) }
        _ = try written.createDirectories(path)
    }

    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        if !replacing, try exists(newPath) { throw StorageError(.rename, place(newPath), .exists) }
        try bring(path)
        _ = try written.createDirectories(newPath.parent)
        try written.rename(path, to: newPath, replacing: true)
        state.withLock { _ = $0.removed.insert(path) }
    }

    package func remove(_ path: ArchivePath) throws(StorageError) {
        guard try exists(path) else { throw StorageError(.remove, place(path), .notFound) }
        if try written.exists(path) { try written.remove(path) }
        state.withLock { state in
            state.segments[path] = nil
            state.removed.insert(path)
        }
    }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) {}

    package func freeByteCount() throws(StorageError) -> UInt64 { try base.freeByteCount() }

    package func isReadOnly() throws(StorageError) -> Bool { false }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock { DryRunLock() }

    package func renameRoot(to name: String) throws(StorageError) {}

    private func isSegment(_ path: ArchivePath) -> Bool { path.name.hasSuffix(".seg") }

    private func isRemoved(_ path: ArchivePath) -> Bool { state.withLock { $0.removed.contains(path) } }

    private func file(_ path: ArchivePath, from byteCount: UInt64) -> any WritableFile {
        setLength(of: path, byteCount)
        return DryRunFile(self, path, byteCount)
    }

    fileprivate func setLength(of path: ArchivePath, _ byteCount: UInt64) {
        state.withLock { $0.segments[path] = byteCount }
    }

    /// Copies a file into memory before it is changed; those of an archive have at most 256 MiB (`Limits.checkpoint`).
    private func bring(_ path: ArchivePath) throws(StorageError) {
        guard try !written.exists(path) else { return }
        let bytes = try openForReading(path, expecting: .sequential).readAll(limit: 256 << 20)
        _ = try written.createDirectories(path.parent)
        let copy = try written.createFile(path)
        try copy.append(bytes)
        try copy.close()
    }
}

/// A segment of which only the length is kept.
private final class DryRunFile: WritableFile {
    let displayName: String
    private let storage: DryRunStorage
    private let path: ArchivePath
    private let length: Mutex<UInt64>

    init(_ storage: DryRunStorage, _ path: ArchivePath, _ byteCount: UInt64) {
        self.storage = storage
        self.path = path
        displayName = storage.place(path)
        length = Mutex(byteCount)
    }

    var byteCount: UInt64 { length.withLock { $0 } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) { set(byteCount + UInt64(bytes.count)) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        guard offset <= byteCount, UInt64(bytes.count) <= byteCount - offset else {
            throw StorageError(.write, displayName, .outOfBounds)
        }
    }

    func truncate(to byteCount: UInt64) throws(StorageError) { set(min(byteCount, self.byteCount)) }

    func sync() throws(StorageError) {}

    func close() throws(StorageError) {}

    private func set(_ byteCount: UInt64) {
        length.withLock { $0 = byteCount }
        storage.setLength(of: path, byteCount)
    }
}

private final class DryRunLock: StorageLock {
    func release() {}
}
