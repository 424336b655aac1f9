import Foundation
import MailFormats
import Testing

@Suite(.enabled(if: Corpora.isThere))
struct MboxCorporaTests {
    /// Files whose `true` count upstream disputes, and what the evidence in the file says.
    ///
    /// - mailarc-1: 16 `From ` lines, of which two are the first line of a message/rfc822 part: 14 messages. Upstream counts
    ///   13, because one separator has no empty line before it; the line and the header behind it are whole, so it counts here.
    /// - mailarc-3: the same with one more `From ` line within the attached mailbox: 17 − 3.
    static let disputed = [
        "edge/grepmail/mailboxes/mailarc-1.txt": 14,
        "edge/grepmail/mailboxes/mailarc-1-dos.txt": 14,
        "edge/grepmail/mailboxes/mailarc-3.txt": 14,
    ]

    @Test("an mbox with a known count has that many messages", arguments: Corpora.mboxes.filter { $0.trueCount != nil })
    func trueCount(row: MboxRow) throws {
        let result = try MboxScanner.scanAll(try Corpora.bytes(row.path))
        #expect(result.messages.count == Self.disputed[row.path] ?? row.trueCount)
    }

    @Test(
        "where three readers agree on an mbox, so do we",
        arguments: Corpora.mboxes.filter { $0.trueCount == nil && ($0.python ?? 0) > 0 }
    )
    func agreedCount(row: MboxRow) throws {
        let result = try MboxScanner.scanAll(try Corpora.bytes(row.path))
        #expect(result.messages.count == row.python)
    }

    @Test("the pieces of an mbox are its bytes, and quoting is made again", arguments: Corpora.mboxes)
    func tiling(row: MboxRow) throws {
        let bytes = try Corpora.bytes(row.path)
        let dialect = MboxDialect(try MboxEvidence.gather(MemoryByteSource(bytes)))
        let result = try MboxScanner.scanAll(bytes, dialect: dialect)
        #expect(result.bytes == bytes)
        var end: UInt64 = 0
        for message in result.messages {
            #expect(message.lead.lowerBound == end)
            #expect(message.lead.upperBound == message.content.lowerBound)
            #expect(message.content.upperBound == message.trail.lowerBound)
            end = message.trail.upperBound
            let content = Array(bytes[Int(message.content.lowerBound)..<Int(message.content.upperBound)])
            for quoting in [MboxQuoting.o, .rd] {
                expectQuotingInverts(content, quoting, dialect.lineEnds)
            }
        }
        #expect(result.tail == end..<UInt64(bytes.count))
    }

    @Test("the offsets are those of MimeKit", arguments: ["content-length", "issue1189"])
    func oracle(name: String) throws {
        struct Entry: Decodable {
            var mboxMarkerOffset: Int
            var beginOffset: Int
            var endOffset: Int
        }
        let unix = try Corpora.bytes("edge/mimekit/mbox/\(name).mbox.txt")
        var dos: [UInt8] = []
        for byte in unix {
            if byte == 0x0A { dos.append(0x0D) }
            dos.append(byte)
        }
        for (bytes, kind) in [(unix, "unix"), (dos, "dos")] {
            let json = Data(try Corpora.bytes("edge/mimekit/mbox/\(name).\(kind)-offsets.json"))
            let entries = try JSONDecoder().decode([Entry].self, from: json)
            let messages = try MboxScanner.scanAll(bytes).messages
            #expect(messages.map { Int($0.separator.lowerBound) } == entries.map(\.mboxMarkerOffset), "\(kind)")
            #expect(messages.map { Int($0.content.lowerBound) } == entries.map(\.beginOffset), "\(kind)")
            for (message, entry) in zip(messages, entries) {
                // Without an empty line before the next separator MimeKit gives the last line end to the MBOX; here it is
                // the message's own, as in its EML twin.
                let ownLineEnd = message.trail.isEmpty && message.traits.isDisjoint(with: .endedByLength)
                let lineEnd = ownLineEnd && entry.endOffset < bytes.count - 1 ? (kind == "dos" ? 2 : 1) : 0
                #expect(Int(message.content.upperBound) == entry.endOffset + lineEnd, "\(kind)")
            }
        }
    }
}
