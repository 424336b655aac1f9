internal import CPlatform

/// An open directory of an import source, closed with the last reference.
final class SourceDirectory: Sendable {
    private let descriptor: Descriptor
    var number: Int32 { descriptor.number }

    init?(_ result: Int32) {
        guard let descriptor = Descriptor(result) else { return nil }
        self.descriptor = descriptor
    }
}

/// Something met on a walk through the folders of an import source.
package struct SourceEntry: Sendable {
    /// What was met.
    package enum Kind: Sendable {
        case file
        /// A directory, told before what is in it.
        case directory
        /// A symbolic link, not followed.
        case symlink
        /// A device, socket or FIFO, not opened.
        case special
        /// A directory or name that could not be read, and why; the walk goes on beside it.
        case unreadable(StorageError)
    }

    package let kind: Kind
    /// The path below the directory where the walk began: names as the system stores them, with `/` between.
    package let path: [UInt8]
    /// How many bytes at the end of the path are the name.
    package let nameByteCount: Int
    /// 0 for what lies directly in the directory where the walk began.
    package let depth: Int
    let directory: SourceDirectory

    /// The name's bytes.
    package var name: ArraySlice<UInt8> { path.suffix(nameByteCount) }

    /// How long the file is now; `nil` where the system does not tell.
    package var byteCount: UInt64? {
        var found = pa_status()
        let result = withCName(path, nameByteCount) { pa_status_at(directory.number, $0, &found) } ?? -1
        return result < 0 ? nil : found.byte_count
    }

    /// Opens the file in the directory in which it was met, even if that was moved since; a link is not followed.
    ///
    /// Works as long as the entry is kept, also after the walk went on. An entry keeps its directory open.
    package func open() throws(StorageError) -> SourceFile {
        try SourceFile(path, in: directory, nameByteCount: nameByteCount, followsLinks: false)
    }
}

