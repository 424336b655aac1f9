import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Testing

@Suite("an archive in memory")
struct RoundTripTests {
    static func make() throws -> (MemoryStorage, RootKeys) {
        let storage = MemoryStorage(name: "test.parchive")
        let cost = Argon2Cost(memoryKiB: 8, passes: 1)
        let root = try ArchiveCreation.fill(
            storage,
            slots: [SlotRequest(.passphrase(Passphrase("open sesame"), cost), label: "laptop")]
        )
        return (storage, root)
    }

    @Test("a new archive opens with its passphrase, and every check is clean")
    func newArchive() throws {
        let (storage, _) = try Self.make()
        let report = try KeylessVerification.run(storage, level: .keyless, threads: 2)
        #expect(report.findings == [])
        #expect(report.generation == 1)
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.findings == [])
        #expect(throws: ArchiveError.self) {
            _ = try Archive(opening: storage, with: .passphrase(Passphrase("open barley")))
        }
    }

    @Test("what a session adds comes back, byte for byte")
    func messages() throws {
        let (storage, root) = try Self.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        let text = Array("From: a@example.org\r\n\r\nHello\r\n".utf8)
        let id = text.withUnsafeBytes { root.read.append.contentID(of: $0) }
        let object: [UInt8] = [0, 0, 0, 0] + text
        try session.add(ObjectKey(id, .content), OwnedBytes(object))
        session.manifest.add(
            content: id,
            size: UInt64(text.count),
            envelope: MailEnvelope(),
            run: [UInt8](repeating: 7, count: 16),
            folder: Folder(path: [Array("Inbox".utf8)]),
            placement: Placement(run: 0, folder: 0)
        )
        try session.finish()
        #expect(try KeylessVerification.run(storage, level: .keyless, threads: 2).findings == [])
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
        #expect(archive.findings == [])
        #expect(archive.catalogue.messages.count == 1)
        var back: [UInt8] = []
        try archive.message(id, size: UInt64(text.count)) { back.append(contentsOf: $0) }
        #expect(back == text)
    }

    @Test("a segment stays below its limit however many threads pack what is not placed yet")
    func manyThreads() throws {
        let (storage, root) = try Self.make()
        let session = try WriteSession(opening: storage, as: .root(root), codec: .stored, jobs: 64)
        session.segmentTarget = 1 << 20
        for number in 0..<60 {
            let object = [UInt8](repeating: UInt8(number), count: 300_000)
            let id = object.withUnsafeBytes { root.read.append.contentID(of: $0) }
            try session.add(ObjectKey(id, .part), OwnedBytes(object))
        }
        try session.finish()
        let segments = try ArchiveLog(opening: storage).state.files.filter { $0.kind == .segment }
        #expect(segments.count > 5)
        #expect(segments.allSatisfy { $0.length < 3 << 20 })
    }

    @Test("three hundred commits make a checkpoint, and stay clean")
    func checkpoint() throws {
        let (storage, root) = try Self.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        for _ in 0..<260 { try session.commit() }
        try session.finish()
        #expect(try KeylessVerification.run(storage, level: .keyless, threads: 2).findings == [])
        #expect(try storage.exists(ArchiveLayout.checkpoint(256)))
    }
}
