import Foundation
import Testing

/// What is wrong from outside: a clear error with code, place and hint, nothing lost, nothing written.
@Suite struct BadInputTests {
    private static let reading = [
        ["list", "ARCHIVE"], ["show", "ARCHIVE", "abcdef"], ["export", "ARCHIVE", "out"],
        ["verify", "ARCHIVE", "--full"],
        ["folders", "ARCHIVE"],
    ]
    private static let changing = [
        ["import", "ARCHIVE", "mail"], ["key", "add", "ARCHIVE", "--new-key-file", "key2"],
        ["writer", "add", "ARCHIVE", "cred"],
    ]
    private static let headers = ["header.a", "parity/header.b", "segments/header.c"]

    private func words(_ words: [String], _ archive: String) -> [String] {
        words.map { $0 == "ARCHIVE" ? archive : $0 }
    }

    /// A tool with one archive of one message, `a.pa`.
    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        try tool.write("From: ada@example.org\nSubject: one\n\nhi\n", to: "mail/1.eml")
        let result = try tool.run("import", "a.pa", "mail")
        #expect(result.status == 0, "\(result.error)")
        return tool
    }

    /// Every file below a directory with its bytes, to see that nothing was written.
    private func snapshot(_ tool: Tool, _ name: String) throws -> [String: Data] {
        try Dictionary(uniqueKeysWithValues: tool.files(below: name).map { ($0, try tool.read("\(name)/\($0)")) })
    }

    private func vector(_ name: String, _ tool: Tool) throws {
        let source = Tool.package.appendingPathComponent("TestVectors/v1/archive/\(name)")
        try FileManager.default.copyItem(at: source, to: tool.directory.appendingPathComponent("v.pa"))
        let about = try JSONSerialization.jsonObject(with: Data(contentsOf: source.appendingPathExtension("json")))
        let secrets = (about as? [String: Any])?["secrets"] as? [String: String]
        try tool.write(secrets?["recovery"] ?? "", to: "code")
        try tool.write("From: ada@example.org\n\nhi\n", to: "mail/1.eml")
    }

    private func expect(_ result: Tool.Result, _ code: String, at place: String, hint: String) {
        #expect(result.status == 3, "\(result.error)")
        #expect(result.error.contains("portable-archive: error: \(code) "), "\(result.error)")
        #expect(result.error.contains(place), "\(result.error)")
        #expect(result.error.contains("\nhint: ") && result.error.contains(hint), "\(result.error)")
    }

    @Test("what is no archive is told so by every command, and stays as it is", arguments: reading + changing)
    func notAnArchive(command: [String]) throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.usesKeyFile = true
        try tool.write("a letter", to: "folder/letter.txt")
        try tool.write("From: ada@example.org\n\nhi\n", to: "mail/1.eml")
        for place in ["folder", "folder/letter.txt"] {
            expect(try tool.run(words(command, place)), "E001", at: place, hint: "check the path")
        }
        #expect(tool.files(below: ".") == ["folder/letter.txt", "mail/1.eml"])
    }

    @Test("a secret that opens nothing is told, and nothing is written", arguments: reading + changing)
    func wrongSecret(command: [String]) throws {
        let tool = try filled()
        defer { tool.remove() }
        try tool.write(tool.read("key"), to: "mine")
        try FileManager.default.removeItem(at: tool.directory.appendingPathComponent("key"))
        _ = try tool.run("init", "other.pa")
        let before = try snapshot(tool, "a.pa")
        expect(try tool.run(words(command, "a.pa")), "E004", at: "a.pa", hint: "try another")
        #expect(try snapshot(tool, "a.pa") == before)
    }

    @Test("a newer version is told by every command", arguments: reading + changing)
    func newerVersion(command: [String]) throws {
        let tool = try Tool()
        defer { tool.remove() }
        try vector("archive_version_newer", tool)
        let before = try snapshot(tool, "v.pa")
        let result = try tool.run(words(command, "v.pa") + ["--recovery-file", "code"])
        expect(result, "E002", at: "v.pa", hint: "newer reader")
        #expect(try snapshot(tool, "v.pa") == before)
    }

    @Test(
        "an unknown flag refuses what it is for, by its name",
        arguments: [
            ("archive_flag_read", ["list", "v.pa", "--recovery-file", "code"]),
            ("archive_flag_verify", ["verify", "v.pa"]),
            ("archive_flag_append", ["import", "v.pa", "mail", "--recovery-file", "code"]),
        ]
    )
    func unknownFlag(name: String, command: [String]) throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.passphrase = nil
        try vector(name, tool)
        let before = try snapshot(tool, "v.pa")
        expect(try tool.run(command), "E003", at: "v.pa (later)", hint: "newer reader")
        #expect(try snapshot(tool, "v.pa") == before)
        #expect(try tool.run("info", "v.pa").text.contains("needs"))
    }

    @Test("of a damaged header the others are used, and it is said; the next writer mends it", arguments: headers)
    func header(name: String) throws {
        let tool = try filled()
        defer { tool.remove() }
        let good = try tool.read("a.pa/\(name)")
        var bytes = good
        bytes[200] ^= 1
        try tool.write(bytes, to: "a.pa/\(name)")
        for command in [["list"], ["verify", "--full"], ["info"], ["key", "list"], ["folders"]] {
            let verbs = command.filter { !$0.hasPrefix("-") }
            let result = try tool.run(verbs + ["a.pa"] + command.filter { $0.hasPrefix("-") })
            #expect(result.status == 0, "\(command): \(result.error)")
            #expect((result.error + result.text).contains("W701 header-replica"), "\(command)")
            #expect((result.error + result.text).contains(name), "\(command)")
        }
        #expect(try tool.run("verify", "a.pa", "--strict").status == 1)
        let imported = try tool.run("import", "a.pa", "mail")
        #expect(imported.status == 0, "\(imported.error)")
        #expect(imported.error.contains("W701"))
        #expect(try tool.read("a.pa/\(name)") == good)
        #expect(try tool.run("verify", "a.pa", "--strict").status == 0)
    }

    @Test("a second writer ends at once and says who is at work; readers go on")
    func secondWriter() throws {
        let tool = try filled()
        defer { tool.remove() }
        let head = open(tool.directory.appendingPathComponent("a.pa/head.a").path, O_RDWR)
        defer { close(head) }
        try #require(flock(head, LOCK_EX | LOCK_NB) == 0)
        let before = try snapshot(tool, "a.pa")
        for command in Self.changing {
            let begin = ContinuousClock.now
            let result = try tool.run(words(command, "a.pa"))
            #expect(ContinuousClock.now - begin < .seconds(20))
            expect(result, "E008", at: "head.a", hint: "wait until")
            #expect(result.error.contains("process \(getpid())"), "\(result.error)")
        }
        #expect(try snapshot(tool, "a.pa") == before)
        for command in [["list", "a.pa"], ["verify", "a.pa", "--full"], ["info", "a.pa"]] {
            #expect(try tool.run(command).status == 0)
        }
        flock(head, LOCK_UN)
        #expect(try tool.run("import", "a.pa", "mail").status == 0)
    }

    @Test("names over the limits are told before anything is asked or written")
    func limits() throws {
        let tool = try filled()
        defer { tool.remove() }
        let before = try snapshot(tool, "a.pa")
        let long = String(repeating: "x", count: 4097)
        for arguments in [
            ["--folder", long], ["--mailbox", long], ["--folder", String(repeating: "a/", count: 128)],
        ] {
            let result = try tool.run(["import", "a.pa", "mail"] + arguments)
            expect(result, "E018", at: String(arguments[0].dropFirst(2)), hint: "shorter name")
            #expect(try tool.run(["import", "new.pa", "mail"] + arguments).text == "")
        }
        let label = String(repeating: "x", count: 65)
        let added = try tool.run("key", "add", "a.pa", "--new-key-file", "key2", "--label", label)
        expect(added, "E018", at: "label", hint: "shorter name")
        let writer = try tool.run("writer", "add", "a.pa", "cred", "--label", label)
        expect(writer, "E018", at: "label", hint: "shorter name")
        #expect(try snapshot(tool, "a.pa") == before)
        let most = String(repeating: "é", count: 2048)
        #expect(try tool.run("import", "a.pa", "mail", "--folder", most, "--mailbox", most).status == 0)
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }

    @Test("what is named and is not there is told, and nothing is written")
    func notFound() throws {
        let tool = try filled()
        defer { tool.remove() }
        let before = try snapshot(tool, "a.pa")
        for command in [
            ["key", "remove", "a.pa", "77"], ["key", "change-passphrase", "a.pa", "--slot", "77"],
            ["writer", "revoke", "a.pa", "77"], ["show", "a.pa", "77777777"],
        ] {
            expect(try tool.run(command), "E017", at: "77", hint: "`list`")
        }
        #expect(try snapshot(tool, "a.pa") == before)
    }
}
