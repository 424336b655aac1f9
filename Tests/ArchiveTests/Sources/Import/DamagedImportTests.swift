import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Foundation
import Testing

@testable import ArchiveSources

/// What an import made of one file, as far as two imports can be compared.
struct ImportOutcome {
    var report: ImportReport
    /// Folder, flags and content of each placement, sorted.
    var placed: [String] = []
    /// What was told to be wrong, or left out.
    var told: [String: Int] = [:]
    /// The file as the archive makes it again; nil when only what was in it was kept.
    var original: [UInt8]?
    /// Whether the archive has an entry for the file itself.
    var isListed = false

    /// Imports a file into a new archive.
    ///
    /// - Parameter verifies: Whether every record and message of the archive is checked too.
    init(_ path: String, into empty: MemoryStorage, _ root: RootKeys, verifies: Bool = true) throws {
        let storage = empty.copy()
        report = try Importer.run(storage, as: .root(root), sources: [path], options: ImportOptions())
        for reject in report.rejects { told["\(reject.path) \(reject.reason) \(reject.text)", default: 0] += 1 }
        for note in report.notes.joined() { told[note, default: 0] += 1 }
        for lack in report.shortfalls.joined() { told["\(lack.folder) \(lack.found) of \(lack.expected)"] = 1 }
        let archive = try Archive(log: ArchiveLog(opening: storage), access: .all(root))
        #expect(archive.findings.isEmpty)
        if verifies { #expect(try KeyedVerification.run(archive, threads: 1).findings == []) }
        let catalogue = archive.catalogue
        for message in catalogue.messages {
            for placement in message.placements {
                let folder = catalogue.folders[placement.folder].path.map { String(decoding: $0, as: UTF8.self) }
                placed.append("\(folder) \(placement.flags) \(message.content) \(placement.record.count)")
            }
        }
        placed.sort()
        guard let entry = catalogue.files.first(where: { $0.path.isEmpty }) else { return }
        isListed = true
        guard !entry.isOpened, !entry.isUnfinished else { return }
        var bytes: [UInt8] = []
        try archive.originalFile(entry) { bytes.append(contentsOf: $0) }
        original = bytes
    }

    /// Whether something is told that the whole file does not tell.
    func tellsMore(than whole: ImportOutcome) -> Bool {
        told.contains { $0.value > whole.told[$0.key] ?? 0 }
    }
}

/// What the bytes of a kind of source can show of a damage.
enum Evidence {
    /// Each byte has a checksum over it.
    case checksums
    /// A length shows that something is missing, and a changed byte need not show.
    case lengths
    /// None: a part of a mail is a mail.
    case none
}

@Suite("Damaged sources, through the whole import", .enabled(if: FileManager.default.fileExists(atPath: corpora)))
struct DamagedImportTests {
    private static let isFull = ProcessInfo.processInfo.environment["FULL"] == "1"

    /// All files with a suffix, sorted.
    private static func files(_ below: String, _ suffixes: [String]) -> [String] {
        let walker = FileManager.default.enumerator(atPath: corpora + "/" + below)
        let names = (walker?.compactMap { $0 as? String } ?? []).filter { name in
            suffixes.contains { name.lowercased().hasSuffix($0) }
        }
        return names.sorted().map { below + "/" + $0 }
    }

    /// Every nth, so that so many are left.
    private static func sample(_ files: [String], full: Int, short: Int) -> [String] {
        let wanted = isFull ? full : short
        guard files.count > wanted else { return files }
        return (0..<wanted).map { files[$0 * files.count / wanted] }
    }

    static let stores =
        isFull ? PstCorpus.files.map(\.path) : PstCorpus.files.map(\.path).filter { $0.hasSuffix("sample2.pst") }
    static let items = sample(files("pst", [".msg"]), full: .max, short: 3)
    static let appleMails = sample(files("pst", [".emlx"]), full: .max, short: 2)
    static let mails = sample(files("edge", [".eml"]), full: 60, short: 3)
    static let boxes: [String] = {
        let table = (try? String(contentsOfFile: corpora + "/MBOX-COUNTS.tsv", encoding: .utf8)) ?? ""
        let paths = table.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }
        return sample(paths.filter { FileManager.default.fileExists(atPath: corpora + "/" + $0) }, full: .max, short: 2)
    }()
    static let containers =
        isFull
        ? files("edge", [".zip", ".gz", ".tgz", ".bz2", ".xz", ".lz"]) + files("pst", [".olm", ".zip"])
        : ["edge/perceval/groupsio/messages.zip"]

