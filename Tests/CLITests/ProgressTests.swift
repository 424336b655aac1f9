import Foundation
import Testing

@testable import ArchiveCommands

/// How far a job is, on a terminal and nowhere else.
@Suite struct ProgressTests {
    @Test("the line has what is done, of how much, the rate, and when it ends")
    func line() {
        let half = Progress.text("import", 1_500_000_000, of: 3_000_000_000, seconds: 15, "20 found")
        #expect(half == "import: 1.5 GB of 3.0 GB, 50 %, 100.0 MB/s, 0:15 left, 20 found")
        let unknown = Progress.text("import", 1_500_000_000, of: nil, seconds: 15, "")
        #expect(unknown == "import: 1.5 GB, 100.0 MB/s")
        let grown = Progress.text("import", 2_000, of: 1_000, seconds: 1, "")
        #expect(grown == "import: 2.0 kB, 2.0 kB/s")
        #expect(Progress.text("verify", 10, of: 7_210, seconds: 1, "").hasSuffix("12:00 left"))
    }

    @Test("what is packed, in stores and containers, is told apart: its size says nothing of how much mail comes out")
    func packed() throws {
        let tool = try Tool()
        defer { tool.remove() }
        try tool.write(Data("!BDN".utf8) + Data(count: 99_996), to: "mail/outlook.pst")
        try tool.write(Data("PK\u{3}\u{4}".utf8) + Data(count: 99_996), to: "mail/takeout.zip")
        try tool.write(Data(count: 100_000), to: "mail/plain.mbox")
        try tool.write(Data("PK".utf8), to: "mail/small")
        let mail = tool.directory.appendingPathComponent("mail").path
        let tree = SourceSizes.sizes(of: [mail])
        #expect(tree.sum == 300_002)
        #expect(tree.packed == 200_000)
        #expect(SourceSizes.sizes(of: [mail + "/takeout.zip"]).packed == 100_000)
        #expect(SourceSizes.sizes(of: [mail + "/plain.mbox", mail + "/none"]).packed == 0)
    }

    /// Runs a command with a terminal for its output, made by Python.
    private static let terminal = [
        "python3", "-c",
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
    ]

    @Test("import, verify and export show their progress on a terminal, and nothing when piped or with --quiet")
    func terminalOnly() throws {
        var tool = try Tool()
        defer { tool.remove() }
        tool.passphrase = nil
        tool.usesKeyFile = true
        for number in 0..<200 {
            let text =
                "From: a@example.org\nSubject: \(number)\n\n" + String(repeating: "hello \(number)\n", count: 500)
            try tool.write(text, to: "mail/\(number % 7)/\(number).eml")
        }
        let commands = [
            ["import", "a.pa", "mail"], ["verify", "a.pa", "--full"], ["export", "a.pa", "out", "--format", "mbox"],
        ]
        for command in commands {
            let result = try tool.run(command, through: Self.terminal)
            #expect(result.status == 0, "\(result.text)")
            #expect(result.text.contains("\r\(command[0]): "), "\(command)")
            #expect(
                result.text.firstMatch(of: /[0-9.]+ [kM]?B( of [0-9.]+ [kM]B, [0-9]+ %)?, [0-9.]+ [kMG]?B\/s/) != nil
            )
            // How much there is to import is counted beside the import: a quick one is over before that is known.
            #expect(command[0] == "import" || result.text.contains(" %, "), "\(command)")
        }
        for command in [["import", "a.pa", "mail"], ["verify", "a.pa"], ["export", "a.pa", "out2"]] {
            #expect(try tool.run(command).error == "")
        }
        // An error finds the line taken away.
        let name = try #require(tool.files(below: "a.pa").last { $0.hasSuffix(".seg") })
        try tool.write(Data(), to: "a.pa/\(name)")
        let failed = try tool.run(["export", "a.pa", "out3"], through: Self.terminal)
        #expect(failed.status == 2 || failed.status == 3)
        let told = failed.text.split(separator: "portable-archive: ", maxSplits: 1)
        #expect(told.first.map { $0.hasSuffix("\n") || $0.hasSuffix("\u{1B}[K") } ?? true, "\(failed.text)")
        let quiet = try tool.run(["verify", "a.pa", "--quiet", "--quick"], through: Self.terminal)
        #expect(!quiet.text.contains("\r\u{1B}") && !quiet.text.contains("verify:"))
    }
}
