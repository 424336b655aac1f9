import Foundation
import Testing

/// Ctrl-C.
@Suite struct InterruptionTests {
    @Test("Ctrl-C ends an import cleanly with 130; the same import again goes on", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.passphrase = nil
        tool.usesKeyFile = true
        for number in 0..<20 {
            try tool.write("From: a@example.org\nSubject: \(number)\n\nhi\n", to: "mail/\(number).eml")
        }
        try tool.write("From: first@example.org\nSubject: first\n\nhi\n", to: "first.eml")
        #expect(try tool.run("import", "a.pa", "first.eml").status == 0)
        // It takes its standard input first, so the signal comes before the folder is walked.
        let result = try tool.runWaiting(["import", "a.pa", "mail", "-", "--json"], untilOpen: nil) {
            kill($0.processIdentifier, signal)
        }
        #expect(result.status == 130, "\(result.error)")
        #expect(result.json["interrupted"] as? Bool == true)
        let runs = result.json["runs"] as? [[String: Any]]
        #expect(runs?.first?["complete"] as? Bool == false)
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
        #expect(try tool.run("list", "a.pa").text.contains("first"))
        let again = try tool.run("import", "a.pa", "mail", "--json")
        #expect(again.status == 0, "\(again.error)")
        #expect((again.json["counts"] as? [String: Any])?["found"] as? Int == 20)
        #expect(try tool.run("verify", "a.pa", "--full", "--strict").status == 0)
    }
}
