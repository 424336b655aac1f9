import Foundation
import Testing

/// What `--help` says, against texts that were read by a person: `make golden` makes them anew.
@Suite struct HelpTests {
    static let commands = [
        "", "init", "import", "list", "show", "export", "verify", "info", "folders",
        "imports", "imports list", "imports show",
        "key", "key list", "key add", "key remove", "key change-passphrase", "key recovery", "key identity",
        "writer", "writer add", "writer list", "writer revoke",
    ]

    private func help(_ command: String) throws -> String {
        let tool = try Tool()
        defer { tool.remove() }
        let words = command.split(separator: " ").map(String.init) + ["--help"]
        let result = try tool.run(words, environment: ["COLUMNS": "100"])
        #expect(result.status == 0, "\(result.error)")
        return result.text
    }

    private func file(_ command: String) -> URL {
        let name = command.isEmpty ? "portable-archive" : command.replacingOccurrences(of: " ", with: "-")
        return Tool.package.appendingPathComponent("Tests/CLITests/Help/\(name).txt")
    }

    @Test("the help of each command is the text that was agreed on", arguments: commands)
    func golden(command: String) throws {
        let text = try help(command)
        if ProcessInfo.processInfo.environment["PORTABLE_ARCHIVE_RENEW_HELP"] != nil {
            try Data(text.utf8).write(to: file(command))
        }
        let golden = try String(contentsOf: file(command), encoding: .utf8)
        #expect(text == golden, "where this is meant: make golden")
    }

    @Test("every option says what it does", arguments: commands)
    func described(command: String) throws {
        let lines = try help(command).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.hasPrefix("  -") {
            let isDescribed = line.dropFirst(2).contains("  ")
            let next = index + 1 < lines.count ? lines[index + 1] : ""
            #expect(isDescribed || next.hasPrefix("        "), "\(command): \(line)")
        }
    }

    @Test("the README tells every command")
    func readme() throws {
        let readme = try String(contentsOf: Tool.package.appendingPathComponent("README.md"), encoding: .utf8)
        for command in Self.commands where !["", "imports", "key", "writer"].contains(command) {
            #expect(readme.contains("portable-archive \(command) "), "\(command)")
        }
    }

    @Test("completions for each shell know the commands and their options", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let tool = try Tool()
        defer { tool.remove() }
        let result = try tool.run("--generate-completion-script", shell)
        #expect(result.status == 0, "\(result.error)")
        for word in ["import", "change-passphrase", "has-attachment", "recovery-file"] {
            #expect(result.text.contains(word))
        }
    }
}
