package import MailFormats

/// The lower layer of a PST or OST file (MS-PST §2.2): nodes, their blocks, and the checksum that each block carries.
///
/// It reads no properties. It tells whether all that belongs to an item is as it was written, which libpff does not: that
/// one reads damaged blocks as if nothing were wrong.
package final class NodeDatabase {
    /// What is wrong, and where.
    package struct Damage: Error, Equatable, Sendable {
        /// What was found, for people.
        package let text: String
        /// Where, in bytes from the start of the file.
        package let offset: UInt64
    }

    /// The widths of the two kinds of file (MS-PST §2.2.2).
    struct Layout {
        var isWide: Bool
        /// The width of an id or offset.
        var word: Int { isWide ? 8 : 4 }
        /// How much of a page its checksum covers; the trailer follows.
        var pageByteCount: Int { isWide ? 496 : 500 }
        var trailer: Int { isWide ? 16 : 12 }
        /// Where the number of entries of a page stands.
        var entryCount: Int { isWide ? 488 : 496 }
        var branch: Int { 3 * word }
        var blockEntry: Int { isWide ? 24 : 12 }
        var nodeEntry: Int { isWide ? 32 : 16 }
        /// Where the entries of a list of subnodes begin.
        var subnodes: Int { isWide ? 8 : 4 }
    }

    struct Block {
        var offset: UInt64
        var byteCount: Int
    }

    struct Page {
        var bytes: [UInt8]
        var level: Int
        var count: Int
        var entrySize: Int
    }

    private static let mostCachedPages = 512
    private static let maximumDepth = 64

    private let source: any ByteSource
    private let layout: Layout
    private let nodeRoot: (id: UInt64, offset: UInt64)
    private let blockRoot: (id: UInt64, offset: UInt64)
    private var pages: [UInt64: Page] = [:]
    /// How many blocks may still be looked at for the item that is checked.
    private var patience: UInt64 = 0

    /// Opens a store; nil for the kinds of file that are not documented (pages of 4 KiB).
    ///
    /// - Throws: `Damage` when the header is not what was written.
    package init?(_ source: any ByteSource) throws(Damage) {
        self.source = source
        var header = [UInt8](repeating: 0, count: 564)
        let count = try NodeDatabase.read(source, 0, &header)
        guard count >= 516 else { throw Damage(text: "the file ends within its header", offset: UInt64(count)) }
        switch header.number(10, 2) {
        case 14, 15: layout = Layout(isWide: false)
        case 23: layout = Layout(isWide: true)
        default: return nil
        }
        guard header.number(4, 4) == UInt64(WeakCRC.of(header[8..<479])) else {
            throw Damage(text: "the checksum of the header is wrong", offset: 0)
        }
        let word = layout.word
        let place = layout.isWide ? 216 : 184
        nodeRoot = (header.number(place, word), header.number(place + word, word))
        blockRoot = (header.number(place + 2 * word, word), header.number(place + 3 * word, word))
    }

    /// Checks every page of the index of nodes; gives the first damage.
    package func checkIndex() -> Damage? {
        patience = source.byteCount / 512 + 16
        do throws(Damage) {
            try walk(nodeRoot.offset, nodeRoot.id, depth: 0)
            return nil
        } catch {
            return error
        }
    }

    private func walk(_ offset: UInt64, _ id: UInt64, depth: Int) throws(Damage) {
        let page = try page(offset, id, type: 0x81)
        guard page.level > 0 else { return }
        guard depth < 16 else { throw Damage(text: "the index is too deep", offset: offset) }
        let word = layout.word
        for index in 0..<page.count {
            try spend(offset)
            let entry = index * page.entrySize
            try walk(page.bytes.number(entry + 2 * word, word), page.bytes.number(entry + word, word), depth: depth + 1)
        }
    }

    /// Checks all blocks of a node and of what lies in it; nil when all are as they were written.
    package func check(node: UInt32) -> Damage? {
        patience = source.byteCount / 64 + 1024
        do throws(Damage) {
            let (data, subnodes) = try find(node: node)
            try check(data: data, depth: 0)
            try check(subnodes: subnodes, depth: 0)
            return nil
        } catch {
            return error
        }
    }

    private func spend(_ offset: UInt64) throws(Damage) {
        guard patience > 0 else { throw Damage(text: "its parts run in a circle", offset: offset) }
        patience -= 1
    }

    private func find(node: UInt32) throws(Damage) -> (data: UInt64, subnodes: UInt64) {
        let word = layout.word
        let (page, entry) = try find(UInt64(node), from: nodeRoot, type: 0x81, mask: UInt64(UInt32.max))
        guard page.entrySize >= layout.nodeEntry else {
            throw Damage(text: "the index is damaged", offset: nodeRoot.offset)
        }
        return (page.bytes.number(entry + word, word), page.bytes.number(entry + 2 * word, word))
    }

    private func find(block id: UInt64) throws(Damage) -> Block {
        let word = layout.word
        // The lowest bit is the store's own business (MS-PST §2.2.2.2).
        let (page, entry) = try find(id & ~1, from: blockRoot, type: 0x80, mask: ~1)
        guard page.entrySize >= layout.blockEntry else {
            throw Damage(text: "the index of blocks is damaged", offset: blockRoot.offset)
        }
        return Block(
            offset: page.bytes.number(entry + word, word),
            byteCount: Int(page.bytes.number(entry + 2 * word, 2))
        )
    }

    /// Goes down a tree to the entry with a key.
    private func find(
        _ key: UInt64,
        from root: (id: UInt64, offset: UInt64),
        type: UInt8,
        mask: UInt64
    ) throws(Damage) -> (Page, Int) {
        var (id, offset) = root
        let word = layout.word
        for _ in 0..<16 {
            let page = try page(offset, id, type: type)
            // The last entry whose key is not beyond.
            var low = 0
            var high = page.count
            while low < high {
                let middle = (low + high) / 2
                if page.bytes.number(middle * page.entrySize, word) & mask <= key {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            guard low > 0 else { break }
            let entry = (low - 1) * page.entrySize
            if page.level == 0 {
                guard page.bytes.number(entry, word) & mask == key else { break }
                return (page, entry)
            }
            id = page.bytes.number(entry + word, word)
            offset = page.bytes.number(entry + 2 * word, word)
        }
        let what = type == 0x81 ? "node" : "block"
        throw Damage(text: "\(what) 0x\(String(key, radix: 16)) is not in the index", offset: offset)
    }

    private func page(_ offset: UInt64, _ id: UInt64, type: UInt8) throws(Damage) -> Page {
        if let page = pages[offset] { return page }
        var bytes = [UInt8](repeating: 0, count: 512)
        guard try NodeDatabase.read(source, offset, &bytes) == 512 else {
            throw Damage(text: "a page of the index lies beyond the end", offset: offset)
        }
        let end = layout.pageByteCount
        let (sum, own) =
            layout.isWide
            ? (bytes.number(end + 4, 4), bytes.number(end + 8, 8))
            : (bytes.number(end + 8, 4), bytes.number(end + 4, 4))
        guard bytes[end] == type, bytes[end + 1] == type, own == id, sum == UInt64(WeakCRC.of(bytes[0..<end])) else {
            throw Damage(text: "the checksum of a page of the index is wrong", offset: offset)
        }
        let place = layout.entryCount
        let page = Page(
            bytes: bytes,
            level: Int(bytes[place + 3]),
            count: Int(bytes[place]),
            entrySize: Int(bytes[place + 2])
        )
        let least = page.level > 0 ? layout.branch : type == 0x81 ? layout.nodeEntry : layout.blockEntry
        guard page.entrySize >= least, page.count * page.entrySize <= place, page.level < 16 else {
            throw Damage(text: "a page of the index contradicts itself", offset: offset)
        }
        if pages.count >= NodeDatabase.mostCachedPages { pages = [:] }
        pages[offset] = page
        return page
    }

    /// A block whose checksum is right.
    private func block(_ id: UInt64) throws(Damage) -> (bytes: [UInt8], offset: UInt64) {
        let block = try find(block: id)
        try spend(block.offset)
        let whole = (block.byteCount + layout.trailer + 63) / 64 * 64
        var bytes = [UInt8](repeating: 0, count: whole)
        guard try NodeDatabase.read(source, block.offset, &bytes) == whole else {
            throw Damage(text: "a block lies beyond the end", offset: block.offset)
        }
        let end = whole - layout.trailer
        let (sum, own) =
            layout.isWide
            ? (bytes.number(end + 4, 4), bytes.number(end + 8, 8))
            : (bytes.number(end + 8, 4), bytes.number(end + 4, 4))
        guard own & ~1 == id & ~1, bytes.number(end, 2) == UInt64(block.byteCount),
            sum == UInt64(WeakCRC.of(bytes[0..<block.byteCount]))
        else { throw Damage(text: "the checksum of a block is wrong", offset: block.offset) }
        return (Array(bytes.prefix(block.byteCount)), block.offset)
    }

    private func check(data id: UInt64, depth: Int) throws(Damage) {
        guard id != 0 else { return }
        let (bytes, offset) = try block(id)
        // The bit tells a block of the tree from one of data.
        guard id & 2 != 0 else { return }
        guard depth < 4, bytes.count >= 8, bytes[0] == 1 else {
            throw Damage(text: "a list of blocks is damaged", offset: offset)
        }
        let count = Int(bytes.number(2, 2))
        guard 8 + count * layout.word <= bytes.count else {
            throw Damage(text: "a list of blocks is too short", offset: offset)
        }
        for index in 0..<count {
            try check(data: bytes.number(8 + index * layout.word, layout.word), depth: depth + 1)
        }
    }

    private func check(subnodes id: UInt64, depth: Int) throws(Damage) {
        guard id != 0 else { return }
        let (bytes, offset) = try block(id)
        guard depth < NodeDatabase.maximumDepth, bytes.count >= layout.subnodes, bytes[0] == 2 else {
            throw Damage(text: "a list of subnodes is damaged", offset: offset)
        }
        let word = layout.word
        let isLeaf = bytes[1] == 0
        let size = isLeaf ? 3 * word : 2 * word
        let count = Int(bytes.number(2, 2))
        guard layout.subnodes + count * size <= bytes.count else {
            throw Damage(text: "a list of subnodes is too short", offset: offset)
        }
        for index in 0..<count {
            let entry = layout.subnodes + index * size
            if isLeaf {
                try check(data: bytes.number(entry + word, word), depth: 0)
                try check(subnodes: bytes.number(entry + 2 * word, word), depth: depth + 1)
            } else {
                try check(subnodes: bytes.number(entry + word, word), depth: depth + 1)
            }
        }
    }

    private static func read(_ source: any ByteSource, _ offset: UInt64, _ bytes: inout [UInt8]) throws(Damage) -> Int {
        do throws(ByteSourceError) {
            return try bytes.withUnsafeMutableBufferPointer { (buffer) throws(ByteSourceError) in
                try source.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw Damage(text: "the file cannot be read", offset: offset)
        }
    }
}

extension [UInt8] {
    /// A little-endian number; the caller has checked that it is there.
    fileprivate func number(_ offset: Int, _ width: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in (0..<width).reversed() { number = number << 8 | UInt64(self[offset + index]) }
        return number
    }
}
