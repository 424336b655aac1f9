import ArchiveStorage
import CZlib

/// One entry, as the directory of a zip tells it (APPNOTE.TXT §4.3.12).
struct ZipEntry {
    /// Its number, from 1.
    var ordinal: UInt64
    var name: [UInt8]
    /// The name as it also stands before the entry.
    var storedName: [UInt8]
    var flags: UInt16
    var method: UInt16
    var checksum: UInt32
    var packedByteCount: UInt64
    var byteCount: UInt64
    /// Where its local header begins in the file.
    var offset: UInt64
    /// The type in the mode of Unix (0o170000), 0 where the packer gave none.
    var fileType: UInt32

    var isEncrypted: Bool { flags & 1 != 0 || method == 99 }
}

/// The directory at the end of a zip, read in pieces, so that it may be of any length.
///
/// libarchive reads it too, but gives up at the first damaged entry, cannot go back to one, and loses names that are not in
/// the character set of the process.
final class ZipDirectory {
    private static let window = 1 << 18

    let file: any RandomAccessBytes
    /// How many entries it says it has.
    private(set) var count: UInt64 = 0
    /// What stands before the zip, such as a program that unpacks it.
    private(set) var base: UInt64 = 0
    private(set) var range: Range<UInt64> = 0..<0
    private var position: UInt64 = 0
    private var ordinal: UInt64 = 0
    private var bytes: [UInt8] = []
    private var bytesOffset: UInt64 = 0
    /// Whether it names a list that describes other entries, and whether all such have been given.
    private var hasLists = false
    private var isPastLists = false

    /// Finds the directory and checks that all of it can be read.
    init(_ file: any RandomAccessBytes) throws(ContainerFault) {
        self.file = file
        try locate()
        rewind()
        while let entry = try next() {
            if Self.isList(entry) { hasLists = true }
        }
        rewind()
    }

    private static func isList(_ entry: ZipEntry) -> Bool {
        // The name as far as it matters: a backslash may stand where a slash should.
        let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        let name = entry.name[(entry.name.lastIndex { separators.contains($0) }.map { $0 + 1 } ?? 0)...]
        return ExpectedItems.isList(named: name)
    }

    /// The next entry, in an order in which lists come before the mail they describe; nil at the end.
    func nextListsFirst() throws(ContainerFault) -> ZipEntry? {
        while true {
            if let entry = try next() {
                if !hasLists || Self.isList(entry) != isPastLists { return entry }
            } else if hasLists, !isPastLists {
                isPastLists = true
                rewind()
            } else {
                return nil
            }
        }
    }

    func rewind() {
        position = range.lowerBound
        ordinal = 0
    }

    /// The next entry; nil at the end.
    func next() throws(ContainerFault) -> ZipEntry? {
        guard position < range.upperBound else {
            guard ordinal == count else {
                throw ContainerFault("its directory has \(ordinal) entries and says \(count)", at: position)
            }
            return nil
        }
        let entry = try read(at: position)
        ordinal += 1
        position += entry.length
        var result = entry.entry
        result.ordinal = ordinal
        return result
    }

    /// The place of the entry that `next` gives next.
    var mark: UInt64 { position }

    /// The entry at a place that `mark` told.
    func entry(at mark: UInt64) throws(ContainerFault) -> ZipEntry { try read(at: mark).entry }

    private func read(at offset: UInt64) throws(ContainerFault) -> (entry: ZipEntry, length: UInt64) {
        let fixed = 46
        try load(offset, fixed)
        let start = Int(offset - bytesOffset)
        let head = bytes[start..<start + fixed]
        guard head.starts(with: [0x50, 0x4B, 1, 2]) else {
            throw ContainerFault("its directory is damaged", at: offset)
        }
        func u16(_ at: Int) -> Int { Int(head[start + at]) | Int(head[start + at + 1]) << 8 }
        func u32(_ at: Int) -> UInt32 { UInt32(u16(at)) | UInt32(u16(at + 2)) << 16 }
        let nameLength = u16(28)
        let extraLength = u16(30)
        let length = fixed + nameLength + extraLength + u16(32)
        var entry = ZipEntry(
            ordinal: 0,
            name: [],
            storedName: [],
            flags: UInt16(u16(8)),
            method: UInt16(u16(10)),
            checksum: u32(16),
            packedByteCount: UInt64(u32(20)),
            byteCount: UInt64(u32(24)),
            offset: UInt64(u32(42)),
            // Made on Unix (3) or macOS (19).
            fileType: u16(4) >> 8 == 3 || u16(4) >> 8 == 19 ? u32(38) >> 16 & 0o170000 : 0
        )
        try load(offset, length)
        let variable = Int(offset - bytesOffset) + fixed
        entry.name = Array(bytes[variable..<variable + nameLength])
        entry.storedName = entry.name
        try addExtra(bytes[variable + nameLength..<variable + nameLength + extraLength], to: &entry, at: offset)
        guard entry.offset <= range.lowerBound, base <= range.lowerBound - entry.offset,
            entry.packedByteCount <= range.lowerBound - entry.offset - base
        else { throw ContainerFault("its directory is damaged: an entry lies outside", at: offset) }
        entry.offset += base
        return (entry, UInt64(length))
    }

