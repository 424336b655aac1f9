import Foundation
import Testing

/// What the archive tells later of its imports; what is in `archive_stores` stands in TestVectors/generator.
@Suite struct ImportsTests {
    static let vectors = Tool.package.appendingPathComponent("TestVectors/v1/archive")
    private let stores = vectors.appendingPathComponent("archive_stores").path

    private func tool(for vector: String) throws -> (Tool, [String]) {
        var tool = try Tool()
        tool.passphrase = nil
        let description = try Data(contentsOf: Self.vectors.appendingPathComponent("\(vector).json"))
        let json = try JSONSerialization.jsonObject(with: description) as? [String: Any]
        let secrets = try #require(json?["secrets"] as? [String: String])
        try tool.write(try #require(secrets["recovery"]), to: "words")
        return (tool, ["--recovery-file", "words"])
    }

    @Test("an import is shown with folders, files, what was rejected and what was left out")
    func show() throws {
        let (tool, secret) = try tool(for: "archive_stores")
        defer { tool.remove() }
        let result = try tool.run(["imports", "show", stores, "1"] + secret)
        #expect(result.status == 0, "\(result.error)")
        for line in [
            "me@example.org: mail.pst/Calendar: 2 messages; the source counts 3",
            "mail.pst: pst (!BDN, SM, Unicode), 32 B, 3 items; what was in it is kept, not the file",
            "letters/3.emlx: emlx, 211 B, 1 piece\n",
            "export.zip/box: mboxrd (one message, no line to tell by), 210 B, 1 piece\n",
            "mail.pst, item 0x200044 at 0, 0 B: could not be read (the helper crashed)",
            "left out  1 × index of the mail program",
        ] {
            #expect(result.text.contains(line), "\(line)")
        }
        // What a message was made from is not rejected.
        #expect(!result.text.contains("kept for a message"))
    }

    @Test(
        "an import is found by its number or the beginning of its id, else the error says so",
        arguments: ["", "0", "2", "zz"]
    )
    func find(wanted: String) throws {
        let (tool, secret) = try tool(for: "archive_stores")
        defer { tool.remove() }
        let list = try tool.run(["imports", "list", stores, "--json"] + secret).json["imports"] as? [[String: Any]]
        let id = try #require(list?.first?["id"] as? String)
        #expect(list?.count == 1)
        for name in ["1", String(id.prefix(8)), id] {
            #expect(try tool.run(["imports", "show", stores, name] + secret).status == 0)
        }
        let result = try tool.run(["imports", "show", stores, wanted] + secret)
        #expect(result.status == 3)
        #expect(result.error.contains("E017"))
    }

    @Test("what a list names and the import did not meet is told then and later, and the exit status says so")
    func listed() throws {
        let tool = try Tool()
        defer { tool.remove() }
        try tool.write("From: ada@example.org\n\nx\n", to: "in/Exchange/1.eml")
        try tool.write("Target Path\nExchange/1.eml\nExchange/2.eml\n", to: "in/Items.csv")
        let result = try tool.run("import", "a", "in")
        #expect(result.status == 4, "\(result.error)")
        #expect(result.text.contains("missing: Items.csv lists 2, 1 were met\n        not met: Exchange/2.eml\n"))
        #expect(try tool.run("imports", "show", "a", "1").text.contains("Items.csv: 2 listed, 1 met: 1 MISSING"))
        let again = try tool.run("import", "a", "in", "--json")
        let lists = again.json["listsMissing"] as? [[String: Any]]
        #expect(again.status == 4 && lists?.first?["items"] as? [String] == ["Exchange/2.eml"])
    }

    @Test("an import that was continued says so, one that was broken off too")
    func states() throws {
        for (vector, words) in [
            ("archive_import_continued", "complete, continued 1 time\n"), ("archive_import_unfinished", "broken off\n"),
        ] {
            let (tool, secret) = try tool(for: vector)
            defer { tool.remove() }
            let path = Self.vectors.appendingPathComponent(vector).path
            #expect(try tool.run(["imports", "show", path, "1"] + secret).text.contains("state     \(words)"))
            #expect(try tool.run(["verify", path, "--full", "--strict"] + secret).status == 0)
        }
    }

    @Test("--original makes what was kept as files, names what was not, and ends well")
    func original() throws {
        let (tool, secret) = try tool(for: "archive_stores")
        defer { tool.remove() }
        let result = try tool.run(["export", stores, "out", "--original"] + secret)
        #expect(result.status == 0, "\(result.error)")
        #expect(result.text.contains("    mail.pst: pst, 32 B\n    export.zip: container, 999 B\n"))
        let files = tool.files(below: "out").sorted()
        #expect(files == ["mail/export.zip/box", "mail/letters/3.emlx", "mail/meeting.msg"])
        #expect(try tool.read("out/mail/meeting.msg") == Data((0..<512).map { UInt8($0 % 256) }))
    }

    @Test("--record gives what the store had of an item; a message that was imported as it is has none")
    func record() throws {
        let (tool, secret) = try tool(for: "archive_stores")
        defer { tool.remove() }
        let list = try tool.run(["list", stores, "--json"] + secret).json["messages"] as? [[String: Any]] ?? []
        func id(_ subject: String) -> String {
            list.first { $0["subject"] as? String == subject }?["id"] as? String ?? ""
        }
        let record = Data((0..<200).map { UInt8($0) }) + Data("the rest of the properties".utf8)
        #expect(try tool.run(["show", stores, id("Minutes 1"), "--record"] + secret).output == record)
        let none = try tool.run(["show", stores, id("Minutes 3"), "--record"] + secret)
        #expect(none.status == 3)
        #expect(none.error.contains("E017"))
    }
}
