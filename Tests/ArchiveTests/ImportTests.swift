import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveSources
import ArchiveStorage
import ArchiveWriter
import Foundation
import Testing

/// A temporary directory that goes with the value.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("pa-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: url)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpora").path

@Suite("importing")
struct ImportTests {
    /// Every file that the run took must come back with the bytes it has on disk.
    private func checkOriginals(_ archive: Archive, at source: String) throws -> Int {
        var count = 0
        let opened = archive.catalogue.files.filter(\.isOpened).map(\.path)
        // Of a container what is in it was kept, each file as it was.
        for file in archive.catalogue.files where file.isMadeAgain {
            let names = file.path.map { String(decoding: $0, as: UTF8.self) }
            let path = names.isEmpty ? source : source + "/" + names.joined(separator: "/")
            var bytes: [UInt8] = []
            try archive.originalFile(file) { bytes.append(contentsOf: $0) }
            count += 1
            guard let expected = FileManager.default.contents(atPath: path) else {
                let isWithin = opened.contains { file.path.count > $0.count && file.path.starts(with: $0) }
                #expect(isWithin, "\(path)")
                continue
            }
            #expect(Data(bytes) == expected, "\(path)")
        }
        return count
    }

    @Test("an mbox and its EML twins are stored once, and all files come back byte for byte")
    func twins() throws {
        let scratch = try Scratch()
        let one = "From: a@example.org\nSubject: one\n\nFrom here on\n>From quoted\n"
        let two = "From: b@example.org\nSubject: two\n\nsecond\n"
        try scratch.write("tree/a/1.eml", Array(one.utf8))
        try scratch.write("tree/b/2.eml", Array(two.utf8))
        let mbox =
            "From a@example.org Thu Jan  1 00:00:00 2015\nFrom: a@example.org\nSubject: one\n\n"
            + ">From here on\n>>From quoted\n\nFrom b@example.org Thu Jan  1 00:00:00 2015\n" + two + "\n"
        try scratch.write("box.mbox", Array(mbox.utf8))
        let (storage, root) = try RoundTripTests.make()
        let first = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/tree"],
            options: ImportOptions()
        )
        #expect(first.counts.found == 2 && first.counts.stored == 2)
        let second = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/box.mbox"],
            options: ImportOptions()
        )
        #expect(second.counts.found == 2 && second.counts.alreadyThere == 2 && second.counts.stored == 0)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
        #expect(archive.catalogue.messages.count == 2)
        for file in archive.catalogue.files where file.kind == SourceFileKind.mbox.rawValue {
            var bytes: [UInt8] = []
            try archive.originalFile(file) { bytes.append(contentsOf: $0) }
            #expect(bytes == Array(mbox.utf8))
        }
    }

    @Test(
        "each file of the corpora comes back byte for byte, and every check is clean",
        .enabled(if: FileManager.default.fileExists(atPath: corpora)),
        arguments: ["edge", "large"]
    )
    func corpus(folder: String) throws {
        let (storage, root) = try RoundTripTests.make()
        let source = corpora + "/" + folder
        let report = try Importer.run(storage, as: .root(root), sources: [source], options: ImportOptions())
        #expect(report.counts.isBalanced)
        #expect(report.counts.found > 0)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
        let count = try checkOriginals(archive, at: source)
        #expect(count == archive.catalogue.files.filter(\.isMadeAgain).count)
        print(folder, report.counts, count)
        let again = try Importer.run(storage, as: .root(root), sources: [source], options: ImportOptions())
        #expect(again.counts.stored == 0)
    }

    @Test("a writer credential imports, and gives nothing to read")
    func credential() throws {
        let scratch = try Scratch()
        try scratch.write("1.eml", Array("From: a@example.org\n\nx\n".utf8))
        let (storage, root) = try RoundTripTests.make()
        let made = try WriterChange.add(storage, root, label: "scanner")
        let credential = try made.text.withUnsafeBytes { try WriterCredential(text: $0) }
        let report = try Importer.run(
            storage,
            as: .credential(credential),
            sources: [scratch.path + "/1.eml"],
            options: ImportOptions()
        )
        #expect(report.counts.stored == 1)
        let log = try ArchiveLog(opening: storage)
        // With all that the credential holds in place of the read secret, no segment key opens.
        for secret in [credential.keys.psk, credential.keys.contentIDKey, credential.signing.seed] {
            let records = RecordReader(log: log, keys: ReadKeys(readSecret: secret))
            for file in log.state.files where file.kind == .segment {
                #expect(throws: ArchiveError.self) { _ = try records.segmentKey(file.number) }
            }
        }
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.catalogue.messages.count == 1)
        try WriterChange.revoke(storage, root, writerKey: credential.signing.publicKey)
        #expect(throws: ArchiveError.self) {
            _ = try Importer.run(
                storage,
                as: .credential(credential),
                sources: [scratch.path + "/1.eml"],
                options: ImportOptions()
            )
        }
    }

    @Test("a false id planted by a writer credential never keeps the owner's import from storing the mail")
    func poisonedID() throws {
        let scratch = try Scratch()
        let mail = Array("From: a@example.org\n\nthe true mail\n".utf8)
        try scratch.write("1.eml", mail)
        let (storage, root) = try RoundTripTests.make()
        let credential = try WriterChange.add(storage, root, label: "intruder")
        let id = mail.withUnsafeBytes { credential.keys.contentID(of: $0) }
        let session = try WriteSession(opening: storage, as: .credential(credential))
        try session.add(ObjectKey(id, .content), OwnedBytes(Array("\0\0\0\0another text".utf8)))
        try session.finish()
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/1.eml"],
            options: ImportOptions()
        )
        #expect(report.counts.stored == 1)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        var back: [UInt8] = []
        try archive.message(id, size: UInt64(mail.count)) { back.append(contentsOf: $0) }
        #expect(back == mail)
    }

    @Test("a message whose stored copy is damaged is stored again by an import that rechecks, and reads well then")
    func recheck() throws {
        let scratch = try Scratch()
        let mail = Array("From: a@example.org\n\nworth keeping\n".utf8)
        try scratch.write("1.eml", mail)
        let (storage, root) = try RoundTripTests.make()
        func take(_ options: ImportOptions) throws -> ImportReport {
            try Importer.run(storage, as: .root(root), sources: [scratch.path + "/1.eml"], options: options)
        }
        #expect(try take(ImportOptions()).counts.stored == 1)
        let segment = try #require(try ArchiveLog(opening: storage).state.files.last { $0.kind == .segment })
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        let id = try #require(archive.catalogue.messages.first).content
        let place = try #require(archive.places[ObjectKey(id, .content)].first)
        let path = ArchiveLayout.segment(place.segment)
        #expect(place.segment == segment.number)
        let offset = UInt64(place.recordUnit) * 64 + 200
        let byte = try storage.openForReading(path).read(at: offset, count: 1)
        try storage.openForOverwriting(path).write([byte[0] ^ 1], at: offset)
        #expect(try take(ImportOptions()).counts.alreadyThere == 1)
        var options = ImportOptions()
        options.rechecks = true
        #expect(try take(options).counts.stored == 1)
        let mended = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        var back: [UInt8] = []
        try mended.message(id, size: UInt64(mail.count)) { back.append(contentsOf: $0) }
        #expect(back == mail)
    }

    @Test("messages beyond 8 MiB are streamed: base64, plain text and one line, alone and in an mbox, come back")
    func largeMessages() throws {
        let scratch = try Scratch()
        var noise: [UInt8] = []
        var word: UInt64 = 1
        while noise.count < 9 << 20 {
            word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: word) { noise.append(contentsOf: $0) }
        }
        let lines = Data(noise).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        let head = "From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
        let encoded = head + "Content-Transfer-Encoding: base64\n\n" + lines + "\n"
        let one = head + "Content-Transfer-Encoding: base64\n\n" + Data(noise).base64EncodedString()
        let plain = "From: b@example.org\n\n" + String(repeating: "From the plain text\n", count: 500_000)
        try scratch.write("tree/encoded.eml", Array(encoded.utf8))
        try scratch.write("tree/one.eml", Array(one.utf8))
        try scratch.write("tree/plain.eml", Array(plain.utf8))
        let separator = "From x@example.org Thu Jan  1 00:00:00 2015\n"
        let quoted = plain.replacingOccurrences(of: "\nFrom ", with: "\n>From ")
        try scratch.write(
            "tree/box.mbox",
            Array((separator + encoded + "\n" + separator + quoted + "\n").utf8)
        )
        let (storage, root) = try RoundTripTests.make()
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/tree"],
            options: ImportOptions()
        )
        #expect(report.counts.found == 5 && report.counts.rejected == 0)
        #expect(report.counts.alreadyThere == 2)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
        #expect(try checkOriginals(archive, at: scratch.path + "/tree") == 4)
    }

    @Test("six thousand mails with the longest header fields are all listed afterwards")
    func longEnvelopes() throws {
        let scratch = try Scratch()
        var mbox = ""
        for number in 0..<6000 {
            mbox += "From x@example.org Thu Jan  1 00:00:00 2015\n"
            for name in ["From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To"] {
                mbox += "\(name): \(number) \(String(repeating: "x", count: 985))\n"
            }
            mbox += "\nbody \(number)\n\n"
        }
        try scratch.write("long.mbox", Array(mbox.utf8))
        let (storage, root) = try RoundTripTests.make()
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/long.mbox"],
            options: ImportOptions()
        )
        #expect(report.counts.stored == 6000)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.findings == [])
        #expect(archive.catalogue.messages.count == 6000)
    }

    @Test(
        "a stop within a large file leaves that file out; the same import again goes on",
        arguments: [3, 20, 47]
    )
    func stopWithin(calls: Int) throws {
        let scratch = try Scratch()
        var word: UInt64 = 1
        let noise = (0..<1_200_000).flatMap { _ in
            word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return withUnsafeBytes(of: word) { Array($0) }
        }
        let lines = Data(noise).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        let mail =
            "From: a@example.org\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n"
            + "Content-Transfer-Encoding: base64\n\n" + lines + "\n"
        try scratch.write("tree/a.eml", Array("From: a@example.org\n\nsmall\n".utf8))
        try scratch.write("tree/b.eml", Array(mail.utf8))
        try scratch.write("tree/c.bin", [UInt8](repeating: 0, count: 30 << 20))
        let (storage, root) = try RoundTripTests.make()
        var count = 0
        let stopped = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/tree"],
            options: ImportOptions(),
            shouldStop: {
                count += 1
                return count > calls
            }
        )
        #expect(stopped.isInterrupted)
        #expect(stopped.rejects.allSatisfy { $0.reason == .notMail })
        #expect(stopped.counts.isBalanced)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
        #expect(archive.catalogue.files.count == Int(stopped.counts.found))
        #expect(try checkOriginals(archive, at: scratch.path + "/tree") == archive.catalogue.files.count)
        let again = try Importer.run(
            storage,
            as: .root(root),
            sources: [scratch.path + "/tree"],
            options: ImportOptions()
        )
        #expect(!again.isInterrupted && again.counts.found == 3 && again.counts.rejected == 1)
        #expect(again.counts.alreadyThere + again.counts.stored == 2)
        let whole = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(try KeyedVerification.run(whole, threads: 2).findings == [])
    }
}
