import Foundation
import Testing

/// A part of an archive verified, and the rest later: what is noted, where, and what is said of it.
@Suite struct VerifyPartTests {
    /// An archive of four sessions, so of several segments.
    private func filled() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        tool.usesKeyFile = true
        for number in 1...4 {
            try tool.write("From: a@example.org\n\nmail \(number)\n", to: "mail/\(number).eml")
            #expect(try tool.run("import", "a.pa", "mail/\(number).eml").status == 0)
        }
        return tool
    }

    private func segments(_ result: Tool.Result) -> [String: Any] { result.json["segments"] as? [String: Any] ?? [:] }

    @Test("samples go through all segments in turn, and say that they are a part", arguments: ["--keyless", "--full"])
    func samples(level: String) throws {
        let tool = try filled()
        defer { tool.remove() }
        let before = tool.files(below: "a.pa")
        var never: [Int] = []
        for _ in 0..<20 where never.last != 0 {
            let result = try tool.run("verify", "a.pa", level, "--sample", "1%", "--json")
            #expect(result.status == 0, "\(result.error)")
            #expect(result.json["whole"] as? Bool == false && result.json["verdict"] as? String == "clean")
            #expect(segments(result)["checkedCount"] as? Int == 1)
            never.append(segments(result)["neverVerifiedCount"] as? Int ?? -1)
        }
        #expect(never.count > 3 && never == Array((0..<never.count).reversed()))
        #expect(tool.files(below: "a.pa") == before)
        #expect(tool.files(below: "state/portable-archive").count == 1)
        let text = try tool.run("verify", "a.pa", level, "--sample", "1B").text
        #expect(text.contains("clean, as far as verified: ") && text.contains("oldest verification now 2"))
    }

    @Test("a verification that did not come to its end is gone on with, and a lost note only begins it anew")
    func resume() throws {
        let tool = try filled()
        defer { tool.remove() }
        let first = try tool.run("verify", "a.pa", "--full", "--json")
        let count = segments(first)["count"] as? Int ?? 0
        #expect(first.json["whole"] as? Bool == true && count > 3)
        // Nothing was broken off: all of it again.
        let again = try tool.run("verify", "a.pa", "--full", "--resume", "--json")
        #expect(segments(again)["checkedCount"] as? Int == count && segments(again)["earlierCount"] as? Int == 0)
        let name = try #require(tool.files(below: "state/portable-archive").first)
        try tool.write("not a ledger", to: "state/portable-archive/\(name)")
        let anew = try tool.run("verify", "a.pa", "--full", "--resume", "--json")
        #expect(anew.status == 0 && segments(anew)["checkedCount"] as? Int == count)
        #expect(anew.error.contains("begins anew"))
    }

    @Test("where nothing can be noted, a sample is verified still, and that is said")
    func noPlace() throws {
        let tool = try filled()
        defer { tool.remove() }
        try tool.write("a file", to: "blocked")
        let result = try tool.run(
            ["verify", "a.pa", "--keyless", "--sample", "1B"],
            environment: ["XDG_STATE_HOME": tool.directory.appendingPathComponent("blocked").path]
        )
        #expect(result.status == 0 && result.error.contains("cannot be noted"))
    }

    @Test(
        "amounts that mean nothing are wrong usage",
        arguments: [
            ["--sample", "0"], ["--sample", "5"], ["--sample", "101%"], ["--sample", "-1GB"], ["--sample", "x"],
        ]
            + [["--sample", "5%", "--resume"], ["--quick", "--resume"]]
    )
    func usage(_ words: [String]) throws {
        let tool = try Tool()
        defer { tool.remove() }
        #expect(try tool.run(["verify", "a.pa"] + words).status == 64)
    }
}
