import Foundation
import PortableArchive
import Testing

@Suite("the README")
struct ReadmeExampleTests {
    // readme-example-begin
    func example(archive: String, mail: String) throws {
        let code = try PortableArchive.create(at: archive, passphrase: "correct horse")
        print("write this on paper:", code)

        let account = try PortableArchive.import([mail], into: archive, passphrase: "correct horse")
        print("found \(account.found), stored \(account.stored), rejected \(account.rejected)")

        let opened = try PortableArchive.open(archive, passphrase: "correct horse")
        for message in opened.catalogue.messages {
            var bytes = 0
            try opened.message(message.content, size: message.size) { bytes += $0.count }
            print(String(decoding: message.envelope.subject ?? [], as: UTF8.self), bytes)
        }
        print("whole:", try PortableArchive.verify(archive).isClean)
    }
    // readme-example-end

    @Test("its library example runs, and stands in it to the letter")
    func library() throws {
        let scratch = try Scratch()
        try scratch.write("1.eml", Array("From: a@example.org\nSubject: hello\n\nx\n".utf8))
        try example(archive: scratch.path + "/my.parchive", mail: scratch.path + "/1.eml")
        let own = try String(contentsOfFile: #filePath, encoding: .utf8)
        let parts = own.components(separatedBy: "// readme-example-begin\n")
        let snippet = try #require(parts.dropFirst().first?.components(separatedBy: "    // readme-example-end").first)
        let lines = snippet.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix("    ") ? String($0.dropFirst(4)) : String($0)
        }
        let readme = try String(
            contentsOfFile: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("README.md").path,
            encoding: .utf8
        )
        #expect(readme.contains(lines.joined(separator: "\n")))
    }
}
