import ArchiveCrypto
import ArchiveFormat
@testable import ArchiveReader
import Testing

/// Messages out of content objects, imported files out of their pieces.
@Suite("messages of the test vectors")
struct MailVectorTests {
    private func keys(_ vector: Vector) throws -> AppendKeys {
        let nothing = secret([UInt8](repeating: 0, count: 32))
        return AppendKeys(contentKey: .zero, psk: nothing, contentIDKey: try vector.secret("content_id_key"))
    }

    private func table(_ vector: Vector, _ name: String) throws -> [Bytes32: [UInt8]] {
        var table: [Bytes32: [UInt8]] = [:]
        for (id, bytes) in vector.context[name].fields {
            table[try #require(Bytes32(try hex(id)))] = try hex(bytes.text)
        }
        return table
    }

    @Test("a content object gives its message, or is refused", arguments: Vector.of("content"))
    func content(_ vector: Vector) throws {
        let input = try vector.input()
        let keys = try keys(vector)
        let parts = try table(vector, "parts")
        let id = try vector.bytes32("id")
        let rebuilding = MessageRebuilding(keys: keys) { (key, body) throws(ArchiveError) in
            guard let part = parts[key.id] else { throw ArchiveError(.objectMissing, key.id.hex) }
            guard part.withUnsafeBytes({ keys.contentID(of: $0) }) == key.id else {
                throw ArchiveError(.objectId, key.id.hex)
            }
            try part.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in try body(UnsafeRawBufferPointer(buffer))
            }
        }
        try vector.check {
            var message: [UInt8] = []
            try input.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                let raw = UnsafeRawBufferPointer(buffer)
                try rebuilding.message(raw, content: id, size: vector.number("size")) { (piece) throws(ArchiveError) in
                    message.append(contentsOf: piece)
                }
            }
            return Blake2b.hash(message)
        }
    }

    @Test("an imported file is made again as it was, or refused", arguments: Vector.of("original"))
    func original(_ vector: Vector) throws {
        let input = try vector.input()
        let keys = try keys(vector)
        let messages = try table(vector, "messages")
        let blobs = try table(vector, "blobs")
        let run = try vector.hex("run")
        func give(
            _ table: [Bytes32: [UInt8]],
            _ id: Bytes32,
            _ sink: OriginalMaking.Sink
        ) throws(ArchiveError) {
            guard let bytes = table[id] else { throw ArchiveError(.objectMissing, id.hex) }
            try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                try sink(UnsafeRawBufferPointer(buffer))
            }
        }
        try vector.check {
            var builder = CatalogueBuilder()
            builder.add(try input.withUnsafeBytes { raw in try Manifest(parsing: raw) })
            let catalogue = builder.finished()
            let making = OriginalMaking(
                catalogue: catalogue,
                pieceIndex: PieceIndex(catalogue),
                keys: keys,
                message: { (id, _, sink) throws(ArchiveError) in try give(messages, id, sink) },
                blob: { (id, sink) throws(ArchiveError) in try give(blobs, id, sink) }
            )
            let file = catalogue.files.first {
                catalogue.runs[$0.run].id == run && $0.number == vector.number("file")
            }
            guard let file else { throw FormatError(.original) }
            var made: [UInt8] = []
            try making.file(file, name: vector.name) { (piece) throws(ArchiveError) in made.append(contentsOf: piece) }
            return Blake2b.hash(made)
        }
    }
}
