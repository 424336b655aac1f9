import MailDisplay
import Testing

@Suite("Charset text")
struct CharsetTextTests {
    /// Byte sequences from the charts of the charsets.
    @Test(
        "bytes become the characters their charset gives them",
        arguments: [
            ("iso-8859-1", [0xE4, 0x80], "ä€"), ("ISO_8859-15", [0xA4], "€"), ("windows-1251", [0xCF, 0xF0], "Пр"),
            ("koi8-r", [0xF0, 0xD2], "Пр"), ("gb2312", [0xD6, 0xD0, 0xCE, 0xC4], "中文"),
            ("big5", [0xA4, 0xA4, 0xA4, 0xE5], "中文"), ("Shift_JIS", [0x93, 0xFA, 0x96, 0x7B], "日本"),
            ("euc-jp", [0xC6, 0xFC, 0xCB, 0xDC], "日本"),
            ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x4B, 0x5C, 0x1B, 0x28, 0x42], "日本"),
            ("ks_c_5601-1987", [0xC7, 0xD1], "한"), ("utf-16", [0xFF, 0xFE, 0xE4, 0x00], "ä"),
            ("utf-16", [0x00, 0xE4], "ä"), ("utf-7", Array("+AOQ-".utf8), "ä"), ("cp437", [0x84], "ä"),
            ("macintosh", [0x8A], "ä"), ("utf8", [0xC3, 0xA4], "ä"),
        ] as [(String, [UInt8], String)]
    )
    func known(label: String, bytes: [UInt8], text: String) {
        #expect(CharsetText.decode(bytes, label: label) == text)
    }

    @Test("a label that is missing, unknown, hostile or wrong gives way to a guess")
    func guesses() {
        for label in [nil, "", "x-none", "us-ascii", "UTF-8//TRANSLIT/../../x", String(repeating: "a", count: 100_000)]
        {
            #expect(CharsetText.decode([0xC3, 0xA4], label: label) == "ä")
            #expect(CharsetText.decode([0xE4], label: label) == "ä")
        }
        #expect(CharsetText.decode([0x41, 0xE4, 0x42], label: "utf-8") == "AäB")
        #expect(CharsetText.decode(Array("ä ö".utf8), label: "iso-2022-jp") == "ä ö")
        let unlabelled: [UInt8] = [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x4B, 0x5C, 0x1B, 0x28, 0x42]
        #expect(CharsetText.decode(unlabelled, label: nil) == "日本")
    }

    @Test("damage becomes U+FFFD, and the text around it and NUL stay")
    func damage() {
        #expect(CharsetText.decode([0xC3, 0xA4, 0xC3, 0x41], label: "utf-8") == "ä\u{FFFD}A")
        #expect(CharsetText.decode([0xD6, 0xD0, 0xFF, 0x41, 0xD6], label: "gb2312") == "中\u{FFFD}A\u{FFFD}")
        #expect(CharsetText.decode([0x41, 0x00, 0x42], label: "koi8-r") == "A\0B")
    }
}
