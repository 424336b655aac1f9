import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
@testable import ArchiveSources
import ArchiveStorage
import Testing

/// What the messages under way may hold in memory.
@Suite("memory of an import")
struct ImportMemoryTests {
    @Test("however many batches are under way, their mail stays within 256 MiB, and the rest waits")
    func bounded() throws {
        let scratch = try Scratch()
        let mail = Array("From: a@example.org\n\n".utf8) + [UInt8](repeating: 0x78, count: 7 << 20)
        try scratch.write("1.eml", mail)
        let (_, root) = try RoundTripTests.make()
        let id = mail.withUnsafeBytes { root.read.append.contentID(of: $0) }
        let workshop = Workshop(root.read.append, [ObjectKey(id, .content)], lacking: [])
        let file = try SourceFile(path: scratch.path + "/1.eml")
        let items = (0..<32).map {
            SourceItem(number: $0, path: [], name: Array("1.eml".utf8), content: .opened(file))
        }
        var prepared = 0
        var postponed = 0
        var held = 0
        for _ in 0..<24 {
            let (found, byteCount) = workshop.prepare(items)
            held += byteCount
            for finished in found {
                switch finished {
                case .message: prepared += 1
                case .postponed: postponed += 1
                default: Issue.record("\(finished)")
                }
            }
        }
        // Twice 7 MiB each, and a little for the header: 18 of them are below 256 MiB.
        #expect(prepared == 18)
        #expect(prepared + postponed == 24 * 32)
        #expect(held <= 256 << 20 && !workshop.memory.isOver)
        workshop.memory.give(held)
        #expect(workshop.prepare(items).1 > 0)
    }

    @Test("what is larger than the whole bound passes alone, and nothing beside it")
    func alone() {
        let gauge = MemoryGauge(most: 100)
        #expect(gauge.takeIfFree(1000))
        #expect(gauge.isOver && !gauge.takeIfFree(1))
        gauge.give(1000)
        #expect(gauge.takeIfFree(60) && gauge.takeIfFree(40) && !gauge.takeIfFree(1) && !gauge.isOver)
    }
}
