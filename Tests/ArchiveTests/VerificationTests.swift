import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveSources
import ArchiveStorage
import ArchiveWriter
import Foundation
import Synchronization
import Testing

@Suite("verifying with the key")
struct VerificationTests {
    private static let secret = UnlockSecret.passphrase(Passphrase("open sesame"))

    /// Bytes that do not compress, different for each seed.
    private static func noise(_ count: Int, seed: UInt64) -> Data {
        var bytes: [UInt8] = []
        var word = seed
        while bytes.count < count {
            word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
        }
        return Data(bytes)
    }

    private static func mail(_ number: Int, _ attachment: Data) -> String {
        "From: a@example.org\nSubject: \(number)\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
            + "Content-Transfer-Encoding: base64\n\n"
            + attachment.base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]) + "\n"
    }

    private static func importing(_ source: String, _ storage: any Storage, _ root: RootKeys) throws {
        let report = try Importer.run(storage, as: .root(root), sources: [source], options: ImportOptions())
        #expect(report.counts.rejected == 0 && report.counts.found > 0)
    }

    /// An archive of three sessions, so of three segments with mail.
    private static func threeSegments() throws -> MemoryStorage {
        let scratch = try Scratch()
        let (storage, root) = try RoundTripTests.make()
        for number in 1...3 {
            try scratch.write("\(number).eml", Array("From: a@example.org\n\nmail \(number)\n".utf8))
            try importing("\(scratch.path)/\(number).eml", storage, root)
        }
        return storage
    }

    private static func flip(_ storage: any Storage, _ segment: UInt32, at offset: UInt64) throws {
        let path = ArchiveLayout.segment(segment)
        let byte = try storage.openForReading(path).read(at: offset, count: 1)[0]
        try storage.openForOverwriting(path).write([byte ^ 1], at: offset)
    }

    @Test("a bad copy is reported though another copy of the message is good, which then is read")
    func badCopy() throws {
        let scratch = try Scratch()
        let mail = Array("From: a@example.org\n\nthe true mail\n".utf8)
        try scratch.write("1.eml", mail)
        let (storage, root) = try RoundTripTests.make()
        let credential = try WriterChange.add(storage, root, label: "intruder")
        let id = mail.withUnsafeBytes { credential.keys.contentID(of: $0) }
        let session = try WriteSession(opening: storage, as: .credential(credential))
        try session.add(ObjectKey(id, .content), OwnedBytes(Array("\0\0\0\0another text".utf8)))
        try session.finish()
        try Self.importing(scratch.path + "/1.eml", storage, root)
        let archive = try Archive(opening: storage, with: Self.secret)
        let report = try KeyedVerification.run(archive, threads: 2)
        #expect(!report.findings.isEmpty && report.messageCount == 1)
        #expect(report.findings.allSatisfy { $0.code == .recipe && $0.place.contains(id.hex) })
        var back: [UInt8] = []
        try archive.message(id, size: UInt64(mail.count)) { back.append(contentsOf: $0) }
        #expect(back == mail)
    }

    @Test(
        "messages whose parts lie in other records come out, however few records are at hand",
        arguments: [0, 64 << 20]
    )
    func apart(atHand: Int) throws {
        let scratch = try Scratch()
        let (storage, root) = try RoundTripTests.make()
        // Eight records of parts; then the same parts in other messages, and all of them in an mbox, backwards.
        let attachments = (0..<100).map { Self.noise(300_000, seed: UInt64($0) + 1) }
        for (number, attachment) in attachments.enumerated() {
            try scratch.write("one/\(number).eml", Array(Self.mail(number, attachment).utf8))
            try scratch.write("two/\(number).eml", Array(Self.mail(1000 + number, attachments[99 - number]).utf8))
        }
        try Self.importing(scratch.path + "/one", storage, root)
        try Self.importing(scratch.path + "/two", storage, root)
        var mbox = ""
        for (number, attachment) in attachments.enumerated().reversed() {
            mbox += "From a@example.org Thu Jan  1 00:00:00 2015\n" + Self.mail(number, attachment) + "\n"
        }
        try scratch.write("all.mbox", Array(mbox.utf8))
        try Self.importing(scratch.path + "/all.mbox", storage, root)
        let archive = try Archive(opening: storage, with: Self.secret)
        let progress = Mutex<(done: UInt64, total: UInt64)>((0, 0))
        let report = try KeyedVerification.run(archive, threads: 2, atHand: atHand) { done, total in
            progress.withLock { $0 = (max($0.done, done), total) }
        }
        #expect(report.findings == [])
        #expect(report.messageCount == 200)
        #expect(report.checkedSegmentCount == report.segmentCount)
        // Segments, and the mbox that is made again.
        #expect(progress.withLock { $0.done == $0.total && $0.done > UInt64(mbox.utf8.count) })
    }

    @Test("an imported file that does not come out as it was is damage, though all its messages are good")
    func falseProof() throws {
        let (storage, root) = try RoundTripTests.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        let text = Array("From: a@example.org\n\nHello\n".utf8)
        let id = text.withUnsafeBytes { root.read.append.contentID(of: $0) }
        let run = [UInt8](repeating: 7, count: 16)
        try session.add(ObjectKey(id, .content), OwnedBytes([0, 0, 0, 0] + text))
        var placement = Placement(run: 0, folder: 0)
        placement.origin = Origin(file: 0, ordinal: 0)
        session.manifest.add(
            content: id,
            size: UInt64(text.count),
            envelope: MailEnvelope(),
            run: run,
            folder: Folder(path: [Array("Inbox".utf8)]),
            placement: placement
        )
        let file = SourceFileEntry(
            run: 0,
            number: 0,
            path: [Array("box.mbox".utf8)],
            size: UInt64(text.count),
            hash: Blake2b.hash(text),
            kind: SourceFileKind.mbox.rawValue,
            pieceCount: 1
        )
        session.manifest.add(file: file, run: run)
        try session.finish()
        let archive = try Archive(opening: storage, with: Self.secret)
        let report = try KeyedVerification.run(archive, threads: 2)
        #expect(report.findings.map(\.code) == [.original])
    }

    @Test(
        "a part of the segments is verified: damage there is told, damage elsewhere is not",
        arguments: [true, false]
    )
    func part(isKeyed: Bool) throws {
        let storage = try Self.threeSegments()
        let segments = try ArchiveLog(opening: storage).state.files.filter { $0.kind == .segment && $0.length > 0 }
        let (first, bad) = (segments[0].number, segments[2].number)
        try Self.flip(storage, bad, at: 400)
        func verify(_ chosen: Set<UInt32>) throws -> (report: VerificationReport, good: Set<UInt32>) {
            let good = Mutex<Set<UInt32>>([])
            let scope = VerificationScope(
                isWhole: false,
                includes: { chosen.contains($0.number) },
                isGood: { file in good.withLock { _ = $0.insert(file.number) } }
            )
            let report =
                isKeyed
                ? try KeyedVerification.run(try Archive(opening: storage, with: Self.secret), threads: 2, scope: scope)
                : try KeylessVerification.run(
                    try ArchiveLog(opening: storage),
                    level: .keyless,
                    threads: 2,
                    scope: scope,
                    progress: { _, _ in }
                )
            return (report, good.withLock { $0 })
        }
        let (clean, good) = try verify([first])
        #expect(clean.findings == [] && good == [first])
        #expect(clean.checkedSegmentCount == 1 && clean.segmentCount == segments.count)
        let (damaged, others) = try verify([first, bad])
        #expect(damaged.isDamaged && others == [first])
    }

    @Test("a verification that is stopped says nothing of what it did not read to the end", arguments: [true, false])
    func stopped(isKeyed: Bool) throws {
        let storage = try Self.threeSegments()
        let scope = VerificationScope(isGood: { _ in Issue.record("none was read") }, shouldStop: { true })
        let report =
            isKeyed
            ? try KeyedVerification.run(try Archive(opening: storage, with: Self.secret), threads: 2, scope: scope)
            : try KeylessVerification.run(
                try ArchiveLog(opening: storage),
                level: .keyless,
                threads: 2,
                scope: scope,
                progress: { _, _ in }
            )
        #expect(report.isStopped && report.findings == [] && report.checkedSegmentCount == 0)
    }
}

