import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveTestSupport
import ArchiveWriter
import Foundation
import Testing

@testable import ArchiveSources

@Suite("Going on with an import that was broken off")
struct ResumeTests {
    static func mail(_ number: Int, _ text: String = "text") -> [UInt8] {
        Array("From: ada@example.org\nSubject: \(number)\n\n\(text) \(number)\n".utf8)
    }

    private static func mbox(_ numbers: Range<Int>) -> [UInt8] {
        numbers.flatMap { Array("From ada@example.org Fri Nov 21 09:55:06 1997\n".utf8) + mail($0) + [0x0A] }
    }

    /// Files that were changed an hour ago.
    private static func age(_ directory: String, _ name: String) throws {
        let path = directory + "/" + name
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)],
            ofItemAtPath: path
        )
    }

    /// Imports until so many items were found.
    private static func take(
        _ source: String,
        into storage: MemoryStorage,
        _ root: RootKeys,
        stoppingAfter most: UInt64 = .max
    ) throws -> ImportReport {
        var found: UInt64 = 0
        return try Importer.run(
            storage,
            as: .root(root),
            sources: [source],
            options: ImportOptions(),
            progress: { found = $0.found },
            shouldStop: { found >= most }
        )
    }

    private static func catalogue(_ storage: MemoryStorage) throws -> Catalogue {
        try Archive(opening: storage, with: .passphrase(Passphrase("open sesame"))).catalogue
    }

    @Test("a folder whose import was stopped is imported to its end by the same run, each item counted and placed once")
    func folder() throws {
        let scratch = try Scratch()
        for number in 0..<300 {
            let name = "in/\(1000 + number).eml"
            try scratch.write(name, Self.mail(number))
            try Self.age(scratch.path, name)
        }
        try scratch.write("in/z.mbox", Self.mbox(300..<400))
        try Self.age(scratch.path, "in/z.mbox")
        let (storage, root) = try RoundTripTests.make()
        let first = try Self.take(scratch.path + "/in", into: storage, root, stoppingAfter: 100)
        #expect(first.isInterrupted && first.counts.found >= 100 && first.counts.found < 400)
        let second = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(!second.isInterrupted)
        #expect(second.counts.found == 400 && second.counts.stored == 400 && second.counts.isBalanced)
        let catalogue = try Self.catalogue(storage)
        #expect(catalogue.runs.count == 1)
        #expect(catalogue.runs[0].isComplete && catalogue.runs[0].continuedCount == 1)
        #expect(catalogue.messages.count == 400)
        #expect(catalogue.messages.allSatisfy { $0.placements.count == 1 })
        #expect(catalogue.files.count == 301)
    }

    @Test("what was read is not read again when it has not changed, and is when it has")
    func reading() throws {
        let scratch = try Scratch()
        for number in 0..<200 {
            try scratch.write("in/\(1000 + number).eml", Self.mail(number))
            try Self.age(scratch.path, "in/\(1000 + number).eml")
        }
        let (storage, root) = try RoundTripTests.make()
        let first = try Self.take(scratch.path + "/in", into: storage, root, stoppingAfter: 64)
        #expect(first.isInterrupted)
        // The same length and time, so only who reads it sees that it is another.
        try scratch.write("in/1000.eml", Self.mail(0, "tExt"))
        try Self.age(scratch.path, "in/1000.eml")
        let time = try FileManager.default.attributesOfItem(atPath: scratch.path + "/in/1001.eml")[.modificationDate]
        try FileManager.default.setAttributes(
            [.modificationDate: time as Any],
            ofItemAtPath: scratch.path + "/in/1000.eml"
        )
        try scratch.write("in/1001.eml", Self.mail(1, "another text"))
        let second = try Self.take(scratch.path + "/in", into: storage, root)
        let texts = try Self.texts(storage)
        #expect(texts.contains { $0.contains("another text 1\n") })
        #expect(second.counts.isBalanced)
        // The files that changed were met twice, as they were and as they are.
        #expect(try Self.catalogue(storage).messages.count == 202)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        for file in archive.catalogue.files { try archive.originalFile(file) { _ in } }
    }

    private static func texts(_ storage: MemoryStorage) throws -> [String] {
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        return try archive.catalogue.messages.map { message in
            var bytes: [UInt8] = []
            try archive.message(message.content, size: message.size) { bytes.append(contentsOf: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("an MBOX whose import was stopped within it is made again byte for byte, with no message twice")
    func mbox() throws {
        let scratch = try Scratch()
        let filling = String(repeating: "0123456789 0123456789 0123456789\n", count: 300)
        let bytes: [UInt8] = (0..<1500).flatMap { number -> [UInt8] in
            Array("From ada@example.org Fri Nov 21 09:55:06 1997\n".utf8) + Self.mail(number, filling) + [0x0A]
        }
        try scratch.write("box.mbox", bytes)
        try Self.age(scratch.path, "box.mbox")
        let (storage, root) = try RoundTripTests.make()
        let first = try Self.take(scratch.path + "/box.mbox", into: storage, root, stoppingAfter: 200)
        #expect(first.isInterrupted && first.counts.stored > 0)
        let second = try Self.take(scratch.path + "/box.mbox", into: storage, root)
        #expect(second.counts.found == 1500 && second.counts.isBalanced && !second.isInterrupted)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.catalogue.messages.count == 1500)
        #expect(archive.catalogue.messages.allSatisfy { $0.placements.count == 1 })
        var again: [UInt8] = []
        try archive.originalFile(try #require(archive.catalogue.files.first)) { again.append(contentsOf: $0) }
        #expect(again == bytes)
    }

    @Test("a zip whose import was stopped within it goes on, also where one name stands for several files")
    func container() throws {
        let scratch = try Scratch()
        let entries = (0..<300).map { number in
            // Every third has the name of the one before.
            let name = number % 3 == 2 ? number - 1 : number
            return Packing.Entry("mail/\(1000 + name).eml", String(decoding: Self.mail(number), as: UTF8.self))
        }
        try scratch.write("in/export.tar.gz", Packing.pack(.tar, .gzip, entries))
        try Self.age(scratch.path, "in/export.tar.gz")
        let (storage, root) = try RoundTripTests.make()
        let first = try Self.take(scratch.path + "/in", into: storage, root, stoppingAfter: 100)
        #expect(first.isInterrupted && first.counts.stored > 0)
        let second = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(second.counts.found == 300 && second.counts.stored == 300 && second.counts.isBalanced)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.catalogue.messages.count == 300)
        #expect(archive.catalogue.messages.allSatisfy { $0.placements.count == 1 })
        #expect(archive.catalogue.files.count == 301)
        #expect(try KeyedVerification.run(archive, threads: 2).findings == [])
    }

    @Test("an import that came to its end is not continued: the next one is a run of its own")
    func complete() throws {
        let scratch = try Scratch()
        try scratch.write("in/1.eml", Self.mail(1))
        let (storage, root) = try RoundTripTests.make()
        _ = try Self.take(scratch.path + "/in", into: storage, root)
        let second = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(second.counts.alreadyThere == 1)
        #expect(try Self.catalogue(storage).runs.count == 2)
    }
}
