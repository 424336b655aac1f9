import ArchiveCrypto
@testable import ArchiveFormat
@testable import ArchiveReader
import ArchiveStorage
import Testing

/// Commits, heads, checkpoints, footers, and whole segments.
@Suite("commits and segments of the test vectors")
struct CommitVectorTests {
    private func verifier(_ vector: Vector) throws -> CommitVerifier {
        CommitVerifier(header: try header(vector), archiveID: try vector.bytes32("archive_id"))
    }

    private func header(_ vector: Vector) throws -> ArchiveHeader {
        ArchiveHeader(
            rootSigningKey: try vector.bytes32("root_signing_public"),
            contentKey: try vector.bytes32("content_public"),
            sequence: 1,
            created: 0,
            slots: [],
            credentialCommitment: .zero,
            readmeRoot: .zero,
            specRoot: .zero
        )
    }

    private func released(_ record: CommitRecord) -> Bytes32 {
        Blake2b.hash(Array(record.bytes[RecordHeader.byteCount..<record.signedLength]))
    }

    @Test("a commit is valid and follows the one before, or is refused", arguments: Vector.of("commit"))
    func commit(_ vector: Vector) throws {
        let input = try vector.input()
        let id = try vector.bytes32("archive_id")
        var verifier = try verifier(vector)
        let before = vector.context["before"]
        try vector.check {
            let record = try input.withUnsafeBytes { raw in try CommitRecord(parsing: raw, archiveID: id) }
            try verifier.verify(record)
            if !before.isNull {
                let state = try hex(before["state"].text).withUnsafeBytes { raw in
                    var reader = CBORReader(raw)
                    return try ArchiveState(&reader)
                }
                let journal = vector.context["journal"]
                _ = try ArchiveLog.state(
                    following: state,
                    record,
                    after: try #require(Bytes32(try hex(before["hash"].text))),
                    generation: before["generation"].number + 1,
                    journalFile: journal.isNull ? nil : UInt32(clamping: journal.number)
                )
            }
            return released(record)
        }
    }

    @Test("a head is a commit padded to its length", arguments: Vector.of("head"))
    func head(_ vector: Vector) throws {
        let input = try vector.input()
        let id = try vector.bytes32("archive_id")
        var verifier = try verifier(vector)
        try vector.check {
            let record = try input.withUnsafeBytes { raw in try CommitRecord(parsingHead: raw, archiveID: id) }
            try verifier.verify(record)
            return released(record)
        }
    }

    @Test("a checkpoint is the one that a commit names, or refused", arguments: Vector.of("checkpoint"))
    func checkpoint(_ vector: Vector) throws {
        let input = try vector.input()
        let reference = CheckpointReference(
            generation: vector.number("generation"),
            length: vector.number("length"),
            root: try vector.bytes32("root")
        )
        try vector.check {
            _ = try input.withUnsafeBytes { raw in try ArchiveLog.checkpoint(raw, reference) }
            return Blake2b.hash(Array(input.dropFirst(8)))
        }
    }

    @Test("a footer lists the records of its segment, or is refused", arguments: Vector.of("footer"))
    func footer(_ vector: Vector) throws {
        let input = try vector.input()
        let id = try vector.bytes32("archive_id")
        let envelope = try vector.hex("envelope")
        let length = min(Int(vector.number("length")), input.count)
        try vector.check {
            var entries: [Footer.Entry] = []
            var offset = 0
            var footer: [UInt8]?
            while offset < length {
                if input[offset..<min(offset + 64, length)].allSatisfy({ $0 == 0 }) {
                    offset += 64
                    continue
                }
                let head = Array(input[offset..<min(offset + RecordHeader.byteCount, length)])
                let header = try head.withUnsafeBytes { raw in try RecordHeader(parsing: raw) }
                try header.require(archiveID: id, segment: vector.segment, offset: UInt64(offset))
                guard offset + header.recordLength <= length else { throw FormatError(.recordTruncated) }
                if header.recordClass == .footer {
                    footer = Array(input[offset + RecordHeader.byteCount..<offset + header.recordLength])
                } else {
                    entries.append(
                        Footer.Entry(
                            offset: UInt64(offset),
                            storedLength: header.storedLength,
                            recordClass: header.recordClass
                        )
                    )
                }
                offset = roundUp(offset + header.recordLength, to: 64)
            }
            guard let footer else { throw FormatError(.footer) }
            try footer.withUnsafeBytes { raw in try Footer.check(raw, envelope: envelope, entries: entries) }
            return Blake2b.hash(footer)
        }
    }

    @Test("a journal gives its commits, and says what else stands in it", arguments: Vector.of("journal"))
    func journal(_ vector: Vector) throws {
        if isNotYet(vector.name) { return }
        let storage = MemoryStorage()
        for directory in ["journal", "journal/00000"] {
            try storage.createDirectory(try #require(ArchivePath(directory)))
        }
        for input in vector.json["inputs"].array {
            let file = try storage.createFile(ArchiveLayout.journal(UInt32(clamping: input["number"].number)))
            try file.append(try vector.bytes(of: input["file"].text ?? ""))
        }
        let header = LoadedHeader(header: try header(vector), archiveID: try vector.bytes32("archive_id"))
        let log = ArchiveLog(journalOf: storage, header: header, vouched: vector.number("h"))
        let found = Set(log.findings.map(\.code.text))
        #expect(found == Set(vector.json["expect"].texts), "\(vector.name): \(found)")
        #expect(
            log.commits.map(\.commit.generation) == vector.json["generations"].array.map(\.number),
            "\(vector.name)"
        )
        #expect(log.newestHash.hex == vector.json["released"].text, "\(vector.name)")
    }

    @Test("a segment ends as its state says", arguments: Vector.of("segment"))
    func segment(_ vector: Vector) throws {
        let storage = try PosixStorage(opening: vector.directory)
        let path = try #require(ArchivePath.root.appending(vector.json["input"].text ?? ""))
        let handle = try storage.openForReading(path)
        let states: [String: FileState] = ["open": .open, "sealed": .sealed, "closed": .closed]
        var file = LiveFile(
            kind: .segment,
            number: vector.segment,
            length: vector.number("length"),
            root: try vector.bytes32("root"),
            state: try #require(states[vector.context["state"].text ?? ""]),
            tailPages: UInt8(clamping: vector.number("tail_pages")),
            generation: 1
        )
        file.debrisLength = vector.number("debris_length")
        if !vector.context["debris_root"].isNull { file.debrisRoot = try vector.bytes32("debris_root") }
        var found: Set<String> = []
        if handle.byteCount < file.length {
            found.insert(ArchiveCode.fileShort.text)
        } else {
            let bytes = try handle.read(at: 0, count: Int(file.length))
            if bytes.withUnsafeBytes({ TreeHasher.root(of: $0) }) != file.root {
                found.insert(ArchiveCode.fileRoot.text)
            }
            let copy = vector.context["copy"].isNull ? nil : try vector.hex("copy")
            for code in KeylessVerification.tail(of: file, handle, handle.byteCount, copy: copy) {
                found.insert(code.text)
            }
        }
        #expect(found == Set(vector.json["expect"].texts), "\(vector.name): \(found)")
    }
}
