import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Dispatch
import Synchronization

/// All valid commit records of the journal files, in order, and the bytes between them (Spec, format.md, section 7.3).
struct JournalScan {
    struct Item {
        var file: UInt32
        var offset: UInt64
        var record: CommitRecord

        /// Whether a later writer put it back: it stands in a later file than it names (section 7.9).
        var isPutBack: Bool { record.commit.journalFile < file }
    }

    struct Region {
        var file: UInt32
        var offset: UInt64
        var length: UInt64
    }

    private(set) var items: [Item] = []
    /// Where the records of each generation stand in `items`; also those that were put back.
    private(set) var generations: [UInt64: [Int]] = [:]
    private(set) var gaps: [Region] = []
    private(set) var lastFile: UInt32 = 0
    private(set) var lastLength: UInt64 = 0
    private(set) var isLastReadable = true
    /// What could not be read.
    private(set) var findings: [Finding] = []
    private let storage: any Storage

    /// Reads all files, or those from a number on.
    init(
        _ storage: any Storage,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier,
        from first: UInt32 = 1
    ) {
        self.storage = storage
        for number in numberedFiles(storage, "journal", suffix: ".jnl", &findings) where number >= first {
            let path = ArchiveLayout.journal(number)
            lastFile = number
            do throws(StorageError) {
                let file = try storage.openForReading(path, expecting: .sequential)
                let bytes = JournalScan.tolerantly(file)
                lastLength = file.byteCount
                isLastReadable = true
                scan(bytes, number, archiveID, &verifier)
                if file.byteCount > UInt64(bytes.count) {
                    let start = UInt64(bytes.count)
                    gaps.append(Region(file: number, offset: start, length: file.byteCount - start))
                }
            } catch {
                lastLength = 1
                isLastReadable = false
                findings.append(Finding(.inputOutput, path.description, error.message))
            }
        }
        for (index, item) in items.enumerated() {
            generations[item.record.commit.generation, default: []].append(index)
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
            // Signatures are checked on both cores, once it is known where records begin if all of them are good.
            var wellFormed: [(offset: Int, record: CommitRecord)] = []
            var offset = 0
            while offset < raw.count {
                if let record = JournalScan.record(raw, offset, archiveID, &verifier) {
                    wellFormed.append((offset, record))
                    offset += record.paddedLength
                } else {
                    offset += Limits.page
                }
            }
            let good = verifier.signaturesHold(of: wellFormed.map(\.record))
            if good.allSatisfy({ $0 }) {
                var end = 0
                for (offset, record) in wellFormed {
                    add(record, number, offset, after: &end)
                }
                if end < raw.count { gap(number, end, raw.count) }
            } else {
                scanSerially(raw, number, archiveID, &verifier)
            }
        }
    }

    private static func record(
        _ raw: UnsafeRawBufferPointer,
        _ offset: Int,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier
    ) -> CommitRecord? {
        let window = raw.slice(offset, min(Limits.headFile, raw.count - offset))
        guard window.count >= RecordHeader.byteCount, window.hasPrefix(RecordHeader.magic),
            let record = try? CommitRecord(parsingPadded: window, archiveID: archiveID),
            (try? verifier.verifyCertificates(of: record)) != nil
        else { return nil }
        return record
    }

    private mutating func scanSerially(
        _ raw: UnsafeRawBufferPointer,
        _ number: UInt32,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier
    ) {
        var offset = 0
        var end = 0
        while offset < raw.count {
            if let record = JournalScan.record(raw, offset, archiveID, &verifier),
                verifier.signaturesHold(of: [record]) == [true]
            {
                add(record, number, offset, after: &end)
                offset = end
            } else {
                offset += Limits.page
            }
        }
        if end < raw.count { gap(number, end, raw.count) }
    }

    private mutating func add(_ record: CommitRecord, _ number: UInt32, _ offset: Int, after end: inout Int) {
        if end < offset { gap(number, end, offset) }
        items.append(Item(file: number, offset: UInt64(offset), record: record))
        end = offset + record.paddedLength
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

    /// The longest debris that is read for its root.
    private static let mostDebris: UInt64 = 1 << 30

    /// The root of a region; `nil` where not all of it can be read, since nobody may sign what was not read.
    func root(of region: Region) -> Bytes32? {
        guard region.length <= JournalScan.mostDebris,
            let file = try? storage.openForReading(ArchiveLayout.journal(region.file))
        else { return nil }
        return TreeHasher.root(of: file, from: region.offset, count: region.length)
    }
}
