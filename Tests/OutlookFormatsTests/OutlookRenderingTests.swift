import MailFormats
import OutlookFormats
import Testing

@Suite("Rendering of Outlook items")
struct OutlookRenderingTests {
    @Test("a header that came with the message stays byte for byte, but for the fields of MIME")
    func transportHeaders() throws {
        let header =
            "Received: from a\r\n\tby b; Mon, 1 Jan 2024 00:00:00 +0000\r\nfrom: \"X\"  <x@example.com>\r\n"
            + "Mime-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=q\r\nX-Odd:\t v \r\nSubject:  a\r\n\r\n"
            + "--q\r\nContent-Type: text/plain\r\n"
        let made = try Made(
            MapiMessage(PropertyBag([Make.text(0x007D, header), Make.text(0x1000, "Hi\r\n"), Make.text(0x0037, "b")]))
        )
        #expect(
            made.text == """
                X-Portable-Archive-Synthesized: 1\r
                Received: from a\r
                \tby b; Mon, 1 Jan 2024 00:00:00 +0000\r
                from: "X"  <x@example.com>\r
                X-Odd:\t v \r
                Subject:  a\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                \r
                Hi\r

                """
        )
    }

    @Test("an item without a header gets one from its properties and its recipients")
    func builtHeader() throws {
        let made = try Made(
            MapiMessage(
                PropertyBag([
                    Make.text(0x0037, "\u{1}\u{5}AW: Grüße aus Köln"), Make.text(0x0042, "Müller, Jörg"),
                    Make.text(0x0064, "SMTP"), Make.text(0x0065, "jm@example.com"),
                    Make.text(0x0C1A, "Office"), Make.text(0x5D01, "office@example.com"),
                    Make.time(0x0039, 1_700_000_000), Make.text(0x1035, "<abc@example.com>"), Make.integer(0x0017, 2),
                    Make.text(0x1039, "<1@x> <2@x>"), Make.text(0x1042, "<2@x>"), Make.text(0x1000, "Hi"),
                ]),
                recipients: [
                    Make.recipient(1, "Ann Other", smtp: "ann@example.com"),
                    Make.recipient(2, "c@example.com", smtp: "c@example.com"),
                    PropertyBag([
                        Make.integer(0x0C15, 1), Make.text(0x3001, "Bob"), Make.text(0x3002, "EX"),
                        Make.text(0x3003, "/o=Org/ou=Site A/cn=bob"),
                    ]),
                    Make.recipient(3, "Hidden", smtp: "h@example.com"),
                ]
            )
        )
        #expect(made.field("Subject") == "=?utf-8?B?QVc6IEdyw7zDn2UgYXVzIEvDtmxu?=")
        #expect(made.field("From") == "=?utf-8?B?TcO8bGxlciwgSsO2cmc=?= <jm@example.com>")
        #expect(made.field("Sender") == "Office <office@example.com>")
        #expect(made.field("To") == "Ann Other <ann@example.com>, Bob:;")
        #expect(made.field("X-Portable-Archive-Address") == "to 2 EX:/o=Org/ou=Site%20A/cn=bob")
        #expect(made.field("Cc") == "c@example.com")
        #expect(made.field("Bcc") == "Hidden <h@example.com>")
        #expect(made.field("Date") == "Tue, 14 Nov 2023 22:13:20 +0000")
        #expect(made.field("Message-ID") == "<abc@example.com>")
        #expect(made.field("References") == "<1@x> <2@x>")
        #expect(made.field("Importance") == "high")
    }

    @Test("an item without date, sender or id gets none")
    func nothingInvented() throws {
        let made = try Made(MapiMessage(PropertyBag([Make.text(0x0037, "Draft"), Make.integer(0x0E07, 9)])))
        #expect(
            made.text
                == "X-Portable-Archive-Synthesized: 1\r\nSubject: Draft\r\nMIME-Version: 1.0\r\n"
                + "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
        )
        #expect(made.rendered.flags == [.read, .draft])
    }

    @Test("no value can end a field or begin another")
    func injection() throws {
        let made = try Made(
            MapiMessage(
                PropertyBag([
                    Make.text(0x0037, "a\r\nBcc: evil@example.com\r\n\r\nbody"),
                    Make.text(0x0042, "x\r\nX-Evil: 1"), Make.text(0x5D02, "a@b\r\nX-Evil: 2"),
                    Make.text(0x1035, "<a\r\nX-Evil: 3@b>"),
                ]),
                attachments: [Make.attachment("a\"\r\nX-Evil: 4", .bytes([1]), [Make.text(0x370E, "a/b\r\nX-Evil: 5")])]
            )
        )
        #expect(!made.text.contains("\nX-Evil") && !made.text.contains("\nBcc"))
    }

    @Test("the state, the categories and the time of coming in are told")
    func states() throws {
        let name = PropertyName(set: Make.set(0x0002_0329), .string("Keywords"))
        let made = try Made(
            MapiMessage(
                PropertyBag([
                    Make.integer(0x0E07, 1), Make.integer(0x1090, 2), Make.integer(0x1081, 102),
                    Make.time(0x0E06, 1_700_000_000), Make.texts(0x8001, ["Rot", "Blau"], name: name),
                    Make.text(0x001A, "IPM.Note"),
                ])
            )
        )
        #expect(made.rendered.flags == [.read, .flagged, .answered])
        #expect(made.rendered.categories == ["Rot", "Blau"])
        #expect(made.rendered.internalDate == 1_700_000_000)
        #expect(made.rendered.messageClass == "IPM.Note")
    }
}
