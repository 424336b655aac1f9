/// A moment in a record: what is durable, and what is not yet.
struct CrashMoment: Sendable {
    /// One change of a file since its last sync.
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(Int)
    }

    /// One step that changes names in one directory.
    struct NameChange: Sendable {
        var directory: MemoryTree.Node
        /// What the names stand for afterwards; nil: nothing.
        var names: [(name: String, node: MemoryTree.Node?)]
    }

    private(set) var durable: MemoryTree
    private(set) var rootName: String
    /// The files with changes that are not durable, with all of them applied.
    private(set) var latest: [MemoryTree.Node: FileContent] = [:]
    private(set) var changes: [MemoryTree.Node: [Change]] = [:]
    private(set) var nameChanges: [NameChange] = []
    private(set) var marks: [String] = []
    private(set) var eventCount = 0

    init(_ base: MemoryTree, rootName: String) {
        durable = base
        self.rootName = rootName
    }

    /// Goes on by one event.
    mutating func advance(by event: StorageEvent) {
        eventCount += 1
        switch event {
        case .createFile(let node, let directory, let name):
            durable.files[node] = FileContent()
            nameChanges.append(NameChange(directory: directory, names: [(name, node)]))
        case .createDirectory(let node, let directory, let name):
            durable.directories[node] = [:]
            nameChanges.append(NameChange(directory: directory, names: [(name, node)]))
        case .write(let node, let offset, let bytes):
            if latest[node] == nil { latest[node] = durable.files[node] }
            bytes.withUnsafeBytes { latest[node]?.write($0, at: offset) }
            changes[node, default: []].append(.write(offset: offset, bytes: bytes))
        case .truncate(let node, let byteCount):
            if latest[node] == nil { latest[node] = durable.files[node] }
            latest[node]?.resize(to: byteCount)
            changes[node, default: []].append(.truncate(byteCount))
        case .sync(let node):
            if let content = latest.removeValue(forKey: node) { durable.files[node] = content }
            changes[node] = nil
        case .rename(let node, let from, let name, let to, let newName):
            if from == to {
                nameChanges.append(NameChange(directory: from, names: [(name, nil), (newName, node)]))
            } else {
                nameChanges.append(NameChange(directory: to, names: [(newName, node)]))
                nameChanges.append(NameChange(directory: from, names: [(name, nil)]))
            }
        case .remove(_, let directory, let name):
            nameChanges.append(NameChange(directory: directory, names: [(name, nil)]))
        case .syncDirectory(let directory):
            for change in nameChanges where change.directory == directory { durable.apply(change) }
            nameChanges.removeAll { $0.directory == directory }
        case .renameRoot(let name): rootName = name
        case .mark(let text): marks.append(text)
        }
    }

    /// What is found when of the changes of names only those marked true survive, before any file's fate.
    func tree(keeping fates: [Bool]) -> MemoryTree {
        var tree = durable
        for (change, isKept) in zip(nameChanges, fates) where isKept { tree.apply(change) }
        return tree
    }

    /// The files with a name in the tree that have changes which are not durable.
    func unsettledFiles(in tree: MemoryTree) -> [MemoryTree.Node] {
        guard !changes.isEmpty else { return [] }
        var found: Set<MemoryTree.Node> = []
        var seen: Set<MemoryTree.Node> = [MemoryTree.root]
        var open = [MemoryTree.root]
        while let directory = open.popLast() {
            for node in (tree.directories[directory] ?? [:]).values {
                if changes[node] != nil { found.insert(node) }
                if tree.directories[node] != nil, seen.insert(node).inserted { open.append(node) }
            }
        }
        return found.sorted()
    }

    /// The content a file has after a crash.
    func content(of node: MemoryTree.Node, _ fate: FileFate, _ model: CrashModel) -> FileContent? {
        guard let before = durable.files[node], let after = latest[node] else { return durable.files[node] }
        if fate.changes.allSatisfy({ $0 == .kept }) { return after }
        let changes = changes[node] ?? []
        var length = before.byteCount
        for (change, fate) in zip(changes, fate.changes) {
            switch change {
            case .truncate(let byteCount): if fate == .kept { length = byteCount }
            case .write(let offset, let bytes):
                Self.eachSector(offset, bytes.count, model.sectorByteCount) { index, range in
                    if fate.sector(index) != .old { length = max(length, range.upperBound) }
                }
            }
        }
        length = max(length, lengths(of: node)[min(fate.lengthAfter, changes.count)])
        var content = before
        if length > before.byteCount {
            if model.unwritten == .garbage {
                Self.fill(&content, before.byteCount..<length)
            } else {
                content.resize(to: length)
            }
        }
        for (change, fate) in zip(changes, fate.changes) {
            switch change {
            case .truncate(let byteCount):
                if fate == .kept, byteCount < content.byteCount { content.resize(to: byteCount) }
            case .write(let offset, let bytes):
                bytes.withUnsafeBytes { bytes in
                    if fate == .kept { return content.write(bytes, at: offset) }
                    Self.eachSector(offset, bytes.count, model.sectorByteCount) { index, range in
                        switch fate.sector(index) {
                        case .old: break
                        case .new:
                            let part = bytes[range.lowerBound - offset..<range.upperBound - offset]
                            content.write(UnsafeRawBufferPointer(rebasing: part), at: range.lowerBound)
                        case .garbage:
                            // The whole sector is lost, with what stood in it before.
                            let start = range.lowerBound / model.sectorByteCount * model.sectorByteCount
                            let end = min(start + model.sectorByteCount, max(range.upperBound, content.byteCount))
                            Self.fill(&content, start..<end)
                        }
                    }
                }
            }
        }
        if content.byteCount < length { content.resize(to: length) }
        return content
    }

    /// The lengths of a file before its changes and after each of them.
    func lengths(of node: MemoryTree.Node) -> [Int] {
        var lengths = [durable.files[node]?.byteCount ?? 0]
        for change in changes[node] ?? [] {
            let last = lengths[lengths.count - 1]
            switch change {
            case .write(let offset, let bytes): lengths.append(max(last, offset + bytes.count))
            case .truncate(let byteCount): lengths.append(byteCount)
            }
        }
        return lengths
    }

    /// Calls the body for each sector that a write touches, with the part of the file it covers there.
    static func eachSector(_ offset: Int, _ byteCount: Int, _ sectorByteCount: Int, _ body: (Int, Range<Int>) -> Void) {
        var start = offset
        var index = 0
        while start < offset + byteCount {
            let end = min((start / sectorByteCount + 1) * sectorByteCount, offset + byteCount)
            body(index, start..<end)
            start = end
            index += 1
        }
    }

    /// How many sectors a write touches.
    static func sectorCount(_ offset: Int, _ byteCount: Int, _ sectorByteCount: Int) -> Int {
        guard byteCount > 0 else { return 0 }
        return (offset + byteCount - 1) / sectorByteCount - offset / sectorByteCount + 1
    }

    private static func fill(_ content: inout FileContent, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        var random = SeededRandom(seed: UInt64(range.lowerBound))
        var garbage: [UInt64] = []
        for _ in 0..<(range.count + 7) / 8 { garbage.append(random.next()) }
        garbage.withUnsafeBytes {
            content.write(UnsafeRawBufferPointer(rebasing: $0[..<range.count]), at: range.lowerBound)
        }
    }
}

extension MemoryTree {
    fileprivate mutating func apply(_ change: CrashMoment.NameChange) {
        for (name, node) in change.names { directories[change.directory]?[name] = node }
    }
}