    /// Sizes beyond 4 GiB (APPNOTE §4.5.3), and the name in UTF-8 where the other one is not (§4.6.9).
    private func addExtra(_ extra: ArraySlice<UInt8>, to entry: inout ZipEntry, at offset: UInt64)
        throws(ContainerFault)
    {
        var rest = extra
        while rest.count >= 4 {
            let start = rest.startIndex
            let id = Int(rest[start]) | Int(rest[start + 1]) << 8
            let length = Int(rest[start + 2]) | Int(rest[start + 3]) << 8
            rest = rest.dropFirst(4)
            // Some packers leave a field that is longer than it may be; what stands before it counts.
            guard length <= rest.count else { return }
            var field = rest.prefix(length)
            rest = rest.dropFirst(length)
            if id == 1 {
                func take(_ value: inout UInt64) throws(ContainerFault) {
                    guard value == 0xFFFF_FFFF else { return }
                    guard field.count >= 8 else { throw ContainerFault("its directory is damaged", at: offset) }
                    value = field.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
                    field = field.dropFirst(8)
                }
                try take(&entry.byteCount)
                try take(&entry.packedByteCount)
                try take(&entry.offset)
            } else if id == 0x7075, length > 5, field.first == 1 {
                let wanted = field.dropFirst().prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                let actual = entry.name.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
                if UInt32(truncatingIfNeeded: actual) == wanted { entry.name = Array(field.dropFirst(5)) }
            }
        }
    }

    /// Sees to it that `bytes` holds a part of the directory.
    private func load(_ offset: UInt64, _ length: Int) throws(ContainerFault) {
        guard UInt64(length) <= range.upperBound - offset else {
            throw ContainerFault("its directory is damaged", at: offset)
        }
        if offset >= bytesOffset, offset + UInt64(length) <= bytesOffset + UInt64(bytes.count) { return }
        let wanted = max(length, Int(min(UInt64(Self.window), range.upperBound - offset)))
        bytes = try Self.bytes(of: file, at: offset, count: wanted)
        bytesOffset = offset
        guard bytes.count == wanted else { throw ContainerFault("it became shorter", at: offset) }
    }

    private static func bytes(
        of file: any RandomAccessBytes,
        at offset: UInt64,
        count: Int
    ) throws(ContainerFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBufferPointer { (b) throws(ContainerFault) in
            try ArchiveSources.read(file, at: offset, into: UnsafeMutableRawBufferPointer(b))
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// Reads the end record (APPNOTE §4.3.14 to §4.3.16).
    private func locate() throws(ContainerFault) {
        let size = file.byteCount
        let tailLength = Int(min(size, 22 + 65_535))
        let tail = try Self.bytes(of: file, at: size - UInt64(tailLength), count: tailLength)
        let start = size - UInt64(tailLength)
        var index = tail.count - 22
        while index >= 0 {
            if tail[index] == 0x50, tail[index...].starts(with: [0x50, 0x4B, 5, 6]),
                try accept(tail, index, start + UInt64(index))
            {
                return
            }
            index -= 1
        }
        throw ContainerFault("it has no directory: its end is missing or damaged", at: size)
    }

    private func accept(_ tail: [UInt8], _ index: Int, _ offset: UInt64) throws(ContainerFault) -> Bool {
        func number(_ bytes: [UInt8], _ at: Int, _ length: Int) -> UInt64 {
            bytes[at..<at + length].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard index + 22 + Int(number(tail, index + 20, 2)) <= tail.count else { return false }
        var end = offset
        var total = number(tail, index + 10, 2)
        var length = number(tail, index + 12, 4)
        var first = number(tail, index + 16, 4)
        var disk = number(tail, index + 4, 2)
        if offset >= 20 {
            let locator = try Self.bytes(of: file, at: offset - 20, count: 20)
            if locator.count == 20, locator.starts(with: [0x50, 0x4B, 6, 7]) {
                // What stands before the zip is not in the offset, so the record is also looked for where it must be.
                for place in [number(locator, 8, 8), offset >= 76 ? offset - 76 : 0] where place < offset {
                    let record = try Self.bytes(of: file, at: place, count: 56)
                    guard record.count == 56, record.starts(with: [0x50, 0x4B, 6, 6]) else { continue }
                    disk = number(record, 16, 4)
                    total = number(record, 32, 8)
                    length = number(record, 40, 8)
                    first = number(record, 48, 8)
                    end = place
                    break
                }
            }
        }
        guard length <= end, first <= end - length else { return false }
        guard disk == 0 else {
            throw ContainerFault("it is one part of a zip in several files; join them first", at: offset)
        }
        count = total
        base = end - length - first
        range = end - length..<end
        return true
    }
}
