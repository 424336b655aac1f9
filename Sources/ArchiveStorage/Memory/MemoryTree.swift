/// A tree of directories and files in memory; a value, so that a copy costs little and shares all content.
struct MemoryTree: Sendable {
    /// The number of a file or directory, whatever its names.
    typealias Node = Int

    static let root: Node = 0

    var files: [Node: FileContent] = [:]
    var directories: [Node: [String: Node]] = [root: [:]]
    /// Links and special files, which only tests plant.
    var oddities: [Node: FileKind] = [:]

    /// The status of a node.
    func status(_ node: Node) -> FileStatus {
        if let file = files[node] { return FileStatus(kind: .file, byteCount: UInt64(file.byteCount)) }
        return FileStatus(kind: oddities[node] ?? .directory, byteCount: 0)
    }

    /// The node at a path, or why there is none.
    func find(_ path: ArchivePath) -> Result<Node, StorageError.Cause> {
        var node = Self.root
        var components = path.components[...]
        while let component = components.popFirst() {
            guard let next = directories[node]?[String(component)] else { return .failure(.notFound) }
            guard components.isEmpty || directories[next] != nil else { return .failure(cause(notADirectory: next)) }
            node = next
        }
        return .success(node)
    }

    /// The directory at a path, or why there is none.
    func findDirectory(_ path: ArchivePath) -> Result<Node, StorageError.Cause> {
        find(path).flatMap { directories[$0] != nil ? .success($0) : .failure(cause(notADirectory: $0)) }
    }

    private func cause(notADirectory node: Node) -> StorageError.Cause {
        switch oddities[node] {
        case .symlink: .symlink
        case .special: .specialFile
        default: .notADirectory
        }
    }

    /// The file at a path, or why there is none.
    func findFile(_ path: ArchivePath) -> Result<Node, StorageError.Cause> {
        find(path).flatMap { node in
            switch status(node).kind {
            case .file: .success(node)
            case .directory: .failure(.isADirectory)
            case .symlink: .failure(.symlink)
            case .special: .failure(.specialFile)
            }
        }
    }

    /// The length of all files together.
    var byteCount: UInt64 { files.values.reduce(0) { $0 + UInt64($1.byteCount) } }
}

/// A failure inside a tree, before it is known where and in what operation.
extension StorageError.Cause: Error {}

/// One change of a tree, as `RecordingStorage` keeps it.
enum StorageEvent: Sendable {
    case createFile(MemoryTree.Node, in: MemoryTree.Node, name: String)
    case createDirectory(MemoryTree.Node, in: MemoryTree.Node, name: String)
    case write(MemoryTree.Node, offset: Int, bytes: [UInt8])
    case truncate(MemoryTree.Node, byteCount: Int)
    case sync(MemoryTree.Node)
    case rename(MemoryTree.Node, from: MemoryTree.Node, name: String, to: MemoryTree.Node, newName: String)
    case remove(MemoryTree.Node, in: MemoryTree.Node, name: String)
    case syncDirectory(MemoryTree.Node)
    case renameRoot(to: String)
    case mark(String)
}
