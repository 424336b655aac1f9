import MailFormats
import OutlookFormats
import Testing

@Suite("Bodies and attachments of Outlook items")
struct MessageBodyTests {
    private func body(_ made: Made) -> String {
        guard let end = made.text.firstRange(of: "\r\n\r\n") else { return "" }
        return String(made.text[end.upperBound...])
    }

    @Test("HTML stays byte for byte under the name of its code page")
    func html() throws {
        let bytes = Array("<p>Gr".utf8) + [0xFC, 0xDF] + Array("e =\n</p>".utf8)
        let made = try Made(MapiMessage(PropertyBag([Make.binary(0x1013, bytes), Make.integer(0x3FDE, 1252)])))
        #expect(made.field("Content-Type") == "text/html; charset=windows-1252")
        #expect(made.field("Content-Transfer-Encoding") == "quoted-printable")
        #expect(body(made) == "<p>Gr=FC=DFe =3D=0A</p>")
    }

    @Test("plain text and HTML are alternatives, an image that the HTML shows is related to it")
    func structure() throws {
        let message = MapiMessage(
            PropertyBag([Make.text(0x1000, "t"), Make.binary(0x1013, Array("<img src=\"cid:i%401\">".utf8))]),
            attachments: [
                Make.attachment("i.png", .bytes([1, 2]), [Make.text(0x3712, "i@1"), Make.text(0x370E, "image/png")]),
                Make.attachment("Übersicht.pdf", .bytes([3]), [Make.text(0x3712, "other")]),
            ]
        )
        let made = try Made(message)
        let types = made.text.split(separator: "\r\n").filter { $0.hasPrefix("Content-Type: ") }.map {
            $0.dropFirst(14)
        }
        #expect(
            types.map { $0.prefix { $0 != ";" } } == [
                "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
                "application/octet-stream",
            ]
        )
        #expect(made.text.contains("Content-Disposition: inline; filename=i.png\r\nContent-ID: <i@1>\r\n\r\nAQI=\r\n"))
        #expect(made.text.contains("filename*=utf-8''%C3%9Cbersicht.pdf"))
        #expect(try Made(message).bytes == made.bytes)
    }

    @Test("an attached message is rendered as it would be alone")
    func nested() throws {
        let inner = MapiMessage(
            PropertyBag([Make.text(0x0037, "Inner"), Make.text(0x1000, "t"), Make.binary(0x1013, Array("<p>".utf8))])
        )
        let outer = MapiMessage(
            PropertyBag([Make.text(0x0037, "Outer")]),
            attachments: [MapiAttachment(PropertyBag([Make.integer(0x3705, 5)]), .message(inner))]
        )
        let alone = try Made(inner)
        #expect(try Made(outer).text.contains("Content-Type: message/rfc822\r\n"))
        #expect(try Made(outer).text.contains(alone.text))
    }

    @Test("messages within messages end at the depth that is allowed, and that is told")
    func depth() throws {
        var message = MapiMessage(PropertyBag([Make.text(0x0037, "deepest")]))
        for _ in 0..<40 {
            message = MapiMessage(
                PropertyBag([Make.text(0x0037, "x")]),
                attachments: [MapiAttachment(PropertyBag([Make.integer(0x3705, 5)]), .message(message))]
            )
        }
        let made = try Made(message)
        #expect(!made.text.contains("deepest"))
        #expect(made.rendered.losses.count == 1)
    }

    @Test("signed mail is the item's header and the original, unchanged")
    func signed() throws {
        let original =
            "Content-Type: multipart/signed;\r\n\tboundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nx\n--b--"
        let message = MapiMessage(
            PropertyBag([
                Make.text(0x001A, "IPM.Note.SMIME.MultipartSigned"), Make.text(0x0037, "S"), Make.text(0x1000, "x"),
            ]),
            attachments: [Make.attachment("smime.p7m", .bytes(Array(original.utf8)))]
        )
        #expect(
            try Made(message).text
                == "X-Portable-Archive-Synthesized: 1\r\nSubject: S\r\nMIME-Version: 1.0\r\n" + original
        )
    }

    @Test("bare CMS of encrypted mail gets its type back")
    func encrypted() throws {
        let cms: [UInt8] = [0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03, 0xA0, 0x80]
        let made = try Made(
            MapiMessage(
                PropertyBag([Make.text(0x001A, "IPM.Note.SMIME")]),
                attachments: [Make.attachment("smime.p7m", .bytes(cms))]
            )
        )
        #expect(
            made.field("Content-Type") == "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
        )
        #expect(body(made) == "MIAGCSqGSIb3DQEHA6CA\r\n")
    }

    @Test("HTML in RTF becomes HTML, true RTF a part beside the text")
    func rtf() throws {
        func item(_ rtf: String) throws -> Made {
            let bytes = Array(rtf.utf8)
            let value =
                Make.littleEndian(UInt64(bytes.count + 12), 4) + Make.littleEndian(UInt64(bytes.count), 4)
                + Array("MELA".utf8) + [0, 0, 0, 0] + bytes
            return try Made(MapiMessage(PropertyBag([Make.binary(0x1009, value)])))
        }
        let html = try item(#"{\rtf1\ansi\fromhtml1 {\*\htmltag <b>}x{\*\htmltag </b>}}"#)
        #expect(html.field("Content-Type") == "text/html; charset=utf-8" && body(html) == "<b>x</b>")
        let rich = try item(#"{\rtf1\ansi {\b x}}"#)
        #expect(rich.field("Content-Type")?.hasPrefix("multipart/alternative") == true)
        #expect(rich.text.contains("Content-Type: text/plain; charset=utf-8\r\n\r\nx\r\n"))
        #expect(rich.text.contains("Content-Disposition: inline; filename=body.rtf"))
        #expect(try item("no RTF").rendered.losses.count == 1)
    }

    @Test("a link instead of an attachment is a text that names it")
    func link() throws {
        let properties = PropertyBag([
            Make.integer(0x3705, 7), Make.text(0x370D, "https://example.com/f"), Make.text(0x3707, "f"),
        ])
        let made = try Made(MapiMessage(PropertyBag(), attachments: [MapiAttachment(properties, .none)]))
        #expect(body(made) == "https://example.com/f\r\n")
        #expect(made.field("X-Portable-Archive-Attachment") == "link")
    }

    @Test("a long attachment is streamed in pieces and decodes to its bytes")
    func long() throws {
        let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let message = MapiMessage(
            PropertyBag(),
            attachments: [Make.attachment("a", .source(MemoryByteSource(bytes)))]
        )
        var longest = 0
        var all: [UInt8] = []
        _ = try OutlookRendering.render(message) {
            longest = max(longest, $0.count)
            all += $0
        }
        #expect(longest <= 256 << 10)
        let text = String(decoding: all, as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        #expect(lines.dropFirst(6).dropLast().allSatisfy { $0.utf8.count == 76 })
    }

    @Test("a value that cannot be read is an error with its place, not a short message")
    func unreadable() {
        struct Broken: ByteSource {
            var byteCount: UInt64 { 1 << 20 }
            func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
                throw ByteSourceError(.system(5), at: offset)
            }
        }
        let message = MapiMessage(PropertyBag(), attachments: [Make.attachment("a", .source(Broken()))])
        #expect(throws: RenderingFailure.self) { try Made(message) }
    }
}
