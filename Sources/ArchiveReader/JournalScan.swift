import ArchiveCrypto
import ArchiveFormat
package import ArchiveStorage

/// All valid commit records of the journal files, in order, and the bytes between them (Spec, format.md, section 7.3).
struct JournalScan {
    struct Item {
        var file: UInt32
        var offset: UInt64
        var record: CommitRecord
    }

    struct Region {
        var file: UInt32
        var offset: UInt64
        var length: UInt64
    }

    private(set) var items: [Item] = []
    private(set) var gaps: [Region] = []
    private(set) var lastFile: UInt32 = 0
    private(set) var lastLength: UInt64 = 0
    private let storage: any Storage

    init(_ storage: any Storage, _ archiveID: Bytes32, _ verifier: inout CommitVerifier) throws(ArchiveError) {
        self.storage = storage
        for number in try numberedFiles(storage, "journal", suffix: ".jnl") {
            let file = try storing { () throws(StorageError) in
                try storage.openForReading(ArchiveLayout.journal(number), expecting: .sequential)
            }
            let bytes = JournalScan.tolerantly(file)
            lastFile = number
            lastLength = file.byteCount
            scan(bytes, number, archiveID, &verifier)
            if file.byteCount > UInt64(bytes.count) {
                let start = UInt64(bytes.count)
                gaps.append(Region(file: number, offset: start, length: file.byteCount - start))
            }
        }
    }

    /// All that can be read: a sector that cannot is zeros, and so a gap, not the end of the whole archive.
    private static func tolerantly(_ file: any ReadableFile) -> [UInt8] {
        let count = min(Int(clamping: file.byteCount), Limits.journalFile + Limits.headFile)
        if let all = try? file.read(at: 0, count: count), all.count == count { return all }
        var bytes: [UInt8] = []
        while bytes.count < count {
            let wanted = min(Limits.page, count - bytes.count)
            let page = (try? file.read(at: UInt64(bytes.count), count: wanted)) ?? []
            bytes += page + [UInt8](repeating: 0, count: wanted - page.count)
        }
        return bytes
    }

    private mutating func scan(
        _ bytes: [UInt8],
        _ number: UInt32,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier
    ) {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            var gapStart: Int?
            while offset < raw.count {
                let window = raw.slice(offset, min(Limits.headFile, raw.count - offset))
                if let record = try? CommitRecord(parsingPadded: window, archiveID: archiveID),
                    (try? verifier.verify(record)) != nil
                {
                    if let start = gapStart { gap(number, start, offset) }
                    gapStart = nil
                    items.append(Item(file: number, offset: UInt64(offset), record: record))
                    offset += record.paddedLength
                } else {
                    gapStart = gapStart ?? offset
                    offset += Limits.page
                }
            }
            if let start = gapStart { gap(number, start, raw.count) }
        }
    }

    private mutating func gap(_ file: UInt32, _ start: Int, _ end: Int) {
        gaps.append(Region(file: file, offset: UInt64(start), length: UInt64(end - start)))
    }

    /// Neighbouring regions of one file made one, in order.
    static func joined(_ regions: [Region]) -> [Region] {
        var joined: [Region] = []
        for region in regions.sorted(by: { ($0.file, $0.offset) < ($1.file, $1.offset) }) {
            if let last = joined.last, last.file == region.file, last.offset + last.length == region.offset {
                joined[joined.count - 1].length += region.length
            } else {
                joined.append(region)
            }
        }
        return joined
    }

    func root(of region: Region) -> Bytes32 {
        let bytes =
            (try? storage.openForReading(ArchiveLayout.journal(region.file))
                .read(at: region.offset, count: Int(clamping: region.length))) ?? []
        return bytes.withUnsafeBytes { TreeHasher.root(of: $0) }
    }
}

/// Looks for commit records behind the data of segments: copies S of commits that the journal lost.
enum CommitCarver {
    static func commits(
        _ storage: any Storage,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier
    ) -> [UInt64: CommitRecord] {
        var found: [UInt64: CommitRecord] = [:]
        for number in (try? numberedFiles(storage, "segments", suffix: ".seg")) ?? [] {
            guard let file = try? storage.openForReading(ArchiveLayout.segment(number)) else { continue }
            var offset: UInt64 = 0
            let end = min(file.byteCount, UInt64(Limits.segment + Limits.headFile))
            while offset < end {
                defer { offset += UInt64(Limits.page) }
                guard let head = try? file.read(at: offset, count: RecordHeader.byteCount),
                    let header = head.withUnsafeBytes({ try? RecordHeader(parsing: $0) }),
                    header.recordClass == .commit, header.segment == number, header.offset == offset,
                    let bytes = try? file.read(at: offset, count: Limits.headFile),
                    let record = bytes.withUnsafeBytes({ try? CommitRecord(parsing: $0, archiveID: archiveID) }),
                    (try? verifier.verify(record)) != nil
                else { continue }
                found[record.commit.generation] = record
            }
        }
        return found
    }
}

/// The numbers of the files `DDDDD/NNNNNNNN.suffix` below a directory, ascending.
package func numberedFiles(
    _ storage: any Storage,
    _ directory: ArchivePath,
    suffix: String
) throws(ArchiveError) -> [UInt32] {
    var numbers: [UInt32] = []
    try storing { () throws(StorageError) in
        guard try storage.exists(directory) else { return }
        for fan in try storage.list(directory) where fan.status.kind == .directory && fan.name.utf8.count == 5 {
            guard let path = fan.path(in: directory) else { continue }
            for entry in try storage.list(path) where entry.status.kind == .file && entry.name.hasSuffix(suffix) {
                guard entry.name.utf8.count == 12,
                    entry.name.utf8.prefix(8).allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
                    let number = UInt32(entry.name.prefix(8)), number > 0
                else {
                    continue
                }
                guard UInt32(fan.name) == number / 1000 else { continue }
                numbers.append(number)
            }
        }
    }
    return numbers.sorted()
}
