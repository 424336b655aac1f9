import MailDisplay
import Testing

@Suite("Header text")
struct HeaderTextTests {
    /// RFC 2047 section 8: the display column, for words outside of comments.
    @Test(
        "the examples of RFC 2047 section 8 are shown as the RFC says",
        arguments: [
            ("=?ISO-8859-1?Q?a?=", "a"), ("=?ISO-8859-1?Q?a?= b", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
            ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"), ("=?ISO-8859-1?Q?a_b?=", "a b"),
            ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
            ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"),
            ("=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"),
            (
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example."
            ),
            (
                "Nathaniel Borenstein <nsb@thumper.bellcore.com>\r\n (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
                "Nathaniel Borenstein <nsb@thumper.bellcore.com> (םולש ןב ילטפנ)"
            ),
            // RFC 2231 section 5: a language behind the charset.
            ("=?US-ASCII*EN?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        ]
    )
    func rfc2047(raw: String, shown: String) {
        #expect(HeaderText.decode(Array(raw.utf8)) == shown)
    }

    @Test(
        "forms RFC 2047 forbids, but mails hold, are decoded",
        arguments: [
            // A character cut in two by the end of a word.
            ("=?utf-8?B?w6Q=?= =?utf-8?B?ww==?= =?utf-8?B?pA==?=", "ää"), ("=?utf-8?Q?=C3?= =?UTF-8?Q?=A4?=", "ä"),
            ("x=?utf-8?Q?=C3=A4?=y", "xäy"), ("=?utf-8?Q?a b?=", "a b"), ("=?utf-8?B?w6Q?=", "ä"),
            ("=?utf-8?Q??=", ""), ("=?utf-8?q?=zz=4?=", "=zz=4"), ("=?utf-8?Q?really?_yes?=", "really? yes"),
            ("\"=?utf-8?Q?=C3=A4?=\"", "\"ä\""), ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
            // No encoded words at all.
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="), ("=?utf-8?Q?open", "=?utf-8?Q?open"), ("=?", "=?"),
            ("1 =? 2", "1 =? 2"),
            ("=?utf-8?Q?open =?utf-8?Q?a?=", "=?utf-8?Q?open a"),
        ]
    )
    func lenient(raw: String, shown: String) {
        #expect(HeaderText.decode(Array(raw.utf8)) == shown)
    }

    @Test(
        "raw bytes above 127 are read as UTF-8, or else as windows-1252",
        arguments: [
            ([0xC3, 0xA4], "ä"), ([0xE4], "ä"), ([0x93, 0x78, 0x94], "“x”"), ([0x41, 0xFF, 0x80], "Aÿ€"),
        ] as [([UInt8], String)]
    )
    func raw(bytes: [UInt8], shown: String) {
        #expect(HeaderText.decode(bytes) == shown)
    }

    @Test("folds are taken out and outer blanks dropped")
    func folds() {
        #expect(HeaderText.decode(Array(" a\r\n b\r\n\tc \r\n".utf8)) == "a b c")
        #expect(HeaderText.decode(Array("a\nb".utf8)) == "a b")
        #expect(HeaderText.decode([0x61, 0, 0x62]) == "a b")
        #expect(HeaderText.decode([]) == "")
    }

    @Test("a field of megabytes is cut and says so")
    func long() {
        let text = HeaderText.decode([UInt8](repeating: 0x61, count: 3 << 20))
        #expect(text.utf8.count == HeaderText.maximumBytes + 3)
        #expect(text.hasSuffix("…"))
    }
}
