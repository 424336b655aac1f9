package import MailFormats

/// Makes a compound file of its own from storages and streams: of an OLE object, which within an MSG is but a storage.
///
/// The same content gives the same bytes. Streams are not copied: the result reads them where they are.
package struct CompoundFileBuilder {
    /// A storage or stream.
    package struct Node {
        var name: String
        var marks: [UInt8]
        /// Nil for a storage.
        var content: (any ByteSource)?
        var children: [Node] = []

        /// Makes a stream.
        package init(stream name: String, _ content: any ByteSource) {
            self.name = name
            marks = [UInt8](repeating: 0, count: 36)
            self.content = content
        }

        /// Makes a storage.
        package init(storage name: String, _ children: [Node], marks: [UInt8]? = nil) {
            self.name = name
            self.marks = marks ?? [UInt8](repeating: 0, count: 36)
            self.children = children
        }
    }

    /// A node with its place in the directory.
    private struct Placed {
        var node: Node
        var left = CompoundEntry.none
        var right = CompoundEntry.none
        var child = CompoundEntry.none
        var isBlack = true
        var start: UInt32 = 0
        var size: UInt64 = 0
    }

    private var placed: [Placed] = []
    private let shift: Int
    private var fat: [UInt32] = []
    private var miniFAT: [UInt32] = []
    private var miniStream = PiecedSource()
    private var body = PiecedSource()

    /// The compound file whose root holds these nodes.
    ///
    /// - Parameter root: a storage; its name does not matter.
    package static func build(_ root: Node) -> PiecedSource {
        // Small sectors up to 4 MiB, as Outlook does; beyond, large ones keep the FAT short.
        var builder = CompoundFileBuilder(shift: size(of: root) > 4 << 20 ? 12 : 9)
        builder.placed.append(Placed(node: root))
        builder.place(childrenOf: 0)
        builder.addStreams()
        return builder.finish()
    }

    private init(shift: Int) { self.shift = shift }

    private static func size(of node: Node) -> UInt64 {
        node.children.reduce(node.content?.byteCount ?? 0) { $0 + size(of: $1) }
    }

    /// Puts what a storage holds into a balanced tree (MS-CFB §2.6.4), and what is in the storages within it.
    private mutating func place(childrenOf parent: Int) {
        let children = placed[parent].node.children.sorted { Self.isBefore($0.name, $1.name) }
        let first = placed.count
        placed += children.map { Placed(node: $0) }
        placed[parent].node.children = []
        var depth = 0
        while 1 << (depth + 1) <= children.count { depth += 1 }
        placed[parent].child = balance(first..<first + children.count, depth: depth)
        for index in first..<first + children.count { place(childrenOf: index) }
    }

    /// - Parameter depth: how many levels are below, the last of which is red where it is not full.
    private mutating func balance(_ range: Range<Int>, depth: Int) -> UInt32 {
        guard !range.isEmpty else { return CompoundEntry.none }
        let middle = range.lowerBound + range.count / 2
        placed[middle].isBlack = depth > 0
        placed[middle].left = balance(range.lowerBound..<middle, depth: depth - 1)
        placed[middle].right = balance(middle + 1..<range.upperBound, depth: depth - 1)
        return UInt32(middle)
    }

    /// The order of the directory: shorter names first, then by capital letters.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        let (first, second) = (Array(left.uppercased().utf16), Array(right.uppercased().utf16))
        return first.count != second.count ? first.count < second.count : first.lexicographicallyPrecedes(second)
    }

    private mutating func addStreams() {
        for index in placed.indices {
            guard let content = placed[index].node.content, content.byteCount > 0 else { continue }
            placed[index].size = content.byteCount
            if content.byteCount < CompoundHeader.miniStreamCutoff {
                placed[index].start = UInt32(miniFAT.count)
                Self.chain(&miniFAT, Int((content.byteCount + 63) / 64))
                miniStream.append(content, from: 0, count: content.byteCount)
                Self.pad(&miniStream, 64)
            } else {
                placed[index].start = add(content)
            }
        }
        placed[0].size = miniStream.byteCount
        placed[0].start = miniStream.byteCount > 0 ? add(miniStream) : SectorMark.endOfChain
    }

    /// Appends a stream in sectors of its own, and returns the first.
    private mutating func add(_ content: any ByteSource) -> UInt32 {
        let start = UInt32(fat.count)
        body.append(content, from: 0, count: content.byteCount)
        Self.pad(&body, 1 << UInt64(shift))
        Self.chain(&fat, Int(body.byteCount >> UInt64(shift)) - fat.count)
        return start
    }

    private static func pad(_ source: inout PiecedSource, _ size: UInt64) {
        source.append([UInt8](repeating: 0, count: Int((size - source.byteCount % size) % size)))
    }

    private static func chain(_ table: inout [UInt32], _ count: Int) {
        let start = UInt32(table.count)
        table += (0..<UInt32(count)).map { $0 + 1 == count ? SectorMark.endOfChain : start + $0 + 1 }
    }

    private mutating func finish() -> PiecedSource {
        let perSector = 1 << (shift - 2)
        var directory = placed.indices.flatMap { entry(placed[$0], isRoot: $0 == 0) }
        while directory.count % (1 << shift) != 0 { directory += Self.freeEntry }
        let directoryStart = add(MemoryByteSource(directory))
        let miniFATCount = (miniFAT.count + perSector - 1) / perSector
        let miniFATStart = miniFATCount > 0 ? add(MemoryByteSource(bytes(of: miniFAT))) : SectorMark.endOfChain

        // The FAT tells of its own sectors and of those of the DIFAT too.
        var fatCount = 0
        var difatCount = 0
        while fatCount * perSector < fat.count + fatCount + difatCount {
            fatCount = (fat.count + fatCount + difatCount + perSector - 1) / perSector
            difatCount = fatCount > 109 ? (fatCount - 109 + perSector - 2) / (perSector - 1) : 0
        }
        let fatStart = UInt32(fat.count)
        let difatStart = fatStart + UInt32(fatCount)
        fat += [UInt32](repeating: 0xFFFF_FFFD, count: fatCount) + [UInt32](repeating: 0xFFFF_FFFC, count: difatCount)
        let fatSectors = (0..<UInt32(fatCount)).map { fatStart + $0 }
        var difat: [UInt32] = []
        for index in 0..<difatCount {
            var part = Array(fatSectors.dropFirst(109 + index * (perSector - 1)).prefix(perSector - 1))
            part += [UInt32](repeating: SectorMark.free, count: perSector - 1 - part.count)
            difat += part + [index + 1 < difatCount ? difatStart + UInt32(index) + 1 : SectorMark.endOfChain]
        }

        var header = CompoundHeader.magic + [UInt8](repeating: 0, count: 16)
        header += Self.low16([0x3E, shift == 9 ? 3 : 4, 0xFFFE, UInt16(shift), 6, 0, 0, 0])
        header += Self.low32([
            shift == 9 ? 0 : UInt32(directory.count >> shift), UInt32(fatCount), directoryStart, 0, 4096,
            miniFATStart, UInt32(miniFATCount), difatCount > 0 ? difatStart : SectorMark.endOfChain,
            UInt32(difatCount),
        ])
        let first = fatSectors.prefix(109)
        header += Self.low32(first + [UInt32](repeating: SectorMark.free, count: 109 - first.count))
        header += [UInt8](repeating: 0, count: 1 << shift - header.count)

        var file = PiecedSource()
        file.append(header)
        file.append(body, from: 0, count: body.byteCount)
        file.append(bytes(of: fat))
        file.append(bytes(of: difat))
        return file
    }

    /// A table, filled up to whole sectors.
    private func bytes(of table: [UInt32]) -> [UInt8] {
        let perSector = 1 << (shift - 2)
        let missing = (perSector - table.count % perSector) % perSector
        return Self.low32(table + [UInt32](repeating: SectorMark.free, count: missing))
    }

    private static let freeEntry: [UInt8] =
        [UInt8](repeating: 0, count: 68) + [UInt8](repeating: 0xFF, count: 12) + [UInt8](repeating: 0, count: 48)

    private func entry(_ item: Placed, isRoot: Bool) -> [UInt8] {
        let units = Array((isRoot ? "Root Entry" : item.node.name).utf16.prefix(31))
        var bytes = Self.low16(units) + [UInt8](repeating: 0, count: 64 - 2 * units.count)
        bytes += Self.low16([UInt16(2 * units.count + 2)])
        let kind: CompoundEntry.Kind = isRoot ? .root : item.node.content == nil ? .storage : .stream
        bytes += [kind.rawValue, item.isBlack ? 1 : 0]
        bytes += Self.low32([item.left, item.right, item.child]) + item.node.marks
        bytes += Self.low32([
            item.start, UInt32(truncatingIfNeeded: item.size), UInt32(truncatingIfNeeded: item.size >> 32),
        ])
        return bytes
    }

    private static func low16(_ numbers: [UInt16]) -> [UInt8] {
        numbers.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    private static func low32(_ numbers: [UInt32]) -> [UInt8] {
        numbers.flatMap { low16([UInt16(truncatingIfNeeded: $0), UInt16(truncatingIfNeeded: $0 >> 16)]) }
    }
}
