import MailFormats
import Testing

private func seconds(_ text: String) -> Int64? { Array(text.utf8).withUnsafeBytes { MailDate.parse($0) } }

struct MailDateTests {
    @Test(
        "dates of the RFCs and the usual broken ones are read",
        arguments: [
            // RFC 5322 appendix A.1.1, A.1.3, A.5, A.6.2, A.6.3; expected values by GNU date
            ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706),
            ("Thu, 13 Feb 1969 23:32:54 -0330", -27_723_426),
            (
                "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
                -27_723_480
            ),
            ("21 Nov 97 09:55:06 GMT", 880_106_106),
            ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", nil),
            // RFC 822 §5, RFC 850
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Sun, 06 Nov 1994 03:49:37 EST", 784_111_777),
            ("Tue, 5 Mar 2019 09:13:51 +0100 (CET)", 1_551_773_631),
            ("5 Mar 119 8:13:51 +0000", 1_551_773_631),
            ("2019-03-05T09:13:51+01:00", 1_551_773_631),
            ("2019-03-05T08:13:51.123Z", 1_551_773_631),
            ("Tue Mar 19 09:13:51 +0000 2019", 1_552_986_831),
            ("Tue, 5 Mar 2019 08:13:51 PM GMT", 1_551_816_831),
            ("Tue, 5 Mar 2019 12:13:51 AM", 1_551_744_831),
            ("Tue, 5 Mar 2019 09:13:51 GMT+0100", 1_551_773_631),
            ("", nil), ("yesterday", nil), ("Tue, 35 Mar 2019 09:13:51", nil), ("1 Jan 1 00:00:00", 978_307_200),
            ("0001-01-01 00:00:00", nil), ("99999999999999999999 Mar 2019 99:99:99", nil), ("+ - : / T :", nil),
        ] as [(String, Int64?)]
    )
    func parse(text: String, expected: Int64?) {
        #expect(seconds(text) == expected)
    }

    @Test(
        "the form of a separator line reads back",
        arguments: [0, -1, 951_782_400, 1_551_773_631, 4_102_444_800, -27_723_426]
    )
    func asctime(moment: Int64) {
        let text = MailDate.asctime(moment)
        #expect(text.count == 24)
        #expect(text.withUnsafeBytes { MailDate.parse($0) } == moment)
    }

    @Test("known days have their names")
    func names() {
        #expect(String(decoding: MailDate.asctime(0), as: UTF8.self) == "Thu Jan  1 00:00:00 1970")
        #expect(String(decoding: MailDate.asctime(951_782_400), as: UTF8.self) == "Tue Feb 29 00:00:00 2000")
        #expect(String(decoding: MailDate.asctime(-1), as: UTF8.self) == "Wed Dec 31 23:59:59 1969")
        #expect(MailDate.asctime(.min).count == 24)
        #expect(MailDate.asctime(.max).count == 24)
    }

    @Test("random words are a date or none, and nothing traps", arguments: 0..<20)
    func soup(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let pieces = [
            "1", "31", "2019", "99999999", "Mar", "-", "+", ":", "/", "T", "Z", " ", "(", ")", ".", "GMT", "pm", "am",
            "0100", "\"", "Tue,",
        ]
        for _ in 0..<200 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) { text += pieces.randomElement(using: &random) ?? "" }
            _ = seconds(text)
        }
    }
}

struct EnvelopeTests {
    @Test("the first field of each name counts, unfolded and trimmed")
    func fields() {
        let text =
            "From joe Thu Jan  1 00:00:00 1970\nReceived: x\nFROM: a@example.com\nSubject :  one\n  two\t\nsubject: other\nTo:\nno field\nDate: 21 Nov 97 09:55:06 GMT\nMessage-ID: <1@x>\n\nCc: body\n"
        for style in ["\n", "\r\n", "\r"] {
            let bytes = Array(text.replacing("\n", with: style).utf8)
            let envelope = bytes.withUnsafeBytes { Envelope(of: $0, lineEnds: LineEndStyle.detect($0)) }
            #expect(envelope.from == .init(bytes: Array("a@example.com".utf8)))
            #expect(envelope.subject == .init(bytes: Array("one  two".utf8)))
            #expect(envelope.to == .init(bytes: []))
            #expect(envelope.cc == nil)
            #expect(envelope.messageID == .init(bytes: Array("<1@x>".utf8)))
            #expect(envelope.date == 880_106_106)
        }
    }

