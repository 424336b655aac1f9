import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Foundation
import Testing

@testable import ArchiveSources
@testable import MailFormats

/// Found = stored + already there + rejected, and each message can be listed, whatever the sources do meanwhile.
@Suite("the account of an import")
struct ImportAccountTests {
    private static let separator = "From x@example.org Thu Jan  1 00:00:00 2015\n"

    /// A mail of about `byteCount` bytes; with `From ` lines its bytes depend on the dialect.
    private static func mail(_ subject: String, _ byteCount: Int, fromLines: Bool) -> [UInt8] {
        let line = (fromLines ? ">From here\n" : "") + "0123456789 \(subject) 0123456789 0123456789 0123456789\n"
        let body = String(repeating: line, count: byteCount / line.utf8.count)
        return Array("\(separator)From: x@example.org\nSubject: \(subject)\n\n\(body)\n".utf8)
    }

    private static func subjects(_ storage: MemoryStorage) throws -> [String] {
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
        return archive.catalogue.messages.map { String(decoding: $0.envelope.subject ?? [], as: UTF8.self) }
    }

    /// Imports a file that is cut when so much of it was read.
    private static func take(
        _ path: String,
        into storage: MemoryStorage,
        _ root: RootKeys,
        cutTo length: Int,
        past place: Int
    ) throws -> ImportReport {
        var byteCount: UInt64 = 0
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [path],
            options: ImportOptions(),
            progress: { byteCount = $0.byteCount },
            shouldStop: {
                if byteCount >= UInt64(place) { truncate(path, off_t(length)) }
                return false
            }
        )
        #expect(report.counts.isBalanced)
        #expect(report.rejects.count == Int(report.counts.rejected))
        return report
    }

    @Test("a message that is stored, and that no manifest names, is listed with its header after the next import")
    func withoutEntry() throws {
        let scratch = try Scratch()
        let mail = Array("From: a@example.org\nSubject: found again\n\nx\n".utf8)
        try scratch.write("1.eml", mail)
        try scratch.write("tree/1.eml", mail)
        try scratch.write("tree/2.eml", mail)
        let (storage, root) = try RoundTripTests.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        let id = mail.withUnsafeBytes { root.read.append.contentID(of: $0) }
        try session.add(ObjectKey(id, .content), OwnedBytes([0, 0, 0, 0] + mail))
        try session.finish()
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/1.eml", scratch.path + "/tree"],
            options: ImportOptions()
        )
        #expect(report.counts.stored == 0 && report.counts.alreadyThere == 3)
        #expect(try Self.subjects(storage) == ["found again"])
    }

    @Test("a long message that changed while it was read is listed with its header after the next import")
    func changedWhileRead() throws {
        let scratch = try Scratch()
        let mail = Self.mail("long", 9 << 20, fromLines: false).dropFirst(Self.separator.utf8.count)
        try scratch.write("long.eml", Array(mail))
        try scratch.write("box.mbox", Self.mail("short", 100, fromLines: false))
        let (storage, root) = try RoundTripTests.make()
        let first = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/box.mbox", scratch.path + "/long.eml"],
            options: ImportOptions(),
            shouldStop: {
                let long = Date(timeIntervalSince1970: 1_000_000)
                try? FileManager.default.setAttributes(
                    [.modificationDate: long],
                    ofItemAtPath: scratch.path + "/long.eml"
                )
                return false
            }
        )
        #expect(first.counts.stored == 1 && first.counts.rejected == 1)
        let second = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/long.eml"],
            options: ImportOptions()
        )
        #expect(second.counts.found == 1 && second.counts.rejected == 0)
        #expect(try Self.subjects(storage) == ["short", "long"])
    }

    @Test("folders whose names do not fit into a run record are all told, and the run's own sums are kept")
    func manyFolders() throws {
        let scratch = try Scratch()
        try scratch.write("1.eml", Array("From: x@example.org\n\nx\n".utf8))
        let (storage, root) = try RoundTripTests.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        let source = try ImportSource(scratch.path + "/1.eml")
        let run = ImportRun(source, session, ImportOptions(), lacking: [], progress: { _ in }, shouldStop: { false })
        run.start()
        // More than the 16 MiB that a record can have.
        let names = [[UInt8]](repeating: [UInt8](repeating: 0x61, count: 4096), count: 40)
        for number in 0..<120 {
            run.count(Folder(path: names + [Array("\(number)".utf8)]), bytes: 7) { counts in
                counts.found += 1
                counts.stored += 1
            }
        }
        try run.end(isWhole: true)
        try session.finish()
        #expect(run.run.folders.count == 120)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.findings == [])
        let written = try #require(archive.catalogue.runs.first)
        #expect(written.counts.found == 120 && written.counts.stored == 120 && written.isComplete)
        #expect(written.encoded.count <= 8 << 20 && written.encoded.count > 7 << 20)
        #expect(written.folders.map(\.folder) == run.run.folders.prefix(written.folders.count).map(\.folder))
    }

    @Test("of an mbox that is cut while it is read, what was read until then is stored")
    func cut() throws {
        let scratch = try Scratch()
        var mbox: [UInt8] = []
        for number in 0..<60 { mbox += Self.mail("\(number)", 100_000, fromLines: true) }
        try scratch.write("box.mbox", mbox)
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(scratch.path + "/box.mbox", into: storage, root, cutTo: 100, past: 3_000_000)
        #expect(report.counts.stored >= 29 && report.counts.stored < 60 && report.counts.rejected == 1)
        #expect(try Self.subjects(storage) == (0..<Int(report.counts.stored)).map(String.init))
    }

    @Test("messages of an unquoted mbox that is cut while it is read keep the lines that only look quoted")
    func cutUnquoted() throws {
        let scratch = try Scratch()
        let bare = String(repeating: "text\nFrom here on it is text\n", count: 20)
        let filling = String(repeating: "0123456789 0123456789 0123456789\n", count: 2000)
        func mail(_ number: Int) -> String {
            "From: x@example.org\nSubject: \(number)\n\n\(bare)>From the author\n\(filling)"
        }
        let mbox = (0..<60).map { Self.separator + mail($0) + "\n" }.joined()
        try scratch.write("box.mbox", Array(mbox.utf8))
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(
            scratch.path + "/box.mbox",
            into: storage,
            root,
            cutTo: 2_500_000,
            past: 1 << 20
        )
        #expect(report.counts.stored > 0 && report.counts.rejected > 0)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        let sent = Set((0..<60).map { Array(mail($0).utf8) })
        for message in archive.catalogue.messages {
            var back: [UInt8] = []
            try archive.message(message.content, size: message.size) { back.append(contentsOf: $0) }
            let isSame = sent.contains(back)
            #expect(isSame, "\(message.size) bytes")
        }
    }

    @Test("a long message that cannot be read again is told with its place, and those beside it are stored")
    func cutAtLongMessage() throws {
        let scratch = try Scratch()
        let parts = [Self.mail("a", 1000, fromLines: true), Self.mail("b", 9 << 20, fromLines: true)]
        var mbox = parts[0] + parts[1] + Self.mail("c", 1000, fromLines: true)
        let place = mbox.count
        for number in 0..<12 { mbox += Self.mail("\(number)", 2_000_000, fromLines: false) }
        try scratch.write("box.mbox", mbox)
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(scratch.path + "/box.mbox", into: storage, root, cutTo: 4000, past: place)
        #expect(report.counts.rejected == 2)
        #expect(report.rejects.map(\.reason) == [.unreadable, .unreadable])
        #expect(report.rejects.first?.offset == UInt64(parts[0].count))
        let subjects = try Self.subjects(storage)
        #expect(subjects.contains("a") && subjects.contains("c") && subjects.contains("0"))
        #expect(!subjects.contains("b"))
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        let reject = try #require(archive.catalogue.rejects.first { $0.offset > 0 })
        #expect(reject.ordinal == 1)
    }

    @Test("of messages that are read again, only those are lost that are not there any more")
    func cutBatch() throws {
        let scratch = try Scratch()
        var mbox: [UInt8] = []
        var ends: [Int] = []
        for number in 0..<30 {
            mbox += Self.mail("\(number)", 2_000_000, fromLines: true)
            ends.append(mbox.count)
        }
        for number in 30..<70 { mbox += Self.mail("\(number)", 100_000, fromLines: false) }
        try scratch.write("box.mbox", mbox)
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(scratch.path + "/box.mbox", into: storage, root, cutTo: ends[26], past: ends[29])
        let subjects = try Self.subjects(storage)
        for number in 0..<31 { #expect(subjects.contains("\(number)") == (number < 27 || number > 29)) }
        #expect(report.counts.rejected == 4)
        #expect(report.rejects.prefix(3).map(\.offset) == ends[26..<29].map(UInt64.init))
    }

    @Test("messages wait for the dialect until their leads and trails are 16 MiB")
    func waitingLeads() throws {
        let scratch = try Scratch()
        try scratch.write("box.mbox", [])
        let file = try SourceFile(path: Array((scratch.path + "/box.mbox").utf8))
        let (_, root) = try RoundTripTests.make()
        let item = SourceItem(number: 0, path: [], name: [], content: .opened(file))
        let mbox = MboxImport(item, file, SerialHash(root.read.append))
        let message = MboxMessage(
            lead: 0..<65_536,
            content: 65_536..<70_000,
            trail: 70_000..<70_000,
            separator: 0..<0,
            traits: .holdsFromLines
        )
        var origin = Origin(file: 0, ordinal: 0)
        origin.lead = [UInt8](repeating: 0x20, count: 65_536)
        for number in 0..<256 {
            #expect(!mbox.isFull, "\(number)")
            mbox.wait(PreparePipeline.MboxItem(message: message, origin: origin))
        }
        #expect(mbox.isFull)
        _ = mbox.takeWaiting()
        #expect(!mbox.isFull)
    }
}
