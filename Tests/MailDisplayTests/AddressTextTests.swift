import MailDisplay
import Testing

@Suite("Address text")
struct AddressTextTests {
    private func decode(_ text: String) -> [DisplayMailbox] { AddressText.decode(Array(text.utf8)) }

    /// The fields stand in RFC 5322 appendix A.1 and A.5, and in RFC 2047 section 8.
    @Test(
        "addresses of the RFCs are taken apart",
        arguments: [
            ("John Doe <jdoe@machine.example>", ["John Doe|jdoe@machine.example"]),
            ("sender@example.net", ["|sender@example.net"]),
            ("\"Joe Q. Public\" <john.q.public@example.com>", ["Joe Q. Public|john.q.public@example.com"]),
            (
                "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
                ["Mary Smith|mary@x.test", "|jdoe@example.org", "Who?|one@y.test"]
            ),
            (
                "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
                ["|boss@nil.test", "Giant; \"Big\" Box|sysservices@example.net"]
            ),
            (
                "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
                ["Ed Jones|c@a.test", "|joe@where.test", "John|jdoe@one.test"]
            ),
            ("Undisclosed recipients:;", ["Undisclosed recipients|"]),
            ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", ["Keld Jørn Simonsen|keld@dkuug.dk"]),
        ]
    )
    func rfc(raw: String, expected: [String]) {
        #expect(decode(raw).map { "\($0.name)|\($0.address)" } == expected)
    }

    @Test("an encoded comma does not part a name, nor do encoded words in quotes stay encoded")
    func encodedSpecials() {
        #expect(decode("=?utf-8?Q?Doe=2C_J=C3=B6rg?= <a@b.c>") == [DisplayMailbox(name: "Doe, Jörg", address: "a@b.c")])
        #expect(decode("\"=?utf-8?Q?J=C3=B6rg?=\" <a@b.c>") == [DisplayMailbox(name: "Jörg", address: "a@b.c")])
        #expect(decode("a@b.c (=?utf-8?Q?J=C3=B6rg?=)") == [DisplayMailbox(name: "Jörg", address: "a@b.c")])
        #expect(
            AddressText.decode(Array("J".utf8) + [0xF6] + Array("rg <a@b.c>".utf8))
                == [DisplayMailbox(name: "Jörg", address: "a@b.c")]
        )
    }

    @Test("text that is no address is shown as it is")
    func noAddress() {
        #expect(decode("").isEmpty)
        #expect(decode("   ").isEmpty)
        for text in ["(only a comment", "<>", ",,,"] { #expect(decode(text).map(\.address).allSatisfy { $0.isEmpty }) }
    }

    @Test(
        "groups within groups without end do not exhaust the stack",
        arguments: ["", "(\"", "\"", "\\\"", "(", "x (\") "]
    )
    func nestedGroups(start: String) {
        let field = start + String(repeating: "a:", count: 30_000)
        #expect(!decode(field).isEmpty)
        _ = decode(field + "(\")")
        _ = decode(start + String(repeating: "a:\",\"", count: 12_000))
    }

    @Test("a list of hundreds of recipients with colons in their names is whole")
    func manyColons() {
        let list = (0..<500).map { "\"Dept: \($0)\" <u\($0)@example.org>" }.joined(separator: ", ")
        let mailboxes = decode(list)
        #expect(mailboxes.count == 500)
        #expect(mailboxes.last == DisplayMailbox(name: "Dept: 499", address: "u499@example.org"))
    }
}
