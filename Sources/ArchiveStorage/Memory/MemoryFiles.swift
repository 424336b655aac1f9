internal import Synchronization

/// A file in memory, opened for reading.
final class MemoryReadableFile: ReadableFile {
    let displayName: String
    let byteCount: UInt64
    private let storage: MemoryStorage
    private let node: MemoryTree.Node

    init(_ storage: MemoryStorage, _ node: MemoryTree.Node, displayName: String, byteCount: UInt64) {
        self.storage = storage
        self.node = node
        self.displayName = displayName
        self.byteCount = byteCount
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard offset < byteCount else { return 0 }
        let count = Int(min(UInt64(buffer.count), byteCount - offset))
        // The content is a value: taken out, it is read without holding up others.
        let content = storage.state.withLock { $0.tree.files[node] }
        return content?.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])) ?? 0
    }

    func dropCache() {}

    deinit { storage.state.withLock { $0.closed(node) } }
}

/// A file in memory, opened for writing.
final class MemoryWritableFile: WritableFile {
    let displayName: String
    private let storage: MemoryStorage
    private let node: MemoryTree.Node
    private let openedByteCount: UInt64
    private let isOpen = Mutex(true)

    init(_ storage: MemoryStorage, _ node: MemoryTree.Node, displayName: String, byteCount: UInt64) {
        self.storage = storage
        self.node = node
        self.displayName = displayName
        openedByteCount = byteCount
    }

    var byteCount: UInt64 { storage.state.withLock { $0.tree.status(node).byteCount } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try change(.write) { (state) throws(StorageError.Cause) in
            let offset = state.tree.files[node]?.byteCount ?? 0
            let fitting = min(UInt64(bytes.count), state.free ?? .max)
            let written = UnsafeRawBufferPointer(rebasing: bytes[..<Int(fitting)])
            state.tree.files[node]?.write(written, at: offset)
            if !written.isEmpty { state.events?.append(.write(node, offset: offset, bytes: Array(written))) }
            guard written.count == bytes.count else {
                throw .noSpace(free: 0, wanted: UInt64(bytes.count - written.count))
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        try change(.write) { (state) throws(StorageError.Cause) in
            let byteCount = state.tree.status(node).byteCount
            guard offset <= byteCount, UInt64(bytes.count) <= byteCount - offset else { throw .outOfBounds }
            state.tree.files[node]?.write(bytes, at: Int(offset))
            if !bytes.isEmpty { state.events?.append(.write(node, offset: Int(offset), bytes: Array(bytes))) }
        }
    }

    func truncate(to byteCount: UInt64) throws(StorageError) {
        try change(.truncate) { (state) throws(StorageError.Cause) in
            guard byteCount >= openedByteCount, byteCount <= state.tree.status(node).byteCount else {
                throw .outOfBounds
            }
            state.tree.files[node]?.resize(to: Int(byteCount))
            state.events?.append(.truncate(node, byteCount: Int(byteCount)))
        }
    }

    func sync() throws(StorageError) {
        try change(.sync) { (state) throws(StorageError.Cause) in
            state.events?.append(.sync(node))
        }
    }

    func close() throws(StorageError) { closeOnce() }

    deinit { closeOnce() }

    private func closeOnce() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { storage.state.withLock { $0.closed(node) } }
    }

    private func change(
        _ operation: StorageError.Operation,
        _ body: (inout MemoryStorage.State) throws(StorageError.Cause) -> Void
    ) throws(StorageError) {
        guard isOpen.withLock({ $0 }) else { throw StorageError(operation, displayName, .closed) }
        try storage.state.withLock { (state) throws(StorageError) in
            guard !state.isReadOnly else { throw StorageError(operation, displayName, .readOnly) }
            do throws(StorageError.Cause) {
                try body(&state)
            } catch {
                throw StorageError(operation, displayName, error)
            }
        }
    }
}

/// A lock that holds among those who use the same storage value.
final class MemoryLock: StorageLock {
    private let held: Mutex<(storage: MemoryStorage, node: MemoryTree.Node)?>

    init(_ storage: MemoryStorage, _ node: MemoryTree.Node) {
        held = Mutex((storage, node))
    }

    func release() {
        guard let (storage, node) = held.withLock({ $0.take() }) else { return }
        storage.state.withLock { _ = $0.locked.remove(node) }
    }

    deinit { release() }
}
