import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveTestSupport
import ArchiveWriter
import Foundation
import Testing

@testable import ArchiveSources

/// A copy of the storage while an import runs is what a power cut at that moment leaves.
@Suite("Going on with an import that was killed")
struct KilledImportTests {
    private static let corpora = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/corpora/pst").standardizedFileURL

    static func files(_ suffix: String, upTo byteCount: Int) -> [URL] {
        let all = FileManager.default.enumerator(at: corpora, includingPropertiesForKeys: [.fileSizeKey])
        return (all?.compactMap { $0 as? URL } ?? []).filter {
            guard $0.pathExtension == suffix, let size = try? $0.resourceValues(forKeys: [.fileSizeKey]).fileSize else {
                return false
            }
            return size <= byteCount
        }.sorted { $0.path < $1.path }
    }

    /// What an archive holds of its imports, in an order of its own.
    struct Account: Equatable {
        var messages: [String] = []
        var rejects: [String] = []
        var files: [String] = []
        var run: [String] = []

        init(_ storage: MemoryStorage, _ report: ImportReport) throws {
            let archive = try Archive(opening: storage, with: .passphrase(Passphrase("open sesame")))
            let catalogue = archive.catalogue
            func folder(_ index: Int) -> String {
                catalogue.folders[index].path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            }
            for message in catalogue.messages {
                for place in message.placements {
                    let piece = place.origin.map { "\($0.ordinal) \($0.isMade) \($0.item)" } ?? ""
                    messages.append(
                        "\(message.content) \(folder(place.folder)) \(place.flags.rawValue) \(place.labels) \(piece)"
                    )
                }
            }
            rejects = catalogue.rejects.map { "\(folder($0.folder)) \($0.ordinal) \($0.size) \($0.reason) \($0.text)" }
            files = catalogue.files.map { "\($0.path) \($0.size) \($0.kind) \($0.pieceCount) \($0.isUnfinished)" }
            for file in catalogue.files where file.isMadeAgain { try archive.originalFile(file) { _ in } }
            for run in report.runs {
                self.run.append(
                    "\(run.counts.found) \(run.counts.stored) \(run.counts.alreadyThere) \(run.counts.rejected)"
                )
                self.run += run.folders.map {
                    "\($0.folder.path) \($0.counts.found) \($0.counts.stored) \($0.counts.alreadyThere) \($0.counts.rejected)"
                }.sorted()
                self.run += run.expected.map { "\($0.folder.path) \($0.count)" }.sorted()
                self.run += run.skipped.map { "\($0.reason) \($0.count)" }
            }
            self.run.append("\(report.isAccountedFor) \(report.rejects.count)")
            messages.sort()
            rejects.sort()
            files.sort()
        }
    }

    static func take(
        _ source: String,
        into storage: MemoryStorage,
        _ root: RootKeys,
        each: (Int) -> Void = { _ in }
    ) throws -> ImportReport {
        var options = ImportOptions()
        options.commitByteCount = 1
        var count = 0
        return try withoutActuallyEscaping(each) { each in
            try Importer.run(
                storage,
                as: .root(root),
                sources: [source],
                options: options,
                progress: { _ in
                    each(count)
                    count += 1
                }
            )
        }
    }

    /// Kills an import at every moment that leaves something else, and goes on.
    static func killEverywhere(_ source: String) throws {
        let (storage, root) = try RoundTripTests.make()
        var left: [(size: Int, copy: MemoryStorage)] = []
        let empty = storage.copy()
        let report = try take(source, into: storage, root) { _ in
            let copy = storage.copy()
            let size =
                (try? Archive(opening: copy, with: .passphrase(Passphrase("open sesame"))).catalogue).map {
                    $0.messages.reduce($0.files.count + $0.rejects.count) { $0 + $1.placements.count }
                } ?? 0
            if left.last?.size != size { left.append((size, copy)) }
        }
        _ = empty
        let whole = try Account(storage, report)
        for (size, copy) in left {
            let report = try take(source, into: copy, root)
            let account = try Account(copy, report)
            #expect(account.messages == whole.messages, "after \(size)")
            #expect(account.rejects == whole.rejects, "after \(size)")
            #expect(account.files == whole.files, "after \(size)")
            #expect(account.run == whole.run, "after \(size)")
        }
    }

    @Test(
        "a message made from an MSG file is there, wherever the import was killed",
        .enabled(if: FileManager.default.fileExists(atPath: corpora.path))
    )
    func msg() throws {
        let scratch = try Scratch()
        for (number, file) in Self.files("msg", upTo: 60_000).prefix(6).enumerated() {
            try scratch.write("in/\(number).msg", Array(Data(contentsOf: file)))
        }
        try Self.age(scratch.path)
        try Self.killEverywhere(scratch.path + "/in")
    }

    /// Makes all files an hour old.
    static func age(_ directory: String) throws {
        let all = FileManager.default.enumerator(atPath: directory)
        while let name = all?.nextObject() as? String {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -3600)],
                ofItemAtPath: directory + "/" + name
            )
        }
    }
}
