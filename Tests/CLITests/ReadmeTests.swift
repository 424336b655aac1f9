import Foundation
import Testing

/// Every command line of the README is run as it stands there, in its order, by a shell.
@Suite struct ReadmeTests {
    /// The lines of the README's code blocks that run the tool.
    private func commands() throws -> [String] {
        let readme = try String(contentsOf: Tool.package.appendingPathComponent("README.md"), encoding: .utf8)
        var isCode = false
        var lines: [String] = []
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isCode = !isCode && line == "```" }
            let starts = ["portable-archive ", "./portable-archive ", "some-program | portable-archive "]
            if isCode, starts.contains(where: { line.hasPrefix($0) }) { lines.append(String(line)) }
        }
        return lines
    }

    /// What the names in the README stand for.
    private func prepare() throws -> Tool {
        var tool = try Tool()
        tool.passphrase = nil
        let letter =
            "From: Alice <alice@example.org>\nTo: me@example.org\nSubject: hello\n"
            + "Date: Mon, 8 May 2023 10:00:00 +0000\nMIME-Version: 1.0\n"
            + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: text/plain; name=a.txt\n"
            + "Content-Disposition: attachment\n\nattached\n--b\n\nthird\n--b--\n"
        try tool.write(letter, to: "letter.eml")
        for name in ["more-mail/1.eml", "Takeout/Inbox/2.eml", "new-mail/3.eml", "piped.eml", "TestVectors/mail/4.eml"]
        {
            try tool.write("From: b@example.org\nSubject: \(name)\n\nhi\n", to: name)
        }
        try tool.write("From a@example.org Fri Nov 21 15:55:06 1997\nFrom: a@example.org\n\nold\n", to: "export.mbox")
        try tool.write("a phrase", to: "phrase.txt")
        try tool.write("another phrase", to: "new-phrase.txt")
        for name in ["completions", ".zfunc"] { try tool.write("", to: "\(name)/empty") }
        return tool
    }

    /// The secrets that the README leaves to be asked for; mostly a key file, so that little is stretched.
    private func secrets(for line: String) -> String {
        func names(_ words: String...) -> Bool { words.contains { line.contains($0) } }
        if names("--generate", "key identity", "--credential-file") { return "" }
        if names(" init ") { return names("--key-file") ? "" : "--passphrase-file phrase.txt" }
        let isPhrase = names("key add", "change-passphrase") && !names("--new-key-file", "--recipient")
        return "--key-file key" + (isPhrase ? " --new-passphrase-file phrase.txt" : "")
            + (names("change-passphrase") ? " --slot 2" : "")
    }

    /// A shell in which the README's words mean something.
    private func script(_ line: String) -> String {
        let line = [
            ("./portable-archive ", "portable-archive "), ("3fa94c21", "$ID"), ("3f9c", "$WRITER"),
            ("portable-archive-recipient-1:…", "$RECIPIENT"), ("~/.local/share/bash-completion/", ""),
            ("~/.config/fish/", ""), ("~/", ""),
        ].reduce(line) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        return """
            set -eu
            rm -rf folder
            portable-archive() { "\(Tool.binary.path)" "$@" \(secrets(for: line)); }
            some-program() { cat piped.eml; }
            less() { cat > /dev/null; }
            \(line)
            """
    }

    @Test("every command line works as it stands there")
    func commandLines() throws {
        let tool = try prepare()
        defer { tool.remove() }
        var words: [String: String] = [:]
        var made = 0
        let lines = try commands()
        #expect(lines.count >= 40)
        #expect(try tool.run("init", "ARCHIVE", "--key-file", "key").status == 0)
        for line in lines {
            var line = line
            // Each `init` makes an archive of its own.
            if line.contains(" init ") {
                made += 1
                line = line.replacingOccurrences(of: "ARCHIVE", with: "made-\(made)")
            }
            try tool.write(script(line), to: "command.sh")
            let result = try tool.run([], through: ["bash", "command.sh"], environment: words)
            #expect(result.status == 0, "\(line)\n\(result.error)")
            words.merge(try meanings(tool, after: line)) { $1 }
        }
    }

    /// Ids and keys that later lines name.
    private func meanings(_ tool: Tool, after line: String) throws -> [String: String] {
        if line.contains(" import ARCHIVE ") {
            let list = try tool.run("list", "ARCHIVE", "--subject", "hello", "--key-file", "key", "--json")
            let messages = list.json["messages"] as? [[String: Any]]
            return ["ID": messages?.first?["id"] as? String ?? "none"]
        }
        if line.contains("key identity") {
            try FileManager.default.removeItem(at: tool.directory.appendingPathComponent("me.identity"))
            return ["RECIPIENT": try tool.run("key", "identity", "me.identity").text.trimmingCharacters(in: .newlines)]
        }
        if line.contains("writer add") {
            let writers = try tool.run("writer", "list", "ARCHIVE", "--json").json["writers"] as? [[String: Any]]
            return ["WRITER": writers?.last?["writer"] as? String ?? "none"]
        }
        return [:]
    }
}
