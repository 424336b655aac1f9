import ArchiveStorage

/// A list of items, and which of them were met: by their paths, or where those do not fit, by their Message-IDs.
///
/// Of each row only hashes are held, and a few words to tell it by.
struct ListedItems {
    private struct Row {
        var path: UInt32
        var id: UInt32
        var name: UInt32
        var nameCount: UInt16
    }

    /// Most rows of all lists of a run.
    static let mostRows = 1_000_000
    private static let mostNameBytes = 32 << 20
    private static let none = UInt32.max

    private var rows: [Row] = []
    private var names: [UInt8] = []
    private var paths: [UInt64: UInt32] = [:]
    private var isPathMet: [Bool] = []
    private var ids: [UInt64: UInt32] = [:]
    private var idsMet: [UInt32] = []
    /// What stands before the paths of all rows.
    private var lead: [[UInt8]] = []
    private var unreadable: UInt64 = 0
    private var beyond: UInt64 = 0

    var rowCount: Int { rows.count }
    var hasIDs: Bool { !ids.isEmpty }

    /// Reads the list, twice.
    ///
    /// - Parameter room: How many rows may be held; those beyond are told and not compared.
    init(_ file: any RandomAccessBytes, room: Int) throws(ContainerFault) {
        var lead: [[UInt8]]?
        let list = try ExpectedItems(file, .items) { item in
            guard !item.path.isEmpty, !Self.isInStore(item.path) else { return }
            let folder = Array(item.path.dropLast())
            lead = lead.map { Array(zip($0, folder).prefix { Self.isSame($0, $1) }.map(\.0)) } ?? folder
        }
        let before = lead ?? []
        self.lead = before
        unreadable = UInt64(list.unreadable)
        _ = try ExpectedItems(file, .items) { item in
            guard rows.count < room else {
                beyond += 1
                return
            }
            add(item, without: before.count)
        }
    }

    private mutating func add(_ item: ExpectedItems.Item, without count: Int) {
        var row = Row(path: Self.none, id: Self.none, name: 0, nameCount: 0)
        if !item.path.isEmpty, !Self.isInStore(item.path) {
            var hash = PathHash()
            for name in item.path.dropFirst(count).reversed() { hash.add(name) }
            if let slot = paths[hash.value] {
                row.path = slot
            } else {
                row.path = UInt32(isPathMet.count)
                paths[hash.value] = row.path
                isPathMet.append(false)
            }
        }
        if !item.messageID.isEmpty {
            let hash = PathHash(item.messageID).value
            if let slot = ids[hash] {
                row.id = slot
            } else {
                row.id = UInt32(idsMet.count)
                ids[hash] = row.id
                idsMet.append(0)
            }
        }
        let path = Array(item.path.joined(separator: [UInt8(ascii: "/")]))
        let name = [path, item.messageID, item.identifier].first { !$0.isEmpty } ?? []
        if names.count + 200 <= Self.mostNameBytes {
            row.name = UInt32(names.count)
            row.nameCount = UInt16(min(name.count, 200))
            // The end of a path tells more than its beginning.
            names += name.suffix(200)
        }
        rows.append(row)
    }

    /// A file was met.
    ///
    /// - Parameter inner: How many names of the path lead to the container that the file lies in.
    mutating func meet(_ path: [[UInt8]], inner: Int) {
        var hash = PathHash()
        var found: UInt32?
        for count in 1...max(1, path.count) where count <= path.count {
            hash.add(path[path.count - count])
            guard let slot = paths[hash.value] else { continue }
            let before = path.count - count
            // What stands before must be what stands before in the list, as far as both say.
            if before == 0 || before == inner || lead.last.map({ Self.isSame($0, path[before - 1]) }) ?? true {
                found = slot
            }
        }
        if let found { isPathMet[Int(found)] = true }
    }

    /// A message was met.
    mutating func meet(id hash: UInt64) {
        if let slot = ids[hash] { idsMet[Int(slot)] &+= 1 }
    }

    /// What the comparison shows.
    ///
    /// - Parameter areIDsWhole: Whether the Message-ID of each message of the run is known.
    func compared(areIDsWhole: Bool) -> ListComparison {
        var result = ListComparison()
        var left = idsMet
        let usesPaths = isPathMet.contains(true)
        var open: UInt64 = 0
        for (index, row) in rows.enumerated() {
            let byPath = row.path != Self.none && (usesPaths || row.id == Self.none)
            if byPath, isPathMet[Int(row.path)] {
                result.met += 1
            } else if !byPath, row.id != Self.none, left[Int(row.id)] > 0 {
                left[Int(row.id)] -= 1
                result.met += 1
            } else if byPath || (row.id != Self.none && areIDsWhole) {
                if result.missing.count < ListShortfall.mostMissing { result.missing.append(name(row, index)) }
            } else {
                open += 1
                continue
            }
            result.listed += 1
        }
        if open > 0 {
            result.notes.append("\(open) of its items name no file and no message whose id was read: not compared")
        }
        if unreadable > 0 { result.notes.append("\(unreadable) of its rows cannot be understood") }
        if beyond > 0 { result.notes.append("\(beyond) of its rows are more than can be held: not compared") }
        return result
    }

    private func name(_ row: Row, _ index: Int) -> String {
        guard row.nameCount > 0 else { return "item \(index + 1)" }
        let start = Int(row.name)
        return String(decoding: names[start..<start + Int(row.nameCount)], as: UTF8.self)
    }

    /// Items of a PST are no files.
    private static func isInStore(_ path: [[UInt8]]) -> Bool {
        path.dropLast().contains { isSame(Array($0.suffix(4)), Array(".pst".utf8)) }
    }

    private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { PathHash.lower($0) == PathHash.lower($1) }
    }
}

/// What the comparison of a list with what was met shows.
struct ListComparison {
    /// How many items it names that can be compared.
    var listed: UInt64 = 0
    var met: UInt64 = 0
    /// The first ones that were not met.
    var missing: [String] = []
    /// What could not be compared, and why.
    var notes: [String] = []
}

/// A hash of a path, made from its end: so those of all its ends come with it.
///
/// Case does not count.
struct PathHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init() {}

    init(_ bytes: [UInt8]) { for byte in bytes { add(byte) } }

    mutating func add(_ name: [UInt8]) {
        for byte in name { add(PathHash.lower(byte)) }
        add(0)
    }

    private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

    static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte + 32 : byte }
}