@Suite("what was verified earlier")
struct VerificationLedgerTests {
    private static func segment(_ number: UInt32, _ length: UInt64, root: UInt64 = 1) throws -> LiveFile {
        let (storage, _) = try RoundTripTests.make()
        let first = try ArchiveLog(opening: storage).state.files.first { $0.kind == .segment }
        var file = try #require(first)
        (file.number, file.length, file.root) = (number, length, Bytes32(words: root, 0, 0, 0))
        return file
    }

    @Test("a sample takes the segments first that were never verified, then the oldest, until it is large enough")
    func sample() throws {
        let files = try (1...5).map { try Self.segment($0, 100) }
        var ledger = VerificationLedger(archiveID: .zero)
        func chosen(_ extent: VerificationPlan.Extent, _ level: VerificationLedger.Level = .keyless) -> Set<UInt32> {
            VerificationPlan(files, ledger, level, extent, now: 1000).chosen
        }
        #expect(chosen(.percent(40)) == [1, 2])
        #expect(chosen(.bytes(1)) == [1])
        ledger.note(files[0], .full, at: 50)
        ledger.note(files[1], .keyless, at: 40)
        ledger.note(files[2], .keyless, at: 60)
        #expect(chosen(.bytes(250)) == [4, 5, 2])
        #expect(chosen(.bytes(301)) == [4, 5, 2, 1])
        // What was only hashed was never verified in full.
        #expect(chosen(.bytes(400), .full) == [2, 3, 4, 5])
        // A segment of another root is another segment.
        let changed = try [Self.segment(1, 100, root: 2)] + files[1...]
        #expect(VerificationPlan(changed, ledger, .keyless, .bytes(201), now: 1000).chosen == [1, 4, 5])
        let all = VerificationPlan(files, ledger, .keyless, .percent(100), now: 1000)
        #expect(all.isWhole && all.chosen.count == 5)
    }

