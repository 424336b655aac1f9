internal import Synchronization

/// A storage in memory that keeps every change in order, and shows what a crash could have left of them.
///
/// What it held at the beginning counts as durable. `mark` puts a word of the caller's own between the changes, such as
/// "commit 5 is acknowledged", which every later crash state carries.
package final class RecordingStorage: Storage {
    let live: MemoryStorage
    let base: MemoryTree
    let baseName: String

    /// Begins to record on a copy of what a storage in memory holds now.
    package init(from storage: MemoryStorage = MemoryStorage()) {
        live = storage.copy()
        (base, baseName) = live.state.withLock { state in
            state.events = []
            return (state.tree, state.name)
        }
    }

    var events: [StorageEvent] { live.state.withLock { $0.events ?? [] } }

    /// How many changes, syncs and marks were recorded.
    package var eventCount: Int { live.state.withLock { $0.events?.count ?? 0 } }

    /// The record in words, one line for each event, for a failing test.
    package var eventTexts: [String] { events.map(\.text) }

    /// Puts a word between the changes.
    package func mark(_ text: String) { live.state.withLock { $0.events?.append(.mark(text)) } }

    /// A copy of what is there now, as if all were durable.
    package func copy() -> MemoryStorage { live.copy() }

    /// Sets how many bytes all files together may hold; nil for no limit.
    package func setCapacity(_ capacity: UInt64?) { live.setCapacity(capacity) }

    package var displayName: String { live.displayName }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        try live.openForReading(path, expecting: access)
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        try live.createFile(path)
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        try live.openForAppending(path, at: byteCount, excess: excess)
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        try live.openForOverwriting(path)
    }

    package func list(_ directory: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        try live.list(directory, limit: limit)
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? { try live.status(of: path) }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) { try live.createDirectory(path) }

    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        try live.rename(path, to: newPath, replacing: replacing)
    }

    package func remove(_ path: ArchivePath) throws(StorageError) { try live.remove(path) }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) { try live.syncDirectory(path) }

    package func freeByteCount() throws(StorageError) -> UInt64 { try live.freeByteCount() }

    package func isReadOnly() throws(StorageError) -> Bool { try live.isReadOnly() }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock { try live.lock(path) }

    package func renameRoot(to name: String) throws(StorageError) { try live.renameRoot(to: name) }
}

extension StorageEvent {
    /// The event in words.
    var text: String {
        switch self {
        case .createFile(let node, let directory, let name): "create file \(node): \(name) in \(directory)"
        case .createDirectory(let node, let directory, let name): "create directory \(node): \(name) in \(directory)"
        case .write(let node, let offset, let bytes): "write \(bytes.count) bytes at \(offset) of \(node)"
        case .truncate(let node, let byteCount): "truncate \(node) to \(byteCount)"
        case .sync(let node): "sync \(node)"
        case .rename(let node, let from, let name, let to, let newName):
            "rename \(node): \(name) in \(from) to \(newName) in \(to)"
        case .remove(let node, let directory, let name): "remove \(node): \(name) in \(directory)"
        case .syncDirectory(let node): "sync directory \(node)"
        case .renameRoot(let name): "rename the root to \(name)"
        case .mark(let text): "mark: \(text)"
        }
    }

    /// Whether the event takes something away from what a crash may undo.
    var isBarrier: Bool {
        switch self {
        case .sync, .syncDirectory, .renameRoot: true
        default: false
        }
    }
}
