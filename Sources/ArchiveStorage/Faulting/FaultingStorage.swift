internal import Synchronization

/// A storage that passes everything on to another, but for the faults put under it.
///
/// Count the calls of a run without faults (`callCount`), then run again with a fault at each of them.
package final class FaultingStorage: Storage {
    private struct State: Sendable {
        var faults: [(fault: Fault, seen: Int)]
        var counts: [Fault.Call: Int] = [:]
    }

    private let inner: any Storage
    private let state: Mutex<State>

    /// Wraps a storage.
    package init(_ storage: any Storage, faults: [Fault] = []) {
        inner = storage
        state = Mutex(State(faults: faults.map { ($0, 0) }))
    }

    /// Replaces the faults and begins to count anew.
    package func setFaults(_ faults: [Fault]) { state.withLock { $0 = State(faults: faults.map { ($0, 0) }) } }

    /// How many calls of a kind were made, or of all kinds.
    package func callCount(of call: Fault.Call? = nil) -> Int {
        state.withLock { state in call.map { state.counts[$0] ?? 0 } ?? state.counts.values.reduce(0, +) }
    }

    /// Counts a call and returns what is to become of it; nil: nothing.
    func effect(on call: Fault.Call, _ path: ArchivePath) -> Fault.Effect? {
        state.withLock { state in
            state.counts[call, default: 0] += 1
            var effect: Fault.Effect?
            for index in state.faults.indices {
                let fault = state.faults[index].fault
                guard fault.call == nil || fault.call == call, fault.path == nil || fault.path == path else { continue }
                state.faults[index].seen += 1
                let seen = state.faults[index].seen
                if effect == nil, seen == fault.ordinal || fault.lasts && seen > fault.ordinal { effect = fault.effect }
            }
            return effect
        }
    }

    private func check(
        _ call: Fault.Call,
        _ operation: StorageError.Operation,
        _ path: ArchivePath
    ) throws(StorageError) {
        switch effect(on: call, path) {
        case .fails(let cause), .failsAfter(_, let cause): throw StorageError(operation, place(path), cause)
        case .endsAfter, .inPieces, nil: break
        }
    }

    package var displayName: String { inner.displayName }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        try check(.openForReading, .openForReading, path)
        return FaultingReadableFile(try inner.openForReading(path, expecting: access), self, path)
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        try check(.create, .create, path)
        return FaultingWritableFile(try inner.createFile(path), self, path)
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        try check(.openForWriting, .openForWriting, path)
        return FaultingWritableFile(try inner.openForAppending(path, at: byteCount, excess: excess), self, path)
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        try check(.openForWriting, .openForWriting, path)
        return FaultingWritableFile(try inner.openForOverwriting(path), self, path)
    }

    package func list(_ directory: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        try check(.list, .list, directory)
        return try inner.list(directory, limit: limit)
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? {
        try check(.status, .status, path)
        return try inner.status(of: path)
    }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) {
        try check(.createDirectory, .createDirectory, path)
        try inner.createDirectory(path)
    }

    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        try check(.rename, .rename, path)
        try inner.rename(path, to: newPath, replacing: replacing)
    }

    package func remove(_ path: ArchivePath) throws(StorageError) {
        try check(.remove, .remove, path)
        try inner.remove(path)
    }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) {
        try check(.syncDirectory, .syncDirectory, path)
        try inner.syncDirectory(path)
    }

    package func freeByteCount() throws(StorageError) -> UInt64 {
        try check(.freeSpace, .freeSpace, .root)
        return try inner.freeByteCount()
    }

    package func isReadOnly() throws(StorageError) -> Bool {
        try check(.isReadOnly, .status, .root)
        return try inner.isReadOnly()
    }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock {
        try check(.lock, .lock, path)
        return try inner.lock(path)
    }

    package func renameRoot(to name: String) throws(StorageError) {
        try check(.renameRoot, .rename, .root)
        try inner.renameRoot(to: name)
    }
}
