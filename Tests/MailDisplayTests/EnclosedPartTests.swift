import Foundation
import MailDisplay
import Testing

/// The mails of other software, also when the package is a worktree one level deeper.
private let edge: URL? = {
    var folder = URL(filePath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    for _ in 0..<2 {
        folder.deleteLastPathComponent()
        let candidate = folder.appending(path: "shared/corpora/edge")
        if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
}()

@Suite("Attachments within TNEF", .enabled(if: edge != nil))
struct EnclosedPartTests {
    /// Mail, and length and CRC-32 of what the tool tnef finds in its TNEF: see Tests/Golden/tnef.py.
    static let golden: [(file: String, contents: Set<String>)] = {
        let table = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/tnef.tsv")
        let lines = (try? String(contentsOf: table, encoding: .utf8))?.split(separator: "\n") ?? []
        return lines.compactMap { line in
            let fields = line.split(separator: "\t")
            guard let mark = fields[0].lastIndex(of: "#"), fields[0].hasPrefix("edge/"), fields[1] == "whole" else {
                return nil
            }
            let contents = fields[2].split(separator: "|").filter { $0 != "-" }.map {
                $0.split(separator: ":").suffix(2).joined(separator: ":")
            }
            return (String(fields[0][..<mark].dropFirst(5)), Set(contents))
        }
    }()

    @Test("are listed and decoded behind the mail's own parts", arguments: golden.map(\.file))
    func listed(_ file: String) throws {
        let expected = try #require(Self.golden.first { $0.file == file }).contents
        let bytes = [UInt8](try Data(contentsOf: try #require(edge).appending(path: file)))
        let shown = MessageDisplay.parse(bytes)
        let within = shown.attachments.filter { $0.within != nil }
        #expect(shown.parts.map(\.index) == Array(shown.parts.indices))
        var found: Set<String> = []
        var contents: [Int: [UInt8]] = [:]
        try bytes.withUnsafeBytes { mail in
            for part in within {
                var content: [UInt8] = []
                let size = try MessageDisplay.decodePart(part.index, of: mail) { content.append(contentsOf: $0) }
                #expect(size == part.decodedSize)
                contents[part.index] = content
                // Of a message within, tnef gives the inner TNEF, and we a mail.
                if part.contentType == "message/rfc822" {
                    #expect(!MessageDisplay.parse(content).fields.isEmpty && part.safeFileName.hasSuffix(".eml"))
                } else {
                    found.insert("\(content.count):\(crc32(content))")
                }
            }
            var together: [Int: [UInt8]] = [:]
            try MessageDisplay.decodeParts(of: mail, where: { $0.within != nil }) {
                together[$0.index, default: []] += $1
            }
            #expect(together == contents)
            #expect(throws: PartError.noSuchPart(shown.parts.count)) {
                try MessageDisplay.decodePart(shown.parts.count, of: mail) { _ in }
            }
        }
        #expect(found.isSubset(of: expected))
        #expect(expected.subtracting(found).count == within.filter { $0.contentType == "message/rfc822" }.count)
    }
}

/// CRC-32 as zlib has it.
private func crc32(_ bytes: [UInt8]) -> String {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    let digits = String(~crc, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
