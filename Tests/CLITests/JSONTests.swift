import Foundation
import Testing

/// Every command's document against Docs/json.schema.json, by a validator that is not ours.
@Suite struct JSONTests {
    static let python = Tool.package.appendingPathComponent(".build/venv/bin/python").path
    /// `make test` makes the environment; a bare `swift test` may not have it.
    static let hasValidator = FileManager.default.isExecutableFile(atPath: python)
    private static let mail =
        "From: Ada <ada@example.org>\r\nTo: ben@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        + "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nFirst.\r\n"
        + "--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n"
        + "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"

    /// A store, an MSG, an EMLX, a container and an mbox with labels, as one import.
    private static let stores = Tool.package.appendingPathComponent("TestVectors/v1/archive/archive_stores").path
    private static var recovery: String {
        let description = (try? Data(contentsOf: URL(fileURLWithPath: stores + ".json"))) ?? Data()
        let json = (try? JSONSerialization.jsonObject(with: description)) as? [String: Any]
        return (json?["secrets"] as? [String: String])?["recovery"] ?? ""
    }

    /// The documents of one run through all commands, by the status that each must end with.
    private func documents(_ tool: Tool) throws -> [(words: [String], status: Int32, result: Tool.Result)] {
        try tool.write(Self.mail, to: "mail/in/1.eml")
        try tool.write("From: b@example.org\nSubject: plain\n\nx\n", to: "mail/2.eml")
        try tool.write("", to: "mail/empty.eml")
        try tool.write(Self.recovery, to: "words")
        try tool.write("one", to: "p1")
        try tool.write("two", to: "p2")
        var all: [(words: [String], status: Int32, result: Tool.Result)] = []
        func run(_ status: Int32, _ words: String...) throws {
            all.append((words, status, try tool.run(words + ["--json"])))
        }
        try run(0, "init", "b.pa", "--key-file", "key")
        try run(4, "import", "a.pa", "mail", "--key-file", "key")
        try run(0, "import", "a.pa", "mail/2.eml", "--folder", "x/y", "--mailbox", "me", "--key-file", "key")
        try run(0, "import", "--list-kinds")
        try run(0, "list", "a.pa", "--key-file", "key")
        let messages = all.last?.result.json["messages"] as? [[String: Any]] ?? []
        let id = messages.first { $0["attachmentCount"] as? Int == 1 }?["id"] as? String ?? ""
        try run(0, "show", "a.pa", id, "--key-file", "key")
        try run(0, "show", "a.pa", id, "--save", "parts", "--key-file", "key")
        for format in ["eml", "mbox", "maildir", "zip", "tar", "tar.zst"] {
            try run(0, "export", "a.pa", "out.\(format)", "--format", format, "--key-file", "key")
        }
        try run(0, "export", "a.pa", "again", "--original", "--key-file", "key")
        for level in ["--quick", "--keyless"] { try run(0, "verify", "a.pa", level) }
        try run(0, "verify", "a.pa", "--full", "--key-file", "key")
        try run(0, "info", "a.pa")
        try run(0, "info", "a.pa", "--key-file", "key")
        try run(0, "folders", "a.pa", "--key-file", "key")
        try run(0, "imports", "list", "a.pa", "--key-file", "key")
        try run(0, "imports", "show", "a.pa", "1", "--key-file", "key")
        try run(0, "imports", "show", Self.stores, "1", "--recovery-file", "words")
        try run(0, "export", Self.stores, "files", "--original", "--recovery-file", "words")
        try run(0, "key", "identity", "id")
        let recipient = all.last?.result.json["recipient"] as? String ?? ""
        try run(0, "key", "add", "a.pa", "--recipient", recipient, "--label", "Ben", "--key-file", "key")
        try run(0, "key", "add", "a.pa", "--new-passphrase-file", "p1", "--key-file", "key")
        try run(0, "key", "change-passphrase", "a.pa", "--passphrase-file", "p1", "--new-passphrase-file", "p2")
        try run(0, "key", "list", "a.pa")
        try run(0, "key", "list", "a.pa", "--identity-file", "id")
        try run(0, "key", "remove", "a.pa", "2", "--key-file", "key")
        try run(0, "key", "recovery", "a.pa", "--key-file", "key")
        try run(0, "writer", "add", "a.pa", "cred", "--label", "box", "--key-file", "key")
        let writer = all.last?.result.json["writer"] as? String ?? "none"
        try run(0, "import", "a.pa", "mail/2.eml", "--credential-file", "cred")
        try run(0, "writer", "list", "a.pa", "--key-file", "key")
        try run(0, "writer", "revoke", "a.pa", writer, "--key-file", "key")
        try run(0, "writer", "list", "a.pa")
        try run(3, "list", "nothing", "--key-file", "key")
        try run(3, "show", "a.pa", "ffffffffffff", "--key-file", "key")
        try run(3, "key", "remove", "a.pa", "77", "--key-file", "key")
        try tool.write(Data([1]), to: "a.pa/header.2")
        try run(0, "verify", "a.pa", "--quick")
        try run(0, "info", "a.pa")
        try damage(tool)
        try run(2, "verify", "a.pa")
        return all
    }

    private func damage(_ tool: Tool) throws {
        let name = try #require(tool.files(below: "a.pa").first { $0.hasSuffix(".seg") })
        var bytes = try tool.read("a.pa/\(name)")
        bytes[300] ^= 1
        try tool.write(bytes, to: "a.pa/\(name)")
    }

    @Test("every command's document is one of the schema", .enabled(if: hasValidator))
    func schema() throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.passphrase = nil
        let documents = try documents(tool)
        for (index, document) in documents.enumerated() {
            #expect(document.result.status == document.status, "\(document.words): \(document.result.error)")
            try tool.write(document.result.output, to: "json/\(index)")
        }
        #expect(Set(documents.compactMap { $0.result.json["command"] as? String }).count == 20)
        #expect(try validate(tool, documents.count) == "")
    }

    @Test("the schema refuses what the tool never prints", .enabled(if: hasValidator))
    func refused() throws {
        let tool = try Tool()
        defer { tool.remove() }
        let head = #""schema":"portable-archive/1","archive":"a","findings":[]"#
        let wrong = [
            "{\(head),\"command\":\"list\"}", "{\(head),\"command\":\"list\",\"messages\":[],\"more\":1}",
            "{\(head),\"command\":\"guess\",\"messages\":[]}", "{\(head),\"command\":\"list\",\"messages\":[{}]}",
        ]
        for (index, text) in wrong.enumerated() { try tool.write(text, to: "json/\(index)") }
        let found = try validate(tool, wrong.count)
        for index in wrong.indices { #expect(found.contains("json/\(index): ")) }
    }

    private func validate(_ tool: Tool, _ count: Int) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.currentDirectoryURL = tool.directory
        let files = ["Scripts/check-json.py", "Docs/json.schema.json"]
        process.arguments =
            files.map { Tool.package.appendingPathComponent($0).path } + (0..<count).map { "json/\($0)" }
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect((process.terminationStatus == 0) == text.isEmpty)
        return String(decoding: text, as: UTF8.self)
    }
}
