internal import Synchronization

/// An archive's directory in memory: for tests, and for whatever is too small for a drive.
///
/// It can be switched to read-only and be given a capacity, and is as strict as a file system about links and kinds.
package final class MemoryStorage: Storage {
    struct State: Sendable {
        var tree: MemoryTree
        var name: String
        var nextNode: MemoryTree.Node
        var isReadOnly = false
        var capacity: UInt64?
        var locked: Set<MemoryTree.Node> = []
        /// Files without a name stay until their last handle is closed.
        var openCounts: [MemoryTree.Node: Int] = [:]
        var unlinked: Set<MemoryTree.Node> = []
        /// Nil when nobody records.
        var events: [StorageEvent]?
    }

    let state: Mutex<State>

    /// An empty directory.
    ///
    /// - Parameter capacity: How many bytes all files together may hold; nil for no limit.
    package convenience init(name: String = "memory", capacity: UInt64? = nil) {
        self.init(MemoryTree(), name: name)
        setCapacity(capacity)
    }

    init(_ tree: MemoryTree, name: String) {
        let highest = max(tree.files.keys.max() ?? 0, tree.directories.keys.max() ?? 0, tree.oddities.keys.max() ?? 0)
        state = Mutex(State(tree: tree, name: name, nextNode: highest + 1))
    }

    /// Refuses all writing from now on, as a read-only medium does, or allows it again.
    package func setReadOnly(_ isReadOnly: Bool) { state.withLock { $0.isReadOnly = isReadOnly } }

    /// Sets how many bytes all files together may hold; nil for no limit.
    package func setCapacity(_ capacity: UInt64?) { state.withLock { $0.capacity = capacity } }

    /// A storage of its own with the same content, which both share until one of them writes.
    package func copy() -> MemoryStorage { state.withLock { MemoryStorage($0.tree, name: $0.name) } }

    package var displayName: String { state.withLock { $0.name } }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        let (node, byteCount) = try open(path, .openForReading, forWriting: false)
        return MemoryReadableFile(self, node, displayName: place(path), byteCount: byteCount)
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        let node = try change(.create, path) { (state) throws(StorageError.Cause) in
            let (directory, name) = try state.newName(path)
            let node = state.takeNode()
            state.tree.files[node] = FileContent()
            state.tree.directories[directory]?[name] = node
            state.openCounts[node, default: 0] += 1
            state.events?.append(.createFile(node, in: directory, name: name))
            return node
        }
        return MemoryWritableFile(self, node, displayName: place(path), byteCount: 0)
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        let (node, found) = try open(path, .openForWriting, forWriting: true)
        let file = MemoryWritableFile(self, node, displayName: place(path), byteCount: byteCount)
        if found != byteCount {
            guard found > byteCount, excess == .discarded else {
                throw StorageError(.openForWriting, place(path), .lengthDiffers(expected: byteCount, found: found))
            }
            try file.truncate(to: byteCount)
        }
        return file
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        let (node, byteCount) = try open(path, .openForWriting, forWriting: true)
        return MemoryWritableFile(self, node, displayName: place(path), byteCount: byteCount)
    }

    private func open(
        _ path: ArchivePath,
        _ operation: StorageError.Operation,
        forWriting: Bool
    ) throws(StorageError) -> (MemoryTree.Node, UInt64) {
        try use(operation, path) { (state) throws(StorageError.Cause) in
            let node = try state.tree.findFile(path).get()
            guard !forWriting || !state.isReadOnly else { throw .readOnly }
            state.openCounts[node, default: 0] += 1
            return (node, state.tree.status(node).byteCount)
        }
    }

    package func list(_ path: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        try use(.list, path) { (state) throws(StorageError.Cause) in
            let names = state.tree.directories[try state.tree.findDirectory(path).get()] ?? [:]
            guard names.count <= limit else { throw .tooManyEntries(limit: limit) }
            return names.map { DirectoryEntry(nameBytes: Array($0.key.utf8), status: state.tree.status($0.value)) }
                .sorted { $0.nameBytes.lexicographicallyPrecedes($1.nameBytes) }
        }
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? {
        try use(.status, path) { (state) throws(StorageError.Cause) in
            switch state.tree.find(path) {
            case .success(let node): return state.tree.status(node)
            case .failure(.notFound): return nil
            case .failure(let cause): throw cause
            }
        }
    }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) {
        try change(.createDirectory, path) { (state) throws(StorageError.Cause) in
            let (directory, name) = try state.newName(path)
            let node = state.takeNode()
            state.tree.directories[node] = [:]
            state.tree.directories[directory]?[name] = node
            state.events?.append(.createDirectory(node, in: directory, name: name))
        }
    }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) {
        try use(.syncDirectory, path) { (state) throws(StorageError.Cause) in
            let node = try state.tree.findDirectory(path).get()
            state.events?.append(.syncDirectory(node))
        }
    }

    package func freeByteCount() throws(StorageError) -> UInt64 { state.withLock { $0.free ?? UInt64(Int64.max) } }

    package func isReadOnly() throws(StorageError) -> Bool { state.withLock { $0.isReadOnly } }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock {
        let node = try use(.lock, path) { (state) throws(StorageError.Cause) in
            let node = path.isRoot ? MemoryTree.root : try state.tree.findFile(path).get()
            guard state.locked.insert(node).inserted else { throw .locked(by: nil) }
            return node
        }
        return MemoryLock(self, node)
    }

    package func renameRoot(to name: String) throws(StorageError) {
        try change(.rename, .root) { (state) throws(StorageError.Cause) in
            guard !name.isEmpty, name != ".", name != "..", !name.contains("/") else { throw .invalidName }
            state.name = name
            state.events?.append(.renameRoot(to: name))
        }
    }

    /// Runs the body on the state and adds place and operation to its error.
    func use<Result>(
        _ operation: StorageError.Operation,
        _ path: ArchivePath,
        _ body: (inout State) throws(StorageError.Cause) -> Result
    ) throws(StorageError) -> Result {
        try state.withLock { (state) throws(StorageError) in
            do throws(StorageError.Cause) {
                return try body(&state)
            } catch {
                throw StorageError(operation, path.isRoot ? state.name : "\(state.name)/\(path)", error)
            }
        }
    }

    /// The same for what a read-only medium refuses.
    func change<Result>(
        _ operation: StorageError.Operation,
        _ path: ArchivePath,
        _ body: (inout State) throws(StorageError.Cause) -> Result
    ) throws(StorageError) -> Result {
        try use(operation, path) { (state) throws(StorageError.Cause) in
            guard !state.isReadOnly else { throw .readOnly }
            return try body(&state)
        }
    }
}
