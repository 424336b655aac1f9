import OutlookFormats
import Testing

@Suite("HTML and text in RTF")
struct RTFDocumentTests {
    private func html(_ rtf: String) throws -> String {
        guard case .html(let bytes) = try RTFDocument.read(Array(rtf.utf8)) else { return "no HTML" }
        return String(decoding: bytes, as: UTF8.self)
    }

    // After the example of MS-OXRTFEX, section 3.
    @Test("wrapped HTML comes out with its tags, its text and its line ends, without what is for readers of RTF")
    func wrapped() throws {
        let rtf = #"""
            {\rtf1\ANSI\ansicpg1251\fromhtml1 \deff0
            {\fonttbl {\f0\fmodern Courier New;}{\f1\fswiss Arial;}{\f2\fswiss\fcharset0 Arial;}}
            {\colortbl\red0\green0\blue0;\red0\green0\blue255;}
            {\*\htmltag64}
            \uc1\pard\plain\deftab360 \f0\fs24
            {\*\htmltag <HTML><head>\par
            <style>\par
            p.MsoNormal \{font-family:Arial;\}\par
            </style>\par
            \tab <!-- A comment -->\par
            </head><body>\par
            <p\par
            class="MsoNormal">}
            {\htmlrtf \f1 \htmlrtf0 A line break inside a P tag. {\*\htmltag <b>}{\htmlrtf \b \htmlrtf0 Bold{\*\htmltag </b>}}\htmlrtf\par\htmlrtf0}
            \htmlrtf \par \htmlrtf0
            {\*\htmltag </p>\par
            <p class="MsoNormal">\par}
            {\htmlrtf \f1 \htmlrtf0 References: {\*\htmltag &nbsp;}\htmlrtf \'a0\htmlrtf0  {\*\htmltag &lt;}\htmlrtf <\htmlrtf0  {\*\htmltag &uml;}\htmlrtf {\f2\'a8}\htmlrtf0{\*\htmltag <br>\par}\htmlrtf\line\htmlrtf0
            special: \{\}\\{\*\htmltag <br>\par}\htmlrtf\line\htmlrtf0\htmlrtf\par\htmlrtf0}
            {\*\htmltag </p></body></HTML>}}
            """#
        let expected = [
            "<HTML><head>", "<style>", "p.MsoNormal {font-family:Arial;}", "</style>", "\t<!-- A comment -->",
            "</head><body>", "<p", "class=\"MsoNormal\">A line break inside a P tag. <b>Bold</b></p>",
            "<p class=\"MsoNormal\">", "References: &nbsp; &lt; &uml;<br>", "special: {}\\<br>", "</p></body></HTML>",
        ]
        #expect(try html(rtf) == expected.joined(separator: "\r\n"))
    }

    @Test(
        "characters come out whatever way they are written",
        arguments: [
            (#"\'cf\'f0\'e8"#, "При"), (#"{\f1 \'fc}"#, "ü"), (#"{\f2 \'83\'65\'83X\'83g}"#, "テスト"),
            (#"\u1055?\u1088 ?x"#, "Прx"), (#"\uc2\u1055 ab\uc1 c"#, "Пc"), (#"\u-10179?\u-8704?"#, "😀"),
            (#"\lquote\rquote\emdash\~\_"#, "&lsquo;&rsquo;&mdash;&nbsp;&shy;"),
            (#"a\par b\line c\tab d"#, "a\r\nb\r\nc\td"),
            (#"{\*\mhtmltag <i>}x{\*\unknown y}{\pict 00ff}"#, "x"), (#"{\*\htmltag84 <a>}"#, "<a>"),
        ]
    )
    func characters(rtf: String, text: String) throws {
        let fonts = #"{\fonttbl{\f0\fcharset204 A;}{\f1\fcharset0 B;}{\f2\fcharset128 C;}}"#
        #expect(try html(#"{\rtf1\ansi\ansicpg1251\fromhtml1\deff0"# + fonts + rtf + "}") == text)
    }

    @Test("wrapped text and true RTF are told apart, and both give their text")
    func kinds() throws {
        let wrapped = #"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0 A;}}\pard Gr\'fc\'dfe\par b}"#
        #expect(try RTFDocument.read(Array(wrapped.utf8)) == .text(Array("Grüße\r\nb".utf8)))
        let rich = #"{\rtf1\ansi{\fonttbl\f0 A;}{\info{\title t}}{\stylesheet{\s1 x;}}\b Bold\b0  and {\i it}\par}"#
        #expect(try RTFDocument.read(Array(rich.utf8)) == .rich(Array("Bold and it\r\n".utf8)))
        // The word counts only at the beginning.
        let late = #"{\rtf1\ansi text \fromhtml1 {\*\htmltag <b>}}"#
        guard case .rich = try RTFDocument.read(Array(late.utf8)) else {
            Issue.record("taken for HTML")
            return
        }
    }

    @Test("hostile RTF ends in time, without a trap")
    func hostile() {
        let start = #"{\rtf1\ansi\fromhtml1 "#
        let attacks = [
            String(repeating: "{", count: 500_000), String(repeating: "}", count: 100), "\\", "\\'", "\\'g", "\\u",
            "\\u99999999999999999999 x", "\\bin99999999999 x", "\\bin-5 x", "\\uc-1\\u5 x", "\\f99999999999",
            "\\ansicpg99999999", "{\\fonttbl" + String(repeating: "{\\f1\\fcharset128}", count: 20_000),
            String(repeating: "\\'e0\\f1\\'e0\\f0", count: 50_000), "\\u-10179?", "{\\*\\htmltag",
        ]
        for attack in attacks { _ = try? RTFDocument.read(Array((start + attack).utf8)) }
        var random = Seeded(1)
        let whole = Array(
            #"{\rtf1\ansi\ansicpg932\fromhtml1{\fonttbl{\f0\fcharset128 A;}}{\*\htmltag <b>}\'83\'65\u9?x}"#.utf8
        )
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 5..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? RTFDocument.read(bytes)
        }
    }
}

/// Numbers that are the same in each run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
