import ArchiveCrypto
@testable import ArchiveFormat
@testable import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Testing

/// What is met twice counts once; what a store says is kept beside the message (Spec, format.md, section 8.4).
@Suite("manifests of stores and of imports that were continued")
struct ContinuedImportTests {
    private let run = [UInt8](repeating: 7, count: 16)
    private let content = Blake2b.hash(Array("a message".utf8))
    private let box = Folder(path: [Array("box".utf8)])

    private func placement(_ ordinal: UInt64, flags: MessageFlags = [], isMade: Bool = false) -> Placement {
        var placement = Placement(run: 0, folder: 0)
        placement.flags = flags
        placement.origin = Origin(file: 3, ordinal: ordinal)
        placement.origin?.isMade = isMade
        return placement
    }

    private func file(pieces: UInt64, isUnfinished: Bool = false) -> SourceFileEntry {
        var file = SourceFileEntry(
            run: 0,
            number: 3,
            path: [],
            size: 100,
            hash: nil,
            kind: SourceFileKind.mbox.rawValue,
            pieceCount: pieces
        )
        file.isUnfinished = isUnfinished
        return file
    }

    private func catalogue(_ manifests: [ManifestBuilder]) throws -> Catalogue {
        var builder = CatalogueBuilder()
        for var manifest in manifests {
            for part in manifest.take() {
                // Through its bytes, as an archive would have it.
                builder.add(try part.encoded.withUnsafeBytes { raw in try Manifest(parsing: raw) })
            }
        }
        return builder.finished()
    }

    @Test("a message that was met again when the import was continued lies there once, with its later flags")
    func again() throws {
        var first = ManifestBuilder()
        first.add(file: file(pieces: 0, isUnfinished: true), run: run)
        first.add(content: content, size: 9, envelope: nil, run: run, folder: box, placement: placement(0))
        var second = ManifestBuilder()
        // Another folder first: positions differ from manifest to manifest.
        second.add(
            content: content,
            size: 9,
            envelope: nil,
            run: run,
            places: [(Folder(path: []), placement(0)), (box, placement(0, flags: .seen)), (box, placement(1))]
        )
        second.add(file: file(pieces: 2), run: run)
        let catalogue = try catalogue([first, second])
        let placements = try #require(catalogue.messages.first).placements
        #expect(catalogue.messages.count == 1)
        #expect(placements.map { catalogue.folders[$0.folder] } == [Folder(path: []), box, box])
        #expect(placements.map(\.flags) == [[], .seen, []])
        #expect(catalogue.files.map(\.isUnfinished) == [false])
        #expect(PieceIndex(catalogue).messages[FileID(run: 0, file: 3)]?.count == 2)
    }

    @Test("placements of two imports, and such without an origin, all count")
    func apart() throws {
        var manifest = ManifestBuilder()
        var free = placement(0)
        free.origin = nil
        for id in [run, [UInt8](repeating: 8, count: 16)] {
            manifest.add(content: content, size: 9, envelope: nil, run: id, folder: box, placement: placement(0))
            manifest.add(content: content, size: 9, envelope: nil, run: id, folder: box, placement: free)
        }
        #expect(try catalogue([manifest]).messages.first?.placements.count == 4)
    }

    @Test("an item that was rejected and could be read later is no reject; what is kept for a made message stays")
    func rejects() throws {
        var manifest = ManifestBuilder()
        func reject(_ ordinal: UInt64, _ reason: RejectReason) -> RejectEntry {
            RejectEntry(file: 3, ordinal: ordinal, offset: 0, size: 0, reason: reason, text: "")
        }
        for entry in [reject(0, .unreadable), reject(1, .kept), reject(2, .unreadable), reject(2, .cutShort)] {
            manifest.add(reject: entry, run: run, folder: box)
        }
        for ordinal: UInt64 in [0, 1] {
            let placement = placement(ordinal, isMade: true)
            manifest.add(content: content, size: 9, envelope: nil, run: run, folder: box, placement: placement)
        }
        let catalogue = try catalogue([manifest])
        #expect(catalogue.rejects.map(\.ordinal) == [1, 2])
        #expect(catalogue.rejects.map(\.reason) == [RejectReason.kept.rawValue, RejectReason.cutShort.rawValue])
        #expect(catalogue.rejectCount == 1)
        #expect(PieceIndex(catalogue).messages.isEmpty)
    }

    @Test("a run keeps what fits in its record, the source's own counts first")
    func fitting() throws {
        var long = Run(id: run, name: [], kind: RunKind.pst.rawValue, start: 0)
        for number in 0..<300 {
            let folder = Folder(path: [Array("folder \(number)".utf8)])
            long.expected.append((folder, 5))
            long.folders.append((folder, ImportCounts()))
        }
        long.skipped = [(Array("link".utf8), 3)]
        #expect(long.fitting() == long)
        let short = long.fitting(byteCount: 300 * 80 + 100 * 80)
        #expect(short.expected.count == 300)
        #expect((100...120).contains(short.folders.count))
        #expect(short.encoded.count < 300 * 80 + 100 * 80)
    }

    @Test("text is cut before the character that would pass its limit", arguments: [("aä", 2, "a"), ("aä", 3, "aä")])
    func text(_ text: String, _ limit: Int, _ expected: String) {
        #expect(text.utf8(upTo: limit) == Array(expected.utf8))
    }
}
