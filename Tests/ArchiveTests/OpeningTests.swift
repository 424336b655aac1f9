import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Testing

/// What a session does before its first commit (format.md, section 7.9), and where reading begins (section 7.7).
@Suite("opening")
struct OpeningTests {
    private static func damage(_ storage: any Storage, _ path: ArchivePath, at offset: UInt64, count: Int) throws {
        let file = try storage.openForOverwriting(path)
        try file.write([UInt8](repeating: 0xEE, count: count), at: offset)
        try file.close()
    }

    private static func commits(_ storage: any Storage, _ root: RootKeys, _ count: Int) throws {
        let session = try WriteSession(opening: storage, as: .root(root))
        for _ in 0..<count { try session.commit() }
        try session.finish()
    }

    private static func findings(_ storage: any Storage) throws -> [String] {
        try KeylessVerification.run(storage, level: .keyless, threads: 2).findings.map(\.code.text).sorted()
    }

    private static func newest(_ storage: any Storage) throws -> CommitRecord {
        try #require(try ArchiveLog(opening: storage).newest)
    }

    @Test("a sealed segment whose last commit record was torn is closed by the next session, and all is clean")
    func tornSeal() throws {
        let (storage, root) = try RoundTripTests.make()
        try Self.commits(storage, root, 1)
        let newest = try Self.newest(storage)
        try Self.damage(storage, ArchiveLayout.segment(newest.header.segment), at: newest.header.offset + 600, count: 9)
        #expect(try Self.findings(storage) == ["W705"])
        try Self.commits(storage, root, 1)
        #expect(try Self.findings(storage) == [])
        #expect(try ArchiveLog(opening: storage).state.file(.segment, newest.header.segment)?.state == .closed)
    }

    @Test("a commit that only heads hold is put back into the journal before they are overwritten")
    func putBack() throws {
        let (storage, root) = try RoundTripTests.make()
        try Self.commits(storage, root, 1)
        let newest = try Self.newest(storage)
        try Self.damage(storage, ArchiveLayout.journal(1), at: 4096, count: 4096)
        try Self.damage(storage, ArchiveLayout.segment(newest.header.segment), at: newest.header.offset, count: 4096)
        #expect(try Self.findings(storage).contains("E408"))
        try Self.commits(storage, root, 3)
        #expect(try Self.findings(storage) == [])
        #expect(try ArchiveLog(opening: storage, reading: .whole).commit(of: 2)?.hash == newest.hash)
    }

    @Test("a commit that only the older head holds is put back, too")
    func putBackOlder() throws {
        let (storage, root) = try RoundTripTests.make()
        // A session that breaks off leaves the heads one commit apart.
        do {
            let session = try WriteSession(opening: storage, as: .root(root))
            for _ in 0..<2 { try session.commit() }
        }
        let log = try ArchiveLog(opening: storage, reading: .whole)
        #expect(log.heads.compactMap { $0?.commit.generation }.sorted() == [2, 3])
        let older = try #require(log.commit(of: 2))
        try Self.damage(storage, ArchiveLayout.journal(1), at: 4096, count: 4096)
        try Self.damage(storage, ArchiveLayout.segment(older.header.segment), at: older.header.offset, count: 4096)
        try Self.commits(storage, root, 1)
        #expect(try Self.findings(storage) == ["W705"])
        #expect(try ArchiveLog(opening: storage, reading: .whole).commit(of: 2)?.hash == older.hash)
    }

    @Test("without any head a writer goes on; an archive that has lost all commits it refuses")
    func lostHeads() throws {
        let (storage, root) = try RoundTripTests.make()
        try Self.commits(storage, root, 1)
        for head in ArchiveLayout.heads { try Self.damage(storage, head, at: 0, count: 65_536) }
        #expect(try Self.findings(storage) == ["E407", "W703"])
        try Self.commits(storage, root, 1)
        #expect(try Self.findings(storage) == [])
        for head in ArchiveLayout.heads { try Self.damage(storage, head, at: 0, count: 65_536) }
        try storage.remove(ArchiveLayout.journal(1))
        #expect(throws: ArchiveError.self) { try Self.commits(storage, root, 1) }
    }

