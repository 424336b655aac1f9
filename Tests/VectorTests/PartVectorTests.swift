@testable import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import Testing

/// Headers, CBOR, tree hash, records and what stands in them.
@Suite("parts of the test vectors")
struct PartVectorTests {
    @Test(
        "there are vectors of every part",
        arguments: [
            "cbor", "tree", "keys", "text", "header", "slot", "certificate", "revocation", "envelope", "record",
            "pointers",
            "objects", "index", "content", "manifest", "run", "original", "commit", "head", "journal", "checkpoint",
            "table",
            "footer", "segment", "archive",
        ]
    )
    func count(_ part: String) {
        #expect(Vector.of(part).count > 0)
        for vector in Vector.of(part) { #expect(vector.part == part, "\(vector.name)") }
    }

    @Test("at least 150 vectors were found, each name once")
    func total() {
        let names = Vector.all.values.flatMap { $0.map(\.name) }
        #expect(names.count >= 150)
        #expect(Set(names).count == names.count)
        for entry in notYet { #expect(names.contains(entry.name), "\(entry.name) is no vector") }
    }

    @Test("CBOR is read strictly", arguments: Vector.of("cbor"))
    func cbor(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            try input.withUnsafeBytes { raw in
                switch vector.context["schema"].text {
                case "any":
                    var reader = CBORReader(raw)
                    try reader.skip(depth: Limits.depth)
                    try reader.finish()
                case "manifest": _ = try Manifest(parsing: raw)
                case "run": _ = try Run(parsing: raw)
                case "header": _ = try ArchiveHeader(parsing: raw)
                case "commit": _ = try Commit(parsing: raw)
                case "pointers": _ = try PointerList.parse(cbor: raw)
                case "recipe": _ = try Recipe(parsing: raw)
                default: Issue.record("\(vector.name): a schema that this test does not know")
                }
            }
            return Blake2b.hash(input)
        }
    }

    @Test("the root of bytes is that of the tree hash", arguments: Vector.of("tree"))
    func tree(_ vector: Vector) throws {
        let length = Int(vector.number("length"))
        let input = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            for index in 0..<length { buffer[index] = UInt8(truncatingIfNeeded: index % 251) }
            count = length
        }
        let claimed = try vector.bytes32("root")
        try vector.check {
            let root = input.withUnsafeBytes { TreeHasher.root(of: $0) }
            guard root == claimed else { throw FormatError(.fileRoot) }
            return root
        }
    }

    @Test("a header is read, or refused with its first fault", arguments: Vector.of("header"))
    func header(_ vector: Vector) throws {
        let input = try vector.input()
        let operations: [String: ArchiveOperation] = [
            "read": .read, "verify": .verify, "append": .append, "sync": .sync, "repair": .repair,
        ]
        let operation = try #require(operations[vector.context["operation"].text ?? ""])
        try vector.check {
            let loaded = try LoadedHeader(parsing: input)
            if loaded.header.mandatoryFlags.contains(where: { $0.operation == operation }) {
                throw FormatError(.unknownFeature)
            }
            return try input.withUnsafeBytes { raw in Blake2b.hash(try HeaderFrame(parsing: raw).body(in: raw)) }
        }
    }

    @Test(
        "a record is read in its place, or refused with its first fault",
        arguments: Vector.of("record") + Vector.of("table")
    )
    func record(_ vector: Vector) throws {
        let input = try vector.input()
        let id = try vector.bytes32("archive_id")
        let wanted = try #require(RecordClass(rawValue: UInt8(clamping: vector.number("class"))))
        let place = (segment: vector.segment, offset: vector.number("offset"))
        try vector.check {
            let header = try RecordReader.header(input, archiveID: id, place: place, class: wanted)
            let head = Array(input.prefix(RecordHeader.byteCount))
            let body = Array(input.dropFirst(RecordHeader.byteCount).prefix(Int(header.storedLength)))
            if wanted == .data {
                let key = SegmentKey(key: try vector.secret("segment_key"))
                let record = try RecordReader.decode(head: head, body: body, key: key, place: place)
                try record.require(
                    type: vector.context["type"].isNull ? nil : UInt8(clamping: vector.number("type"))
                )
                return Blake2b.hash(record.bytes)
            }
            guard body.count == Int(header.storedLength) else { throw FormatError(.recordTruncated) }
            try body.withUnsafeBytes { raw in
                switch wanted {
                case .opening: _ = try EnvelopeLayout(parsing: raw)
                case .footer: _ = try Footer(parsing: raw)
                case .table: _ = try TablePiece(parsing: raw)
                default: break
                }
            }
            return Blake2b.hash(body)
        }
    }

    @Test("a pointer blob opens in its place only", arguments: Vector.of("pointers"))
    func pointers(_ vector: Vector) throws {
        let input = try vector.input()
        let key = SegmentKey(key: try vector.secret("segment_key"))
        let id = try vector.bytes32("archive_id")
        try vector.check {
            let cbor = try input.withUnsafeBytes { raw in
                try key.openPointers(
                    raw,
                    archiveID: id,
                    segment: vector.segment,
                    generation: vector.number("generation")
                )
            }
            _ = try cbor.withUnsafeBytes { raw in try PointerList.parse(cbor: raw) }
            return Blake2b.hash(cbor)
        }
    }

    @Test("a record of objects gives them, or is refused", arguments: Vector.of("objects"))
    func objects(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            var joined: [UInt8] = []
            for entry in try input.withUnsafeBytes({ raw in try ObjectGroup.parse(raw) }) {
                joined += input[entry.position..<entry.position + entry.size]
            }
            return Blake2b.hash(joined)
        }
    }

    @Test("an index is read, or refused", arguments: Vector.of("index"))
    func index(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            try input.withUnsafeBytes { raw in try ObjectIndex.parse(raw) { _, _ in } }
            return Blake2b.hash(input)
        }
    }

    @Test("a manifest is read, or refused", arguments: Vector.of("manifest"))
    func manifest(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            _ = try input.withUnsafeBytes { raw in try Manifest(parsing: raw) }
            return Blake2b.hash(input)
        }
    }

    @Test("a manifest and a run with every key of a store are written as they were read")
    func rewriting() throws {
        for vector in Vector.of("manifest") where vector.name == "manifest_valid_store" {
            let input = try vector.input()
            #expect(try input.withUnsafeBytes { raw in try Manifest(parsing: raw) }.encoded == input)
        }
        for vector in Vector.of("run") where vector.name == "run_valid_store" {
            let input = try vector.input()
            #expect(try input.withUnsafeBytes { raw in try Run(parsing: raw) }.encoded == input)
        }
    }

    @Test("a run is read, or refused", arguments: Vector.of("run"))
    func run(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            _ = try input.withUnsafeBytes { raw in try Run(parsing: raw) }
            return Blake2b.hash(input)
        }
    }
}
