import Foundation
import Testing

/// Secrets, and what goes wrong with them, with the built binary.
@Suite struct SecretTests {
    private func made() throws -> (tool: Tool, code: String) {
        let tool = try Tool()
        let result = try tool.run("init", "a.pa", "--json")
        #expect(result.status == 0, "\(result.error)")
        return (tool, result.json["recoveryCode"] as? String ?? "")
    }

    @Test("a wrong passphrase opens nothing: exit 3")
    func wrongPassphrase() throws {
        var (tool, _) = try made()
        defer { tool.remove() }
        tool.passphrase = "wrong"
        let result = try tool.run("list", "a.pa")
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("portable-archive: error: E004"))
        #expect(result.error.contains("\nhint: "))
    }

    @Test("what is no archive is told so: exit 3", arguments: ["empty", "missing"])
    func notAnArchive(name: String) throws {
        let tool = try Tool()
        defer { tool.remove() }
        try tool.write("x", to: "empty/nothing.txt")
        let result = try tool.run("verify", name)
        #expect(result.status == 3)
        #expect(result.error.contains("E001"))
    }

    @Test("wrong usage ends with 64")
    func usage() throws {
        let tool = try Tool()
        defer { tool.remove() }
        #expect(try tool.run("list").status == 64)
        #expect(try tool.run("verify", "a.pa", "--quick", "--full").status == 64)
    }

    @Test("the recovery code opens the archive without a passphrase")
    func recovery() throws {
        var (tool, code) = try made()
        defer { tool.remove() }
        tool.passphrase = nil
        try tool.write(code + "\n", to: "code")
        #expect(try tool.run("list", "a.pa", "--recovery-file", "code").status == 0)
        try tool.write("zifan-" + code, to: "wrong")
        let wrong = try tool.run("list", "a.pa", "--recovery-file", "wrong")
        #expect(wrong.status == 3)
        #expect(wrong.error.contains("E015"))
    }

    @Test("a read-only recipient reads and changes nothing; the last slot with all rights stays")
    func slots() throws {
        var (tool, _) = try made()
        defer { tool.remove() }
        let recipient = try tool.run("key", "identity", "id").text.trimmingCharacters(in: .newlines)
        let added = try tool.run("key", "add", "a.pa", "--recipient", recipient, "--read-only", "--label", "Ben")
        #expect(added.status == 0, "\(added.error)")
        let last = try tool.run("key", "remove", "a.pa", "1")
        #expect(last.status == 3)
        #expect(last.error.contains("E010"))
        try tool.write("another one\n", to: "new")
        #expect(try tool.run("key", "change-passphrase", "a.pa", "--new-passphrase-file", "new").status == 0)
        #expect(try tool.run("list", "a.pa").status == 3)
        tool.passphrase = nil
        #expect(try tool.run("list", "a.pa", "--passphrase-file", "new").status == 0)
        #expect(try tool.run("list", "a.pa", "--identity-file", "id").status == 0)
        #expect(try tool.run("key", "list", "a.pa", "--identity-file", "id").text.contains("Ben"))
        let recovery = try tool.run("key", "recovery", "a.pa", "--identity-file", "id")
        #expect(recovery.status == 3)
        #expect(recovery.error.contains("E010"))
    }

    @Test("a writer credential imports and cannot read; revoked, it cannot import")
    func writer() throws {
        var (tool, _) = try made()
        defer { tool.remove() }
        let made = try tool.run("writer", "add", "a.pa", "cred", "--label", "box", "--json")
        let key = made.json["writer"] as? String ?? ""
        let mail = Data("From: a@example.org\nSubject: x\n\nhi\n".utf8)
        tool.passphrase = nil
        let imported = try tool.run("import", "a.pa", "-", "--credential-file", "cred", input: mail)
        #expect(imported.status == 0, "\(imported.error)")
        // A credential is no secret that opens a slot: every way to read refuses it.
        for option in ["--passphrase-file", "--key-file", "--identity-file", "--recovery-file"] {
            #expect(try tool.run("list", "a.pa", option, "cred").status == 3)
        }
        tool.passphrase = "correct horse"
        #expect(try tool.run("list", "a.pa").text.contains("a@example.org"))
        #expect(try tool.run("writer", "revoke", "a.pa", String(key.prefix(16))).status == 0)
        tool.passphrase = nil
        let refused = try tool.run("import", "a.pa", "-", "--credential-file", "cred", input: mail)
        #expect(refused.status != 0)
        #expect(try tool.run("verify", "a.pa").status == 0)
    }

    @Test("an import with rejects ends with 4 and names them")
    func rejects() throws {
        let (tool, _) = try made()
        defer { tool.remove() }
        try tool.write("", to: "mail/empty.eml")
        try tool.write("From: a@example.org\nSubject: x\n\nhi\n", to: "mail/good.eml")
        let result = try tool.run("import", "a.pa", "mail")
        #expect(result.status == 4)
        #expect(result.text.contains("empty.eml"))
        #expect(result.text.contains("2 found = 1 stored + 0 already there + 1 rejected"))
        let missing = try tool.run("import", "a.pa", "nowhere")
        #expect(missing.status == 3)
        #expect(missing.error.contains("E014"))
    }
}
