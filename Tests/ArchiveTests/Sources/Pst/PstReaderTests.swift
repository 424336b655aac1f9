import ArchiveFormat
import ArchiveStorage
import Foundation
import OutlookFormats
import Testing

@testable import ArchiveSources

@Suite("PST and OST", .enabled(if: PstCorpus.canRead))
struct PstReaderTests {
    @Test("each folder of a store gives as many items as it says it has", arguments: PstCorpus.files)
    func counts(_ url: URL) throws {
        let content = try PstContent(SourceFile(path: url.path))
        #expect(content.error == nil)
        #expect(content.failures == [])
        var found: [String: UInt64] = [:]
        for item in content.items { found[item.folder.joined(separator: "/"), default: 0] += 1 }
        #expect(content.expected.filter { $0.value > 0 } == found)
    }

    /// Classes that pffexport passes over ("Skipped item … of type"), and readpst too.
    static let passedOver = ["IPM.Post", "IPM.Microsoft.ScheduleData.FreeBusy"]

    @Test("a store gives the items, Message-IDs and attachments that pffexport finds in it", arguments: PstCorpus.files)
    func items(_ url: URL) throws {
        let golden = PstGolden(url)
        let content = try PstContent(SourceFile(path: url.path))
        let found = content.items.filter { !PstReaderTests.passedOver.contains($0.message.text(0x1A) ?? "") }
        let isMail = { (item: PstContent.Item) in (item.message.text(0x1A) ?? "").hasPrefix("IPM.Note") }
        let lines = found.map { item in
            let sums = item.message.attachedData.map { data in
                PstGolden.sha256(data)
            }
            return [
                item.folder.joined(separator: "/"), isMail(item) ? item.message.subject : "", item.message.messageID,
                sums.sorted().joined(separator: ","),
            ].joined(separator: "\t")
        }
        #expect(lines.sorted() == golden.items.sorted())
        // Everything that the better of the two tells of, and what both pass over besides.
        #expect(content.items.count >= max(golden.totals["pffexport"] ?? .max, golden.totals["readpst"] ?? .max))
    }

    @Test("deleted items come only when asked for, into a folder of their own")
    func deleted() throws {
        let url = try #require(PstCorpus.files.first { $0.lastPathComponent == "four_nesting_levels.pst" })
        let without = try PstContent(SourceFile(path: url.path))
        let with = try PstContent(SourceFile(path: url.path), recovers: true)
        #expect(without.items.allSatisfy { $0.folder != ["Recovered"] })
        let recovered = with.items.filter { $0.folder == ["Recovered"] }
        // pffexport -m recovered: the four below, some of them more than once.
        let subjects = Set(recovered.map { $0.message.subject })
        #expect(subjects == ["Innermost message", "Middle message", "Multiple recipients"])
        #expect(recovered.allSatisfy { $0.place.flags.contains(.deleted) })
    }

    @Test("a message in a message in a message keeps its attachment")
    func nesting() throws {
        let url = try #require(PstCorpus.files.first { $0.lastPathComponent == "four_nesting_levels.pst" })
        let content = try PstContent(SourceFile(path: url.path))
        var message = try #require(content.items.first).message
        for subject in ["Middle message", "Innermost message"] {
            guard case .message(let inner)? = message.attachments.first?.content else {
                Issue.record("no message within")
                return
            }
            #expect(inner.subject == subject)
            message = inner
        }
        #expect(message.attachments.first?.properties.text(0x3707) == "hello.txt")
    }

    @Test("all 200 recipients come out of the recipient table")
    func recipients() throws {
        let url = try #require(PstCorpus.files.first { $0.lastPathComponent == "200 recipients.pst" })
        let content = try PstContent(SourceFile(path: url.path))
        #expect(content.items.first?.message.recipients.count == 200)
    }
}

/// What other tools find: `Tests/Golden/pst.tsv`.
struct PstGolden {
    var items: [String] = []
    var totals: [String: Int] = [:]

    init(_ store: URL) {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let text = (try? String(contentsOf: root.appending(path: "Golden/pst.tsv"), encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > 3, store.path.hasSuffix("/" + fields[2]) else { continue }
            switch fields[0] {
            case "total": totals[fields[1]] = Int(fields[3])
            case "item": items.append(([fields[3]] + fields[5...]).joined(separator: "\t"))
            default: break
            }
        }
    }

    /// SHA-256 by the system's own tool.
    static func sha256(_ bytes: [UInt8]) -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sha256sum"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        guard (try? process.run()) != nil else { return "" }
        input.fileHandleForWriting.write(Data(bytes))
        try? input.fileHandleForWriting.close()
        let found = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: found.prefix(64), as: UTF8.self)
    }
}

extension MapiMessage {
    /// The subject without the code for its prefix (MS-PST §2.5.3.1.1.1).
    var subject: String {
        let text = text(0x37) ?? ""
        return text.first == "\u{1}" ? String(text.dropFirst(2)) : text
    }

    /// The field of the header that came with it.
    var messageID: String {
        for line in (text(0x7D) ?? "").split(whereSeparator: \.isNewline) {
            guard line.lowercased().hasPrefix("message-id:") else { continue }
            return line.dropFirst(11).trimmingCharacters(in: .whitespaces)
        }
        return ""
    }
}
