import Foundation
import Testing

/// Imports where the process may have few files open.
@Suite struct OpenFileTests {
    private func prepared() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        return tool
    }

    /// Runs the binary with a limit, soft (`-S`) or also hard (`-n` alone sets both).
    private func limit(_ words: String) -> [String] { ["sh", "-c", "ulimit \(words); exec \"$0\" \"$@\""] }

    @Test(
        "no mail is lost to the limit of open files, each in a folder of its own, and many no mail",
        arguments: ["-S -n 256", "-n 256", "-n 80"]
    )
    func manyFolders(words: String) throws {
        let tool = try prepared()
        defer { tool.remove() }
        for number in 0..<500 {
            try tool.write("From: a@example.org\nSubject: \(number)\n\nhi\n", to: "mail/\(number)/1.eml")
        }
        for number in 0..<100 { try tool.write(Data([0, 1, 2, UInt8(number)]), to: "mail/\(number)x/2.bin") }
        let deep = Array(repeating: "d", count: 40).joined(separator: "/")
        try tool.write("From: a@example.org\nSubject: deep\n\nhi\n", to: "mail/\(deep)/1.eml")
        #expect(try tool.run("init", "a.pa").status == 0)
        let arguments = ["import", "a.pa", "mail", "--jobs", "8", "--json"]
        let result = try tool.run(arguments, through: limit(words))
        #expect(result.status == 4, "\(result.error)")
        let counts = result.json["counts"] as? [String: Any]
        #expect(counts?["found"] as? Int == 601)
        #expect(counts?["stored"] as? Int == 501)
        let rejects = result.json["rejects"] as? [[String: Any]] ?? []
        #expect(rejects.count == 100)
        #expect(rejects.allSatisfy { $0["reason"] as? String == "no mail" }, "\(rejects.first ?? [:])")
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }

    @Test("folders nested deeper than files may be open end the import with E005, and it says what to raise")
    func tooDeep() throws {
        let tool = try prepared()
        defer { tool.remove() }
        let deep = Array(repeating: "d", count: 60).joined(separator: "/")
        try tool.write("From: a@example.org\n\nhi\n", to: "mail/\(deep)/1.eml")
        #expect(try tool.run("init", "a.pa").status == 0)
        let result = try tool.run(["import", "a.pa", "mail"], through: limit("-n 40"))
        #expect(result.status == 3, "\(result.text)")
        #expect(result.error.contains("error: E005 "), "\(result.error)")
        #expect(result.error.contains("too many files are open"), "\(result.error)")
        #expect(result.error.contains("ulimit -n"), "\(result.error)")
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }
}
