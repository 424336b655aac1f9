import Foundation
import MailDisplay
import Testing

/// The test data of other mail software, outside of the package; the tests are skipped where it is missing.
private let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/corpora/edge")
private let hasCorpus = FileManager.default.fileExists(atPath: corpus.path)

@Suite("Mails of other software", .enabled(if: hasCorpus))
struct CorpusTests {
    @Test("every file is read without a crash, its sizes are right and nothing unsafe is left")
    func everything() throws {
        var read = 0
        let files = FileManager.default.enumerator(at: corpus, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard let data = try? Data(contentsOf: file), !data.isEmpty, data.count < 2 << 20 else { continue }
            let bytes = [UInt8](data)
            let clock = ContinuousClock()
            let started = clock.now
            let message = MessageDisplay.parse(bytes)
            #expect(clock.now - started < .seconds(5), "\(file.lastPathComponent)")
            for part in message.parts {
                let name = part.safeFileName
                #expect(!name.isEmpty && name.utf8.count <= SafeFileName.maximumBytes && !name.contains("/"))
            }
            let shown =
                TerminalText.safeLines(message.text) + message.fields.map { TerminalText.safe($0.value) }.joined()
            #expect(
                shown.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && !(0x7F..<0xA0 ~= $0.value) || $0 == "\n" || $0 == "\t"
                }
            )
            var total: UInt64 = 0
            try bytes.withUnsafeBytes { raw in
                try MessageDisplay.decodeParts(of: raw, where: { _ in true }) { total += UInt64($1.count) }
            }
            #expect(total == message.parts.reduce(0) { $0 + $1.decodedSize }, "\(file.lastPathComponent)")
            read += 1
        }
        #expect(read > 1_500)
    }

    /// Messages mime4j cuts into other parts than GMime: boundaries doubled, missing, or with text behind them.
    private static let readOtherwise: Set<String> = [
        "2002_06_12_doublebound", "double-bound", "multi-bad", "ending-boundaries", "malformedHeader-noheader",
        "malformedHeaderStartsBody-nocrlfcrlf", "malformedHeaderStartsBody-noheader", "multipartemptypart",
        "very-very-long-boundary",
    ]

    @Test(
        "the parts of mime4j's messages have the bytes mime4j expects",
        arguments: ["mimetools-testmsgs", "testmsgs"]
    )
    func mime4j(folder: String) throws {
        let place = corpus.appending(path: "mime4j/core/src/test/resources/\(folder)")
        var compared = 0
        for file in try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil) {
            let name = file.deletingPathExtension().lastPathComponent
            guard file.pathExtension == "msg", !Self.readOtherwise.contains(name),
                let tree = try? String(contentsOf: place.appending(path: "\(name)_decoded.xml"), encoding: .isoLatin1)
            else { continue }
            // A message within the message is one part here, and several there.
            guard tree.components(separatedBy: "<message>").count == 2 else { continue }
            let wanted = try tree.matches(of: /<(?:text|binary)-body name="([^"]+)"/).map { match in
                try lines([UInt8](Data(contentsOf: place.appending(path: String(match.1)))))
            }
            let bytes = [UInt8](try Data(contentsOf: file))
            var found = [[UInt8]](repeating: [], count: MessageDisplay.parse(bytes).parts.count)
            try bytes.withUnsafeBytes { raw in
                try MessageDisplay.decodeParts(of: raw, where: { _ in true }) { found[$0.index] += Array($1) }
            }
            #expect(found.map(lines) == wanted, "\(name)")
            compared += 1
        }
        #expect(compared > 20)
    }

    /// mime4j's expected files have the line ends of their checkout.
    private func lines(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { $0 != 0x0D } }
}
