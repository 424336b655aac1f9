import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Foundation
import Testing

@testable import ArchiveSources

/// Damaged stores: no crash, no hang, and never a success that is none.
@Suite("damaged PST files", .enabled(if: PstCorpus.canRead))
struct PstDamageTests {
    private static let isFull = ProcessInfo.processInfo.environment["FULL"] == "1"

    private static var files: [URL] {
        isFull
            ? PstCorpus.files
            : PstCorpus.files.filter { ["four_nesting_levels.pst", "sample2.pst"].contains($0.lastPathComponent) }
    }

    /// Either something is told to be wrong, or all is as it was.
    private func check(_ bytes: [UInt8], against whole: PstContent, _ what: String) throws {
        var patience = PstReader.Patience()
        patience.seconds = 20
        patience.secondsAtFirst = 20
        let start = Date()
        let content = try PstContent(MemoryBytes(bytes, name: what), patience: patience)
        if let error = content.error { #expect(error.code == .source, "\(what)") }
        if content.error == nil, content.failures.isEmpty {
            #expect(content.digests == whole.digests, "\(what)")
            #expect(content.expected == whole.expected, "\(what)")
        }
        #expect(content.failures.allSatisfy { !$0.contains("no sign") }, "\(what)")
        #expect(Date().timeIntervalSince(start) < 60, "\(what)")
    }

    @Test("a store that was cut is never taken for a whole one", arguments: PstDamageTests.files)
    func cut(_ url: URL) throws {
        let bytes = try Array(Data(contentsOf: url))
        let whole = try PstContent(SourceFile(path: url.path))
        let count = PstDamageTests.isFull ? 20 : 6
        for place in 0..<count {
            let end = (bytes.count - 1) * place / count + 1
            try check(Array(bytes.prefix(end)), against: whole, "\(url.lastPathComponent) cut at \(end)")
        }
    }

    @Test("a changed byte is told, or changes nothing", arguments: PstDamageTests.files)
    func change(_ url: URL) throws {
        let bytes = try Array(Data(contentsOf: url))
        let whole = try PstContent(SourceFile(path: url.path))
        // The same places each time; every second one where the store is in use.
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(below))
        }
        let used = bytes.indices.filter { bytes[$0] != 0 }
        for round in 0..<(PstDamageTests.isFull ? 200 : 30) {
            var changed = bytes
            let place = round % 2 == 0 ? used[random(used.count)] : random(bytes.count)
            changed[place] ^= UInt8(1 + random(255))
            try check(
                changed,
                against: whole,
                "\(url.lastPathComponent) with byte \(place) changed to \(changed[place])"
            )
        }
    }
}
