import MailDisplay
import Testing

@Suite("Message display")
struct MessageDisplayTests {
    private func parse(_ text: String) -> DisplayMessage { MessageDisplay.parse(Array(text.utf8)) }

    private func bytes(of index: Int, in text: String) throws -> [UInt8] {
        var output: [UInt8] = []
        try Array(text.utf8).withUnsafeBytes { raw in
            _ = try MessageDisplay.decodePart(index, of: raw) { output.append(contentsOf: $0) }
        }
        return output
    }

    @Test("a plain message is shown with its fields in order")
    func plain() {
        let message = parse(
            "From: A <a@b.c>\r\nTo: x@y.z\r\nSubject: =?utf-8?Q?=C3=A4?=\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\nHello\r\nyou\r\n"
        )
        #expect(message.fields.map(\.name) == ["From", "To", "Subject", "Date"])
        #expect(message.subject == "ä")
        #expect(message.from == [DisplayMailbox(name: "A", address: "a@b.c")])
        // RFC 5322 appendix A.1.1; the seconds by date(1).
        #expect(
            message.date
                == DateText.decode(Array("Fri, 21 Nov 1997 15:55:06 +0000".utf8)).map { date in
                    var date = date
                    date.offsetMinutes = -360
                    return date
                }
        )
        #expect(message.date?.seconds == 880_127_706)
        #expect(message.text == "Hello\nyou\n")
        #expect(message.values(of: "TO") == ["x@y.z"])
        #expect(message.notes.isEmpty)
    }

    /// RFC 2231 sections 3 and 4, with the parameter names a file name has.
    @Test(
        "file names are decoded after RFC 2231, and in the forms mailers wrote before it",
        arguments: [
            (
                "application/x-stuff; name*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
                "This is ***fun***"
            ),
            (
                "application/x-stuff;\n name*0*=us-ascii'en'This%20is%20even%20more%20;\n name*1*=%2A%2A%2Afun%2A%2A%2A%20;\n name*2=\"isn't it!\"",
                "This is even more ***fun*** isn't it!"
            ),
            ("image/png; name=\"=?utf-8?Q?=C3=A4.png?=\"", "ä.png"), ("image/png; name=a b.png", "a b.png"),
            ("image/png; name*=utf-8''%C3%A4.png", "ä.png"),
        ]
    )
    func fileNames(type: String, name: String) {
        #expect(parse("Content-Type: \(type)\n\nx").parts.map(\.fileName) == [name])
    }

    private static let alternative = """
        Content-Type: multipart/mixed; boundary=m

        --m
        Content-Type: multipart/alternative; boundary=a

        --a
        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable

        Gr=FC=DFe
        --a
        Content-Type: multipart/related; boundary=r

        --r
        Content-Type: text/html

        <p>Gr&uuml;&szlig;e</p>
        --r
        Content-Type: image/png
        Content-ID: <pic@x>
        Content-Transfer-Encoding: base64

        iVBORw0KGgo=
        --r--
        --a--
        --m
        Content-Type: message/rfc822

        Subject: inner: one
        Content-Type: text/plain

        inner text
        --m
        Content-Type: application/pdf; name="../../etc/passwd"
        Content-Disposition: attachment

        %PDF
        --m--
        """

    @Test("of alternatives the plain text is shown, and the other parts are listed with their role")
    func roles() throws {
        let message = parse(Self.alternative)
        #expect(message.text == "Grüße\n")
        #expect(message.textSource == .plain)
        #expect(message.parts.map(\.role) == [.body, .alternative, .inline, .attachment, .attachment])
        #expect(
            message.parts.map(\.contentType)
                == ["text/plain", "text/html", "image/png", "message/rfc822", "application/pdf"]
        )
        #expect(message.parts[2].contentID == "pic@x")
        #expect(message.parts[2].decodedSize == 8)
        #expect(message.parts[3].safeFileName == "inner_ one.eml")
        #expect(message.parts[4].fileName == "../../etc/passwd")
        #expect(message.parts[4].safeFileName == "_.._etc_passwd")
        #expect(try bytes(of: 2, in: Self.alternative) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        #expect(
            try bytes(of: 3, in: Self.alternative)
                == Array("Subject: inner: one\nContent-Type: text/plain\n\ninner text".utf8)
        )
        #expect(throws: PartError.noSuchPart(5)) { try bytes(of: 5, in: Self.alternative) }
    }

    @Test("many parts come out of one pass, in order")
    func severalParts() throws {
        var seen: [Int: Int] = [:]
        try Array(Self.alternative.utf8).withUnsafeBytes { raw in
            try MessageDisplay.decodeParts(of: raw, where: { $0.role != .body }) { part, piece in
                seen[part.index, default: 0] += piece.count
            }
        }
        #expect(seen.keys.sorted() == [1, 2, 3, 4])
        #expect(seen[4] == 4)
    }

    @Test("HTML is turned into text where there is no plain text, or only an empty one")
    func html() {
        let message = parse("Content-Type: text/html\n\n<meta charset=utf-8><p>a<p>b")
        #expect(message.text == "a\n\nb\n")
        #expect(message.textSource == .html)
        let empty = parse(
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\n \n--a\nContent-Type: text/html\n\n<b>x</b>\n--a--\n"
        )
        #expect(empty.text == "x\n")
    }

    @Test("text is shown also where the structure is broken")
    func broken() {
        #expect(parse("Content-Type: multipart/mixed\n\nno boundary\n").text == "no boundary\n")
        #expect(parse("no header\nat all\n").text == "no header\nat all\n")
        #expect(parse("Content-Type: text\n\nx\n").text == "x\n")
        #expect(
            parse("Content-Transfer-Encoding: base64\n\nthese are plain words not base64\n").text
                == "these are plain words not base64\n"
        )
        #expect(parse("From someone Fri Nov 21 09:55:06 1997\nSubject: s\n\nx\n").subject == "s")
        #expect(parse("").text.isEmpty)
    }

    @Test("a text longer than asked for is cut and says so")
    func limits() {
        var options = DisplayOptions()
        options.maximumTextBytes = 4
        options.maximumFields = 1
        let message = MessageDisplay.parse(Array("A: 1\nB: 2\n\n12345".utf8), options: options)
        #expect(message.text == "1234\n")
        #expect(message.notes == [.fieldsOmitted(1), .textCut(bytes: 4)])
        options.maximumTextBytes = 5
        #expect(MessageDisplay.parse(Array("A: 1\n\n12345".utf8), options: options).notes.isEmpty)
    }

    @Test("hostile structures are read in bounded time")
    func bombs() {
        var nested = ""
        for level in 0..<2_000 { nested += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
        #expect(parse(nested + "\ninnermost").notes.contains(.nestedTooDeep))

        let messages = String(repeating: "Content-Type: message/rfc822\n\n", count: 20_000)
        #expect(parse(messages).parts.count == 1)

        let words = "Content-Type: text/plain" + String(repeating: "; a=\"=?x?q?", count: 100_000) + "\n\nx"
        #expect(parse(words).notes == [.fieldsShortened(1)])
        #expect(parse(words).text == "x\n")

        let groups = "From: " + String(repeating: "a:\n ", count: 20_000)
        let inner = "Content-Type: message/rfc822\n\n" + groups + "\n\nx"
        #expect(parse(groups + "\n\nx").text == "x\n")
        #expect(parse(inner).parts.count == 1)
    }

    @Test("messages are read on several threads at once")
    func threads() async {
        let message = Array(Self.alternative.utf8)
        let texts = await withTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { MessageDisplay.parse(message).text } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts == ["Grüße\n"])
    }
}