    @Test("a missing segment stays an error through later sessions, and its number is not used again")
    func missingSegment() throws {
        let (storage, root) = try RoundTripTests.make()
        try Self.commits(storage, root, 1)
        try storage.remove(ArchiveLayout.segment(2))
        #expect(try Self.findings(storage) == ["E501"])
        try Self.commits(storage, root, 1)
        #expect(try Self.findings(storage) == ["E501"])
        #expect(try ArchiveLog(opening: storage).state.files.map(\.number) == [1, 2, 3])
    }

    @Test("the number of a lost journal file is not used again")
    func missingJournal() throws {
        let (storage, root) = try RoundTripTests.make()
        try storage.openForAppending(ArchiveLayout.journal(1), at: 4096).append([1, 2, 3])
        try Self.commits(storage, root, 1)
        #expect(try Self.newest(storage).commit.journalFile == 2)
        try storage.remove(ArchiveLayout.journal(2))
        try Self.commits(storage, root, 1)
        // Commit 2 stands in file 3, where it was put back.
        #expect(try Self.newest(storage).commit.journalFile == 3)
        #expect(try Self.findings(storage) == [])
    }

    @Test("debris that cannot be read is not signed")
    func unreadableDebris() throws {
        let (memory, root) = try RoundTripTests.make()
        let storage = FaultingStorage(memory)
        try memory.openForAppending(ArchiveLayout.journal(1), at: 4096).append([1, 2, 3])
        let secondRead = Fault(.read, at: ArchiveLayout.journal(1), ordinal: 2, lasts: true, .mediumError)
        storage.setFaults([secondRead])
        let log = try ArchiveLog(opening: storage)
        #expect(log.findings.map(\.code) == [.debrisJournal])
        #expect(log.journalEnd.unknownDebris == [])
        storage.setFaults([secondRead])
        try Self.commits(storage, root, 1)
        storage.setFaults([])
        #expect(try Self.findings(storage) == ["W708"])
        try Self.commits(storage, root, 1)
        #expect(try Self.findings(storage) == [])
    }

    @Test("a directory that cannot be listed is said, and the rest is checked")
    func unlistableDirectory() throws {
        let (memory, _) = try RoundTripTests.make()
        let storage = FaultingStorage(memory)
        try Self.damage(memory, "README.TXT", at: 0, count: 1)
        storage.setFaults([Fault(.list, at: "parity", lasts: true, .mediumError)])
        #expect(try Self.findings(storage) == ["E005", "W709"])
        storage.setFaults([Fault(.list, at: "journal", lasts: true, .mediumError)])
        #expect(try Self.findings(storage) == ["E005", "E005", "E408", "W709"])
    }

    @Test("opening begins at the newest checkpoint, and comes to the same as reading all of the journal")
    func shortOpening() throws {
        let (storage, root) = try RoundTripTests.make()
        try Self.commits(storage, root, 300)
        let short = try ArchiveLog(opening: storage)
        let whole = try ArchiveLog(opening: storage, reading: .whole)
        #expect(!short.isWhole && whole.isWhole)
        #expect(short.commits.first?.commit.generation == 257)
        #expect(whole.commits.first?.commit.generation == 1)
        #expect(short.newestHash == whole.newestHash)
        #expect(short.state == whole.state)
        #expect(short.findings == [] && whole.findings == [])
        // Damage before the checkpoint is for a check to find, not for opening.
        try Self.damage(storage, ArchiveLayout.journal(1), at: 40_960, count: 1)
        #expect(try ArchiveLog(opening: storage).findings == [])
        #expect(try Self.findings(storage) == ["E408"])
        // A bad checkpoint leaves all of the journal.
        try Self.damage(storage, ArchiveLayout.checkpoint(256), at: 100, count: 1)
        let again = try ArchiveLog(opening: storage)
        #expect(again.isWhole && again.newestHash == whole.newestHash)
    }

    @Test("a checkpoint by a writer who may not remove files is not where opening begins")
    func checkpointOfCredential() throws {
        let (storage, root) = try RoundTripTests.make()
        let credential = try WriterChange.add(storage, root, label: "server")
        let session = try WriteSession(opening: storage, as: .credential(credential))
        for _ in 0..<256 { try session.commit() }
        try session.finish()
        let log = try ArchiveLog(opening: storage)
        #expect(log.state.files.contains { $0.kind == .checkpoint })
        #expect(log.isWhole)
        #expect(log.findings == [])
    }
}
