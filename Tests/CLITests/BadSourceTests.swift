import Foundation
import Testing

/// Sources that are not what they should be: each is accounted for, and comes out again byte for byte.
@Suite struct BadSourceTests {
    private func prepared() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        return tool
    }

    /// The trees are the same, names and bytes: an independent judge.
    private func same(_ tool: Tool, _ left: String, _ right: String) throws -> Bool {
        try tool.shell("diff -r '\(left)' '\(right)' > diff.txt") == 0
    }

    private static let separator = "From ada@example.org Fri Nov 21 15:55:06 1997\n"

    @Test(
        "odd files are stored or rejected, with a reason, and made again byte for byte",
        arguments: [
            ("zero.eml", Data(), 0, "empty (the file is empty)"),
            ("binary.eml", Data((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }), 0, "no mail"),
            ("line.eml", Data("From: a@example.org\n\n".utf8) + Data(repeating: 0x78, count: 900_000), 1, ""),
            ("only.eml", Data(repeating: 0x78, count: 900_000), 0, "no mail (no header field in its first lines)"),
            ("cut.mbox", Data("\(separator)From: a@example.org\n\none\n\n\(separator)From: b@exam".utf8), 2, ""),
            ("cut2.mbox", Data("\(separator)From: a@example.org\n\none\n\nFrom b@ex".utf8), 1, ""),
            ("cut3.mbox", Data("\(separator)".utf8), 0, ""),
        ] as [(String, Data, Int, String)]
    )
    func odd(name: String, bytes: Data, stored: Int, reason: String) throws {
        let tool = try prepared()
        defer { tool.remove() }
        try tool.write(bytes, to: "mail/\(name)")
        try tool.write("From: good@example.org\nSubject: good\n\nhi\n", to: "mail/good.eml")
        let result = try tool.run("import", "a.pa", "mail", "--json")
        #expect(result.status == (reason.isEmpty ? 0 : 4), "\(result.error)")
        let counts = result.json["counts"] as? [String: Any]
        #expect(counts?["stored"] as? Int == stored + 1)
        let rejects = result.json["rejects"] as? [[String: Any]] ?? []
        #expect(rejects.count == (reason.isEmpty ? 0 : 1))
        if let reject = rejects.first {
            #expect((reject["path"] as? String)?.contains(name) == true)
            #expect(reject["size"] as? Int == bytes.count)
            let words = "\(reject["reason"] as? String ?? "") (\(reject["detail"] as? String ?? ""))"
            #expect(words.hasPrefix(reason))
        }
        #expect(try tool.run("export", "a.pa", "out", "--original").status == 0)
        #expect(try same(tool, "mail", "out/mail"))
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }

    @Test("names of any bytes come back as they were, and are safe to show")
    func names() throws {
        let tool = try prepared()
        defer { tool.remove() }
        let names: [[UInt8]] = [
            [0xFF, 0xFE] + Array(" bad.eml".utf8), Array("new\nline.eml".utf8), Array("-rf.eml".utf8),
            [UInt8](repeating: 0x78, count: 251) + Array(".eml".utf8), Array(" .eml".utf8),
            [0x01, 0x1B, 0x5B, 0x33, 0x31, 0x6D, 0x7F, 0x2E, 0x65], Array("a\\b:c*?\"<>|.eml".utf8),
            Array("grüße.eml".utf8), Array("CON".utf8), Array(".hidden".utf8), Array("trail. ".utf8),
            Array("gru\u{308}ße.eml".utf8),
        ]
        let folders: [[UInt8]] = [Array("mail".utf8), Array("mail/".utf8) + [0xF0, 0x0A, 0x2D]]
        var number = 0
        for folder in folders {
            let path = Array(tool.directory.path.utf8) + [0x2F] + folder
            #expect(mkdir((path + [0]).map { CChar(bitPattern: $0) }, 0o755) == 0)
            for name in names {
                number += 1
                let text = "From: a@example.org\nSubject: \(number)\n\nhi\n"
                let full = (path + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }
                let descriptor = open(full, O_WRONLY | O_CREAT | O_EXCL, 0o644)
                try #require(descriptor >= 0)
                defer { close(descriptor) }
                #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
            }
        }
        let result = try tool.run("import", "a.pa", "mail")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.text.contains("\(number) found = \(number) stored"))
        for command in [["folders"], ["list"], ["export"]] {
            let shown = try tool.run(command + ["a.pa"] + (command == ["export"] ? ["safe"] : []))
            #expect(shown.status == 0, "\(shown.error)")
            #expect(!shown.text.contains("\u{1B}"))
        }
        #expect(try tool.run("export", "a.pa", "out", "--original").status == 0)
        #expect(try same(tool, "mail", "out/mail"))
        // Exported names are fit for FAT.
        for name in tool.files(below: "safe").flatMap({ $0.split(separator: "/") }) {
            #expect(!name.contains { "\\:*?\"<>|\n".contains($0) } && !name.hasSuffix(".") && !name.hasSuffix(" "))
        }
    }

    @Test("a file that changes while it is read is told, and the archive stays whole", arguments: ["f.eml", "f.mbox"])
    func changing(name: String) throws {
        let tool = try prepared()
        defer { tool.remove() }
        try tool.write("From: good@example.org\nSubject: good\n\nhi\n", to: "good.eml")
        #expect(try tool.run("import", "a.pa", "good.eml").status == 0)
        let mail = "From: a@example.org\nSubject: x\n\n" + String(repeating: "hello\n", count: 1000)
        try tool.write((name == "f.mbox" ? Self.separator : "") + mail, to: name)
        // It waits on its standard input with the file open already; then the file changes.
        let result = try tool.runWaiting(["import", "a.pa", name, "-"], untilOpen: name) { _ in
            let file = try FileHandle(forWritingTo: tool.directory.appendingPathComponent(name))
            try file.truncate(atOffset: 60)
            try file.close()
        }
        #expect(result.status == 4, "\(result.error)")
        #expect(result.text.contains("rejected: \(name) at 0, 0 B: could not be read"), "\(result.text)")
        #expect((result.error + result.text).contains(/changed while it was read|became shorter|E014/))
        #expect(try tool.run("list", "a.pa").text.contains("good"))
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
        let again = try tool.run("import", "a.pa", "good.eml")
        #expect(again.text.contains("1 already there"))
    }

    @Test("a folder that vanishes is told and counted, and the other sources are taken")
    func vanishing() throws {
        let tool = try prepared()
        defer { tool.remove() }
        try tool.write("From: good@example.org\nSubject: good\n\nhi\n", to: "good.eml")
        try tool.write("From: a@example.org\n\nhi\n", to: "mail/1.eml")
        let result = try tool.runWaiting(["import", "a.pa", "mail", "good.eml", "-", "--json"], untilOpen: "good.eml") {
            _ in
            try FileManager.default.removeItem(at: tool.directory.appendingPathComponent("mail"))
        }
        #expect(result.status == 4, "\(result.error)")
        let rejects = result.json["rejects"] as? [[String: Any]] ?? []
        #expect(rejects.contains { $0["path"] as? String == "mail" && $0["reason"] as? String == "could not be read" })
        #expect(try tool.run("list", "a.pa").text.contains("good"))
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }

    @Test("a source that is not there, or may not be read, is told before anything is made")
    func missing() throws {
        let tool = try prepared()
        defer { tool.remove() }
        let result = try tool.run("import", "a.pa", "nowhere")
        #expect(result.status == 3)
        #expect(result.error.contains("error: E014 "))
        #expect(result.error.contains("nowhere"))
        #expect(result.error.contains("\nhint: "))
        #expect(tool.files(below: ".").isEmpty)
    }
}
