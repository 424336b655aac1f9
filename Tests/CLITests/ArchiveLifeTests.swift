import Foundation
import Testing

/// Mail in, listed, proven and out again, with the built binary.
@Suite struct ArchiveLifeTests {
    private static let first =
        "From: Ada <ada@example.org>\r\nTo: ben@example.org\r\nSubject: One\r\n"
        + "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\n\r\nFirst.\r\n"
    private static let second = "From: Ben <ben@example.org>\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nSecond.\n"
    private static let mbox =
        "From ada@example.org Fri Nov 21 15:55:06 1997\nFrom: Ada <ada@example.org>\n"
        + "Subject: Quoted\n\n>From here on\n>>From there\n\n"
        + "From ben@example.org Fri Nov 21 15:56:06 1997\nFrom: Ben <ben@example.org>\nSubject: Last\n\nBye.\n\n"

    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        try tool.write(Self.first, to: "mail/inbox/1.eml")
        try tool.write(Self.second, to: "mail/sent/2.eml")
        try tool.write(Self.mbox, to: "mail/old.mbox")
        let result = try tool.run("import", "a.pa", "mail")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.text.contains("4 found = 4 stored + 0 already there + 0 rejected"))
        return tool
    }

    @Test("an import makes the archive, and the same again stores nothing")
    func importTwice() throws {
        let tool = try filled()
        defer { tool.remove() }
        let again = try tool.run("import", "a.pa", "mail", "--json")
        #expect(again.status == 0)
        let counts = again.json["counts"] as? [String: Any]
        #expect(counts?["stored"] as? Int == 0)
        #expect(counts?["alreadyThere"] as? Int == 4)
    }

    @Test("list decodes header fields and filters")
    func list() throws {
        let tool = try filled()
        defer { tool.remove() }
        #expect(try tool.run("list", "a.pa").text.split(separator: "\n").count == 4)
        let found = try tool.run("list", "a.pa", "--subject", "grüße", "--json")
        let messages = found.json["messages"] as? [[String: Any]]
        #expect(messages?.count == 1)
        #expect(messages?.first?["subject"] as? String == "Grüße")
        let dated = try tool.run("list", "a.pa", "--since", "1997-11-21", "--until", "1997", "--folder", "inbox")
        #expect(dated.text.contains("One"))
        #expect(dated.text.split(separator: "\n").count == 1)
        #expect(try tool.run("list", "a.pa", "--since", "yesterday").status == 64)
    }

    @Test("show gives the bytes of a message as they were")
    func show() throws {
        let tool = try filled()
        defer { tool.remove() }
        let found = try tool.run("list", "a.pa", "--from", "ada", "--subject", "one", "--json")
        let id = (found.json["messages"] as? [[String: Any]])?.first?["id"] as? String ?? ""
        #expect(try tool.run("show", "a.pa", id, "--raw").output == Data(Self.first.utf8))
        #expect(try tool.run("show", "a.pa", String(id.prefix(12))).text.contains("First."))
    }

    @Test("export --original makes every imported file again, byte for byte")
    func original() throws {
        let tool = try filled()
        defer { tool.remove() }
        let result = try tool.run("export", "a.pa", "out", "--original")
        #expect(result.status == 0, "\(result.error)")
        #expect(tool.files(below: "out/mail") == ["inbox/1.eml", "old.mbox", "sent/2.eml"])
        for name in tool.files(below: "out/mail") {
            #expect(try tool.read("out/mail/\(name)") == tool.read("mail/\(name)"))
        }
    }

    @Test("every format holds every message", arguments: ["eml", "mbox", "maildir", "zip", "tar", "tar.zst"])
    func export(format: String) throws {
        let tool = try filled()
        defer { tool.remove() }
        let result = try tool.run("export", "a.pa", "out", "--format", format, "--json")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.json["exported"] as? Int == 4)
        let twice = try tool.run("export", "a.pa", "out", "--format", format)
        #expect(twice.status == 3)
        #expect(twice.error.contains("E013"))
        guard format == "eml" || format == "maildir" else { return }
        let all = try tool.files(below: "out").map { try tool.read("out/\($0)") }
        #expect(all.count == 4)
        #expect(all.contains(Data(Self.first.utf8)))
        #expect(all.contains(Data(Self.second.utf8)))
    }

    @Test("an mbox on standard output has one separator for each message")
    func mboxOnStandardOutput() throws {
        let tool = try filled()
        defer { tool.remove() }
        let result = try tool.run("export", "a.pa", "-", "--format", "mbox", "--subject", "quoted")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.text.hasPrefix("From ada@example.org "))
        #expect(result.text.split(separator: "\n").filter { $0.hasPrefix("From ") }.count == 1)
    }

    @Test("a sound archive is clean at every level", arguments: ["--quick", "--keyless", "--full"])
    func verify(level: String) throws {
        let tool = try filled()
        defer { tool.remove() }
        let result = try tool.run("verify", "a.pa", level, "--strict", "--json")
        #expect(result.status == 0, "\(result.text)")
        #expect(result.json["verdict"] as? String == "clean")
        if level == "--full" { #expect(result.json["messageCount"] as? Int == 4) }
    }

    @Test("without a secret, verify is keyless")
    func keylessByDefault() throws {
        var tool = try filled()
        defer { tool.remove() }
        tool.usesKeyFile = false
        let result = try tool.run("verify", "a.pa", "--json")
        #expect(result.status == 0)
        #expect(result.json["level"] as? String == "keyless")
    }

    @Test("a flipped bit in a segment is damage: exit 2")
    func damage() throws {
        let tool = try filled()
        defer { tool.remove() }
        let name = try #require(tool.files(below: "a.pa").last { $0.hasSuffix(".seg") })
        var bytes = try tool.read("a.pa/\(name)")
        bytes[300] ^= 1
        try tool.write(bytes, to: "a.pa/\(name)")
        let result = try tool.run("verify", "a.pa", "--keyless")
        #expect(result.status == 2)
        #expect(result.text.contains("E503"))
    }
}
