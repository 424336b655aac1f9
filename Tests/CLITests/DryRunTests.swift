import Foundation
import Testing

/// `import --dry-run`: the same account as the import that follows, and not a byte written.
@Suite struct DryRunTests {
    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        try tool.write("From: a@example.org\nSubject: one\n\nhi\n", to: "mail/in/1.eml")
        try tool.write("", to: "mail/in/empty.eml")
        let messages = (0..<40).map {
            "From a@example.org Fri Nov 21 15:55:06 1997\nFrom: a@example.org\nSubject: \($0)\n\nbody \($0)\n\n"
        }
        try tool.write(messages.joined(), to: "mail/old.mbox")
        try tool.write("From: b@example.org\nSubject: two\n\nhi\n", to: "more.eml")
        return tool
    }

    /// The account without ids and times, which differ between two runs.
    private func account(_ result: Tool.Result) -> String {
        let runs = (result.json["runs"] as? [[String: Any]] ?? []).map { run in
            run.filter { ["source", "complete", "counts", "folders"].contains($0.key) }
        }
        let account: [String: Any] = [
            "runs": runs, "counts": result.json["counts"] ?? "", "rejects": result.json["rejects"] ?? "",
        ]
        let bytes = (try? JSONSerialization.data(withJSONObject: account, options: .sortedKeys)) ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }

    private func snapshot(_ tool: Tool) throws -> [String: Data] {
        let names = tool.files(below: "a.pa")
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try tool.read("a.pa/\($0)")) })
    }

    @Test("without an archive everything counts as new, nothing is asked and nothing is made")
    func withoutArchive() throws {
        var tool = try filled()
        defer { tool.remove() }
        let before = tool.files(below: ".")
        let dry = try tool.run("import", "a.pa", "mail", "more.eml", "--dry-run", "--json")
        #expect(dry.status == 4, "\(dry.error)")
        #expect(dry.json["dryRun"] as? Bool == true)
        #expect(tool.files(below: ".") == before)
        let text = try tool.run("import", "a.pa", "mail", "more.eml", "--dry-run").text
        #expect(text.contains("Dry run, nothing was written: 43 found = 42 stored + 0 already there + 1 rejected"))
        #expect(text.contains("would be added"))
        tool.usesKeyFile = true
        let real = try tool.run("import", "a.pa", "mail", "more.eml", "--json")
        #expect(real.status == 4, "\(real.error)")
        #expect(account(dry) == account(real))
    }

    @Test("over an archive it counts what is there already, and the archive stays as it is")
    func overArchive() throws {
        var tool = try filled()
        defer { tool.remove() }
        tool.usesKeyFile = true
        #expect(try tool.run("import", "a.pa", "more.eml").status == 0)
        let before = try snapshot(tool)
        let dry = try tool.run("import", "a.pa", "mail", "more.eml", "--dry-run", "--json")
        #expect(try snapshot(tool) == before)
        let real = try tool.run("import", "a.pa", "mail", "more.eml", "--json")
        #expect(account(dry) == account(real))
        // It packs and seals as the import does, so it knows to the byte by how much the archive grows.
        #expect(dry.json["addedBytes"] as? Int == real.json["addedBytes"] as? Int)
        let counts = real.json["counts"] as? [String: Any]
        #expect(counts?["alreadyThere"] as? Int == 1)
    }

    @Test("it needs no lock and no right to write, and mends nothing")
    func whileAnotherWrites() throws {
        var tool = try filled()
        defer { tool.remove() }
        tool.usesKeyFile = true
        #expect(try tool.run("import", "a.pa", "more.eml").status == 0)
        var header = try tool.read("a.pa/parity/header.b")
        header[100] ^= 1
        try tool.write(header, to: "a.pa/parity/header.b")
        let before = try snapshot(tool)
        let head = open(tool.directory.appendingPathComponent("a.pa/head.a").path, O_RDWR)
        defer { close(head) }
        try #require(flock(head, LOCK_EX | LOCK_NB) == 0)
        let dry = try tool.run("import", "a.pa", "mail/old.mbox", "--dry-run")
        #expect(dry.status == 0, "\(dry.error)")
        #expect(dry.text.contains("40 found = 40 stored"))
        #expect(try snapshot(tool) == before)
    }
}