/// Walks through a directory and all below it: depth first, names in each directory sorted bytewise, what is to
/// come first before the others.
///
/// Bounded: a directory nested deeper than `maximumDepth`, or with more than `maximumNameByteCount` bytes of names, is told
/// as `unreadable`. Links are not followed, so there is no way around in a circle.
package struct SourceDirectoryWalker: ~Copyable {
    /// How deep directories may be nested.
    package static let maximumDepth = 128
    /// How many bytes of names one directory may have: they are held in memory to be sorted.
    package static let maximumNameByteCount = 64 << 20

    /// A directory on the way, with its names in the order in which they are told.
    private struct Level {
        let directory: SourceDirectory
        let path: [UInt8]
        let names: SourceDirectoryNames
        /// The names in their order; empty: as they stand.
        let order: [Int]
        var next = 0
    }

    private let rootPath: [UInt8]
    private var levels: [Level] = []
    private let comesFirst: (ArraySlice<UInt8>) -> Bool

    /// Opens the directory where the walk begins; a link that the person named is followed.
    ///
    /// - Parameter comesFirst: Files of such a name are told before everything else in their directory.
    package init(
        path: [UInt8],
        comesFirst: @escaping (ArraySlice<UInt8>) -> Bool = { _ in false }
    ) throws(StorageError) {
        rootPath = path
        self.comesFirst = comesFirst
        let opened = withCName(path, path.count) { pa_open_named_directory($0) }
        guard let directory = SourceDirectory(opened ?? -1) else {
            let cause = opened.map { StorageError.Cause(systemError: -$0) } ?? .invalidName
            throw StorageError(.list, text(path), cause)
        }
        levels.append(try Self.read(directory, [], place: path, comesFirst))
    }

    /// Opens the directory where the walk begins by its path as text.
    package init(path: String) throws(StorageError) { try self.init(path: Array(path.utf8)) }

    /// How many directories the walk itself has open.
    package var depth: Int { levels.count }

    /// The names in the directory that the walk stands in: after `next` told of a directory, what is in it.
    package var names: SourceDirectoryNames { levels.last?.names ?? SourceDirectoryNames() }

    /// Leaves the directory that the walk stands in, and steps back before it, so that `next` enters it again.
    package mutating func stepOut() {
        guard levels.count > 1 else { return }
        levels.removeLast()
        stepBack()
    }

    /// Opens a file in the directory that the walk stands in; a link is not followed.
    package func open(_ name: [UInt8]) throws(StorageError) -> SourceFile {
        guard let level = levels.last else { throw StorageError(.openForReading, text(name), .notFound) }
        let path = level.path.isEmpty ? name : level.path + [UInt8(ascii: "/")] + name
        return try SourceFile(path, in: level.directory, nameByteCount: name.count, followsLinks: false)
    }

    /// A walk of its own through a directory below one on the way of this one; links are not followed.
    ///
    /// - Parameters:
    ///   - depth: How many directories the one on the way is nested: 0 is the one where this walk began.
    ///   - names: The way down from there; paths of the new walk's entries begin below it.
    /// - Returns: nil where there is no such directory.
    package func walker(at depth: Int, _ names: [[UInt8]]) throws(StorageError) -> SourceDirectoryWalker? {
        guard let (directory, path) = try descend(depth, names) else { return nil }
        return try SourceDirectoryWalker(rootPath + [UInt8(ascii: "/")] + path, directory)
    }

    /// Opens a file below a directory on the way, without listing what is beside it; links are not followed.
    ///
    /// - Returns: nil where the directory of the file is not there.
    package func open(at depth: Int, _ names: [[UInt8]]) throws(StorageError) -> SourceFile? {
        guard let name = names.last, let (directory, path) = try descend(depth, names.dropLast()) else { return nil }
        let whole = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
        return try SourceFile(whole, in: directory, nameByteCount: name.count, followsLinks: false)
    }

    private func descend(
        _ depth: Int,
        _ names: some Collection<[UInt8]>
    ) throws(StorageError) -> (SourceDirectory, path: [UInt8])? {
        guard levels.indices.contains(depth) else { return nil }
        var directory = levels[depth].directory
        var path = levels[depth].path
        for name in names {
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path += name
            let opened = withCName(name, name.count) { pa_open_directory(directory.number, $0) } ?? -1
            guard let found = SourceDirectory(opened) else {
                let error = StorageError(.list, place(path), systemError: -opened)
                switch error.cause {
                case .notFound, .notADirectory, .symlink, .invalidName: return nil
                default: throw error
                }
            }
            directory = found
        }
        return (directory, path)
    }

    private init(_ path: [UInt8], _ directory: SourceDirectory) throws(StorageError) {
        rootPath = path
        comesFirst = { _ in false }
        levels.append(try Self.read(directory, [], place: path, comesFirst))
    }

    /// Steps back before a directory that could not be entered, so that `next` tries it again.
    package mutating func stepBack() {
        guard let level = levels.indices.last, levels[level].next > 0 else { return }
        levels[level].next -= 1
    }

    /// What comes next; nil at the end.
    package mutating func next() -> SourceEntry? {
        while let level = levels.indices.last {
            guard levels[level].next < levels[level].names.count else {
                levels.removeLast()
                continue
            }
            let order = levels[level].order
            let position = order.isEmpty ? levels[level].next : order[levels[level].next]
            let (start, byteCount, listedKind) = levels[level].names.names[position]
            levels[level].next += 1
            let directory = levels[level].directory
            var path = levels[level].path
            path.reserveCapacity(path.count + byteCount + 1)
            if !path.isEmpty { path.append(UInt8(ascii: "/")) }
            path.append(contentsOf: levels[level].names.bytes[start..<start + byteCount])
            let kind = listedKind.map { SourceEntry.Kind($0) } ?? look(directory, path, byteCount)
            let entered = if case .directory = kind { enter(directory, path, byteCount) } else { kind }
            return SourceEntry(
                kind: entered,
                path: path,
                nameByteCount: byteCount,
                depth: level,
                directory: directory
            )
        }
        return nil
    }

    /// Some file systems do not tell the kind with the name.
    private func look(_ directory: SourceDirectory, _ path: [UInt8], _ byteCount: Int) -> SourceEntry.Kind {
        var found = pa_status()
        let result = withCName(path, byteCount) { pa_status_at(directory.number, $0, &found) } ?? -1
        guard result >= 0 else { return .unreadable(StorageError(.status, place(path), systemError: -result)) }
        return SourceEntry.Kind(FileStatus(found).kind)
    }

    private mutating func enter(_ parent: SourceDirectory, _ path: [UInt8], _ byteCount: Int) -> SourceEntry.Kind {
        guard levels.count < Self.maximumDepth else {
            return .unreadable(StorageError(.list, place(path), .tooDeep(limit: Self.maximumDepth)))
        }
        let opened = withCName(path, byteCount) { pa_open_directory(parent.number, $0) } ?? -1
        guard let directory = SourceDirectory(opened) else {
            return .unreadable(StorageError(.list, place(path), systemError: -opened))
        }
        do throws(StorageError) {
            levels.append(try Self.read(directory, path, place: rootPath + [UInt8(ascii: "/")] + path, comesFirst))
            return .directory
        } catch {
            return .unreadable(error)
        }
    }

    private func place(_ path: [UInt8]) -> String { text(rootPath + [UInt8(ascii: "/")] + path) }

    private static func order(_ names: SourceDirectoryNames, _ comesFirst: (ArraySlice<UInt8>) -> Bool) -> [Int] {
        let first = (0..<names.count).filter { index in
            let (name, kind) = names[index]
            return kind != .directory && comesFirst(name)
        }
        guard !first.isEmpty else { return [] }
        let isFirst = Set(first)
        return first + (0..<names.count).filter { !isFirst.contains($0) }
    }

    private static func read(
        _ directory: SourceDirectory,
        _ path: [UInt8],
        place: [UInt8],
        _ comesFirst: (ArraySlice<UInt8>) -> Bool
    ) throws(StorageError) -> Level {
        var bytes: [UInt8] = []
        var names: [(start: Int, byteCount: Int, kind: FileKind?)] = []
        let failure = eachName(in: directory.number) { name, byteCount, kind in
            guard bytes.count + byteCount <= maximumNameByteCount else { return .tooManyEntries(limit: names.count) }
            names.append((bytes.count, byteCount, kind))
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: name, count: byteCount))
            return nil
        }
        if let failure { throw StorageError(.list, text(place), failure) }
        let sorted = SourceDirectoryNames(bytes, names)
        return Level(directory: directory, path: path, names: sorted, order: order(sorted, comesFirst))
    }
}

extension SourceEntry.Kind {
    init(_ kind: FileKind) {
        switch kind {
        case .file: self = .file
        case .directory: self = .directory
        case .symlink: self = .symlink
        case .special: self = .special
        }
    }
}
