internal import Synchronization

extension MemoryStorage.State {
    /// The directory and name for something new at a path.
    func newName(_ path: ArchivePath) throws(StorageError.Cause) -> (MemoryTree.Node, String) {
        guard !path.isRoot else { throw .exists }
        let directory = try tree.findDirectory(path.parent).get()
        guard tree.directories[directory]?[path.name] == nil else { throw .exists }
        return (directory, path.name)
    }

    mutating func takeNode() -> MemoryTree.Node {
        defer { nextNode += 1 }
        return nextNode
    }

    /// Bytes that still fit; nil when there is no limit.
    var free: UInt64? {
        guard let capacity else { return nil }
        let used = tree.byteCount
        return capacity > used ? capacity - used : 0
    }

    /// Forgets a file that lost its last name, now or with its last handle.
    mutating func unlink(_ node: MemoryTree.Node) {
        tree.directories[node] = nil
        tree.oddities[node] = nil
        if openCounts[node] == nil { tree.files[node] = nil } else { unlinked.insert(node) }
    }

    mutating func closed(_ node: MemoryTree.Node) {
        guard let count = openCounts[node] else { return }
        openCounts[node] = count > 1 ? count - 1 : nil
        if count <= 1, unlinked.remove(node) != nil { tree.files[node] = nil }
    }
}

extension MemoryStorage {
    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        try change(.rename, path) { (state) throws(StorageError.Cause) in
            guard !path.isRoot, !newPath.isRoot else { throw .invalidName }
            let node = try state.tree.find(path).get()
            let from = try state.tree.findDirectory(path.parent).get()
            let to = try state.tree.findDirectory(newPath.parent).get()
            if let replaced = state.tree.directories[to]?[newPath.name] {
                guard replacing else { throw .exists }
                guard replaced != node else { return }
                switch (state.tree.directories[node], state.tree.directories[replaced]) {
                case (nil, .some): throw .isADirectory
                case (.some, nil): throw .notADirectory
                case (.some, .some(let names)) where !names.isEmpty: throw .directoryNotEmpty
                default: state.unlink(replaced)
                }
            }
            guard !newPath.string.hasPrefix(path.string + "/") else { throw .invalidName }
            state.tree.directories[from]?[path.name] = nil
            state.tree.directories[to]?[newPath.name] = node
            state.events?.append(.rename(node, from: from, name: path.name, to: to, newName: newPath.name))
        }
    }

    package func remove(_ path: ArchivePath) throws(StorageError) {
        try change(.remove, path) { (state) throws(StorageError.Cause) in
            guard !path.isRoot else { throw .invalidName }
            let node = try state.tree.find(path).get()
            let directory = try state.tree.findDirectory(path.parent).get()
            guard state.tree.directories[node]?.isEmpty ?? true else { throw .directoryNotEmpty }
            state.tree.directories[directory]?[path.name] = nil
            state.unlink(node)
            state.events?.append(.remove(node, in: directory, name: path.name))
        }
    }

    /// Puts a link or special file there, as a hostile or careless hand may have done.
    package func plant(_ kind: FileKind, at path: ArchivePath) throws(StorageError) {
        try use(.create, path) { (state) throws(StorageError.Cause) in
            let (directory, name) = try state.newName(path)
            let node = state.takeNode()
            state.tree.oddities[node] = kind
            state.tree.directories[directory]?[name] = node
        }
    }

    /// The paths of all files, sorted.
    package var filePaths: [ArchivePath] {
        let tree = state.withLock { $0.tree }
        var found: [ArchivePath] = []
        var open: [(ArchivePath, MemoryTree.Node)] = [(.root, MemoryTree.root)]
        while let (path, directory) = open.popLast() {
            for (name, node) in tree.directories[directory] ?? [:] {
                guard let inner = path.appending(name) else { continue }
                if tree.directories[node] != nil { open.append((inner, node)) }
                if tree.files[node] != nil { found.append(inner) }
            }
        }
        return found.sorted()
    }

    /// A storage in memory with all files and directories of another.
    package convenience init(copying storage: any Storage) throws(StorageError) {
        self.init(name: storage.displayName)
        var open: [ArchivePath] = [.root]
        while let directory = open.popLast() {
            for entry in try storage.list(directory) {
                guard let path = entry.path(in: directory) else { continue }
                switch entry.status.kind {
                case .directory:
                    try createDirectory(path)
                    open.append(path)
                case .file:
                    let source = try storage.openForReading(path, expecting: .sequential)
                    let target = try createFile(path)
                    while target.byteCount < source.byteCount {
                        let bytes = try source.read(at: target.byteCount, count: 1 << 20)
                        guard !bytes.isEmpty else { break }
                        try target.append(bytes)
                    }
                case .symlink, .special: try plant(entry.status.kind, at: path)
                }
            }
        }
    }
}