    @Test("the rest is what was not verified since the verification that was stopped began")
    func rest() throws {
        let files = try (1...4).map { try Self.segment($0, 100) }
        var ledger = VerificationLedger(archiveID: .zero)
        for file in files { ledger.note(file, .keyless, at: 10) }
        #expect(VerificationPlan(files, ledger, .keyless, .rest, now: 1000).chosen == [1, 2, 3, 4])
        ledger.setRound(.keyless, 20)
        ledger.note(files[0], .keyless, at: 21)
        ledger.note(files[2], .full, at: 22)
        let plan = VerificationPlan(files, ledger, .keyless, .rest, now: 1000)
        #expect(plan.chosen == [2, 4] && plan.earlier == 2 && plan.isWhole && plan.start == 20)
        #expect(VerificationPlan(files, ledger, .full, .rest, now: 1000).chosen.count == 4)
    }

    @Test("a ledger is read as it was written; another archive's, a cut or changed one is none")
    func bytes() throws {
        let id = Bytes32(words: 9, 8, 7, 6)
        var ledger = VerificationLedger(archiveID: id)
        for number in [3, 1, 70_000] as [UInt32] {
            ledger.note(try Self.segment(number, 100), .full, at: 1_800_000_000)
            ledger.note(try Self.segment(number, 100), .keyless, at: 1_900_000_000)
        }
        ledger.setRound(.full, 1_700_000_000)
        let bytes = ledger.encoded
        #expect(VerificationLedger(bytes, archiveID: id) == ledger)
        #expect(VerificationLedger(bytes, archiveID: .zero) == nil)
        for count in bytes.indices { #expect(VerificationLedger(Array(bytes[..<count]), archiveID: id) == nil) }
        #expect(VerificationLedger(bytes + [0], archiveID: id) == nil)
    }
}