    @Test("a long field is cut, and says so")
    func cut() {
        let bytes = Array(("Subject: " + String(repeating: "x", count: 5000) + "\n\n").utf8)
        let envelope = bytes.withUnsafeBytes { Envelope(of: $0) }
        #expect(envelope.subject?.bytes.count == Envelope.valueByteLimit)
        #expect(envelope.subject?.isCut == true)
    }
}

struct MailKindTests {
    @Test(
        "mail is known by its first bytes",
        arguments: [
            ("", MailKind.NameHint.none, MailKind.empty),
            ("\r\n\n", .none, .unknown(.blank)),
            ("Received: x\n\n", .none, .eml), ("\u{FEFF}\r\nFrom: x\r\n", .none, .eml),
            ("X-Odd: 1\rTo: x\r\r", .none, .eml),
            ("http://example.com\nis a page\n", .none, .unknown(.noHeaderField)),
            ("Odd: 1\n\nx", .eml, .eml), ("Odd: 1\n\nx", .none, .unknown(.noHeaderField)),
            ("\u{0}\u{1}\u{2}", .eml, .unknown(.binary)),
            (first + "Subject: 1\n\n", .none, .mbox), ("\u{FEFF}From -\nSubject: 1\n\n", .mbox, .mbox),
            (first + "Subject: 1\n\nx\n", .eml, .eml),
            (first + "Subject: 1\n\nx\n\n" + second + "Subject: 2\n\n", .eml, .mbox),
            ("From here on, prose\nand more\n", .mbox, .unknown(.noHeaderField)),
        ]
    )
    func sniff(text: String, hint: MailKind.NameHint, kind: MailKind) {
        #expect(Array(text.utf8).withUnsafeBytes { MailKind.sniff(prefix: $0, nameHint: hint) } == kind)
    }
}

private let first = "From a@example.com Thu Jan  1 00:00:00 1970\n"
private let second = "From b@example.com Fri Jan  2 00:00:00 1970\n"

struct MboxExportTests {
    @Test("an exported mbox splits into the same messages", arguments: [LineEnd.lf, .crlf])
    func export(lineEnd: LineEnd) throws {
        let export = MboxExport(lineEnd: lineEnd)
        let end = String(decoding: lineEnd.bytes, as: UTF8.self)
        let messages = [
            "Subject: 1\n\nFrom x\n>From y\n", "Subject: 2\n\n", "Subject: 3\n\nno end", "Subject: 4\n\nends empty\n\n",
        ].map {
            Array($0.replacing("\n", with: end).utf8)
        }
        var file: [UInt8] = []
        for (message, sender) in zip(messages, ["A B <a@example.com>", "b@example.com (B)", "<\r\nFrom x>", ""]) {
            file += Array(sender.utf8).withUnsafeBytes { export.separator(sender: $0, date: 0) }
            var quoted: [UInt8] = []
            let changed = message.withUnsafeBytes { MboxQuoting.rd.redo($0, lineEnds: export.lineEnds, into: &quoted) }
            file += changed ? quoted : message
            file += export.trail(afterLastByte: message.last)
        }
        let result = try MboxScanner.scanAll(file)
        #expect(result.messages.count == 4)
        for (piece, message) in zip(result.messages, messages) {
            let content = Array(file[Int(piece.content.lowerBound)..<Int(piece.content.upperBound)])
            var plain: [UInt8] = []
            let undone = content.withUnsafeBytes { MboxQuoting.rd.undo($0, lineEnds: export.lineEnds, into: &plain) }
            #expect((undone.changed ? plain : content).starts(with: message))
        }
        let lines = String(decoding: file, as: UTF8.self)
        for sender in ["From a@example.com Thu", "From b@example.com Thu", "From Fromx Thu", "From MAILER-DAEMON Thu"] {
            #expect(lines.contains(sender))
        }
    }
}