    /// Imports a file whole, then damaged in many ways.
    private func damage(_ path: String, _ evidence: Evidence) throws {
        let place = path.hasPrefix("/") ? path : corpora + "/" + path
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place)))
        guard !bytes.isEmpty else { return }
        let (empty, root) = try RoundTripTests.make()
        let scratch = try Scratch()
        let name = place.split(separator: "/").last.map(String.init) ?? ""
        try scratch.write(name, bytes)
        let whole = try ImportOutcome(scratch.path + "/" + name, into: empty, root)

        var count = 0
        func check(_ damaged: [UInt8], isCut: Bool, _ what: @autoclosure () -> String) throws {
            count += 1
            try scratch.write(name, damaged)
            let began = ContinuousClock.now
            let outcome: ImportOutcome
            do {
                outcome = try ImportOutcome(scratch.path + "/" + name, into: empty, root, verifies: count % 8 == 1)
            } catch {
                Issue.record("\(path), \(what()): \(error)")
                return
            }
            #expect(ContinuousClock.now - began < .seconds(30), "\(path), \(what())")
            let counts = outcome.report.counts
            #expect(
                counts.isBalanced && counts.found > 0 || counts.found == whole.report.counts.found,
                "\(path), \(what())"
            )
            #expect(Int(counts.rejected) == outcome.report.rejects.count, "\(path), \(what())")
            let isToldOf = outcome.tellsMore(than: whole)
            // Nothing of the file is lost, or that is told.
            if let original = outcome.original {
                let isSame = original == damaged
                #expect(isSame, "\(path), \(what()): \(original.count) bytes")
            } else {
                #expect(outcome.isListed || isToldOf, "\(path), \(what()): the file has no entry")
            }
            guard !isToldOf else { return }
            switch evidence {
            case .checksums:
                let isSame = outcome.placed == whole.placed
                #expect(isSame, "\(path), \(what()): a wrong success")
            case .lengths where isCut:
                let isSame = outcome.placed == whole.placed
                #expect(isSame, "\(path), \(what()): a wrong success")
            case .lengths: #expect(counts.found == whole.report.counts.found, "\(path), \(what())")
            case .none: break
            }
        }

        // Of a long file less: the time for it goes into what is in it.
        let isLong = bytes.count > 1 << 20
        let cuts = Self.isFull ? 20 : 3
        for cut in 0..<cuts {
            let length = bytes.count * cut / cuts
            try check(Array(bytes[..<length]), isCut: true, "cut at \(length)")
        }
        var random = SplitMix(state: UInt64(bytes.count))
        for round in 0..<(Self.isFull ? (isLong ? 40 : 200) : 5) {
            var damaged = bytes
            // Where the structure is, half of the time.
            let room = round % 2 == 0 ? bytes.count : min(bytes.count, 4096)
            let place = Int(random.next() % UInt64(room))
            let change = UInt8(truncatingIfNeeded: random.next() % 255) + 1
            damaged[place] ^= change
            try check(damaged, isCut: false, "byte \(place) changed by \(change)")
        }
    }

    @Test("a damaged store of Outlook is told, or all is as it was", .enabled(if: PstCorpus.canRead), arguments: stores)
    func store(_ path: String) throws { try damage(path, .checksums) }

    @Test("a damaged MSG is kept as it is, and what its message lacks is told", arguments: items)
    func item(_ path: String) throws { try damage(path, .lengths) }

    @Test("a damaged EMLX is kept to the byte, and what is missing is told", arguments: appleMails)
    func appleMail(_ path: String) throws { try damage(path, .lengths) }

    @Test("a damaged mail is kept to the byte", arguments: mails)
    func mail(_ path: String) throws { try damage(path, .none) }

    @Test("a damaged MBOX is kept to the byte", arguments: boxes)
    func box(_ path: String) throws { try damage(path, .none) }

    @Test("a damaged container is told, or all is as it was", arguments: containers)
    func container(_ path: String) throws { try damage(path, .checksums) }
}
