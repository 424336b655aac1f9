import MailFormats
@testable import OutlookFormats
import Testing

@Suite("TNEF against the tool tnef", .enabled(if: OutlookCorpora.isThere))
struct TnefGoldenTests {
    /// Stream, how tnef ended, and the files that it found: see Tests/Golden/tnef.py.
    static let golden = OutlookCorpora.rows("tnef.tsv").filter { !$0[0].contains("#") }

    /// Streams that end in bytes that are no attribute, told as losses; of all others nothing is lost.
    static let damaged = ["edge/mimekit/tnef/garbage-at-end.tnef", "edge/mimekit/tnef/panic.tnef"]
    /// The id of IStorage, which tnef leaves before an object and we do not.
    static let storage: [UInt8] = [0x0B, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]

    @Test("has each attachment, by length and CRC", arguments: golden.map { $0[0] })
    func agrees(_ file: String) throws {
        let row = try #require(Self.golden.first { $0[0] == file })
        let message = try TnefReader.read(MemoryByteSource(OutlookCorpora.bytes(file)))
        #expect(message.allLosses.isEmpty != Self.damaged.contains(file), "\(message.allLosses)")
        var messages = 0
        var found: Set<String> = []
        for attachment in message.attachments {
            switch attachment.content {
            case .none: found.insert("none")
            case .data(let value):
                let isObject = attachment.properties[0x3705]?.values.first?.all.first == 6
                let bytes = (isObject ? Self.storage : []) + value.all
                found.insert("\(bytes.count):\(crc32(bytes))")
            // Of these tnef gives the inner TNEF.
            case .message(let inner):
                messages += 1
                #expect(inner.properties[0x001A] != nil)
            }
        }
        // tnef stops at the damage before it writes the last attachment, which is whole by its checksum.
        if file.hasSuffix("panic.tnef") { found.remove("7147:c0bc1e8a") }
        let expected = Set(
            row[2] == "-"
                ? [] : row[2].split(separator: "|").map { $0.split(separator: ":").suffix(2).joined(separator: ":") }
        )
        #expect(found.isSubset(of: expected))
        #expect(expected.subtracting(found).count == messages)
    }

    @Test("is refused where damaged, or what it lacks is told", arguments: golden.map { $0[0] })
    func told(_ file: String) throws {
        let bytes = OutlookCorpora.bytes(file)
        guard Damage.isFull || bytes.count < 120_000 else { return }
        let whole = try TnefReader.read(MemoryByteSource(bytes))
        for damaged in Damage.cuts(bytes, Damage.isFull ? 20 : 5) + Damage.changes(bytes, Damage.isFull ? 200 : 10) {
            guard let message = try? TnefReader.read(MemoryByteSource(damaged)), message.allLosses.isEmpty else {
                continue
            }
            let shape = MsgDamageTests.Shape(message)
            #expect(shape.isNearly(MsgDamageTests.Shape(whole)), "\(shape)")
        }
    }
}
