import ArchiveFormat
@testable import ArchiveSources
import ArchiveStorage
import Foundation
import MailFormats
import Testing

/// A table of `Tests/Golden`.
func golden(_ name: String) throws -> [[String]] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: tests.appendingPathComponent("Golden/" + name), encoding: .utf8).split(
        separator: "\n"
    )
    .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
}

private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

@Suite("messages of Apple Mail")
struct EmlxTests {
    private func read(_ text: String) -> EmlxFile? { Array(text.utf8).withUnsafeBytes { EmlxFile($0) } }

    @Test("length, flags and date are as Python reads them", .enabled(if: hasCorpora))
    func corporaFiles() throws {
        let rows = try golden("emlx.tsv")
        #expect(rows.count == 14)
        for row in rows {
            let data = try bytes("\(corpora)/\(row[0])")
            let emlx = try #require(data.withUnsafeBytes { EmlxFile($0) }, "\(row[0])")
            #expect(data.withUnsafeBytes { EmlxFile.sniff(prefix: $0) }, "\(row[0])")
            let message = data[Int(emlx.message.lowerBound)..<Int(emlx.message.upperBound)]
            #expect(message.count == Int(row[1]), "\(row[0])")
            #expect(fnv(message) == row[2], "\(row[0])")
            #expect(emlx.flags?.rawValue == UInt64(row[3]), "\(row[0])")
            #expect(emlx.received == Int64(row[4]), "\(row[0])")
            let streamed = try EmlxFile(MemoryByteSource(data))
            #expect(streamed == emlx)
        }
    }

    @Test("a partial message gets its attachments back, to the byte as it came", .enabled(if: hasCorpora))
    func joined() throws {
        let reader = try DirectoryReader(path: Array("\(corpora)/pst/emlx-partial-qqilihq/input".utf8))
        #expect(reader.kind == .appleMail)
        var found: [String: FoundMessage] = [:]
        var others: [String] = []
        var attachments = 0
        while let event = try reader.next() {
            switch event {
            case .message(let message): found[message.identifier] = message
            case .kept(_, .attachment): attachments += 1
            case .file(let file): others.append(String(decoding: file.path.last ?? [], as: UTF8.self))
            default: Issue.record("not expected: \(event)")
            }
        }
        #expect(attachments == 12)
        #expect(others == ["114862.emlx", "114895.partial.emlx", "11507.emlx"])
        for row in try golden("emlx.tsv") where row[5] != "-" {
            let name = row[0].replacingOccurrences(of: "pst/emlx-partial-qqilihq/input/", with: "")
            let message = try #require(found[name], "\(name)")
            let text = try message.bytes.read(at: 0, count: Int(message.bytes.byteCount))
            #expect(text.count == Int(row[5]), "\(name)")
            #expect(fnv(text) == row[6], "\(name)")
            #expect(message.record == (try bytes("\(corpora)/\(row[0])")))
            #expect(message.place.flags.contains(.seen))
        }
        #expect(found["Messages/465622.partial.emlx"]?.notes == [])
        // Quoted-printable can be written in more than one way: what differs is told.
        let quoted = ["part 2.6 was 2146 bytes long and is 2142 as put back"]
        #expect(found["Messages/114892.partial.emlx"]?.notes == quoted)
        #expect(found["Messages/114894.partial.emlx"]?.notes == quoted)
        // A stand-in of another length, and a wrong first line.
        #expect(found["Messages/136153.partial.emlx"]?.notes.count == 2)
    }

    @Test("a wrong length is told, and the message is taken nevertheless")
    func wrongLength() throws {
        let list = "<?xml version=\"1.0\"?>\n<plist><dict><key>flags</key><integer>16</integer></dict></plist>\n"
        let short = try #require(read("3\nSubject: x\n\nBody\n\(list)"))
        #expect(short.message == 2..<19)
        #expect(short.flags == .flagged)
        #expect(short.troubles == [.lengthDiffers(stated: 3, found: 17)])
        let long = try #require(read("99999999999\nSubject: x\n\nBody\n"))
        #expect(long.troubles == [.lengthDiffers(stated: 99_999_999_999, found: 17), .noPropertyList])
        let right = try #require(read("17    \nSubject: x\n\nBody\n\(list)"))
        #expect(right.troubles.isEmpty)
        #expect(read("Subject: x\n\n16\n") == nil)
        #expect(read("999999999999999999999999\nSubject: x\n") == nil)
        #expect(read("") == nil)
        #expect(read("12") == nil)
    }

    @Test("only the flags of the outermost dictionary count, and only numbers that fit")
    func propertyLists() throws {
        func flags(_ list: String) -> UInt64? { read("0\n<?xml?><plist>\(list)</plist>")?.flags?.rawValue }
        #expect(flags("<dict><key>a</key><dict><key>flags</key><integer>1</integer></dict></dict>") == nil)
        #expect(flags("<dict><key>flags</key>\n\t<integer>8623750272</integer></dict>") == 8_623_750_272)
        #expect(flags("<dict><key>flags</key><integer>99999999999999999999999</integer></dict>") == nil)
        #expect(flags("<dict><key>flags</key><integer>-1</integer></dict>") == nil)
        #expect(flags("<dict><key>flags</key><string>1</string></dict>") == nil)
    }

    @Test("whatever is cut off or changed, a file gives a message within it or none", .enabled(if: hasCorpora))
    func damaged() throws {
        var random = SystemRandomNumberGenerator()
        for row in try golden("emlx.tsv") {
            let data = try bytes("\(corpora)/\(row[0])")
            for step in 0..<20 { check(Array(data.prefix(data.count * step / 20))) }
            for _ in 0..<200 {
                var changed = data
                changed[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                changed[Int.random(in: 0..<min(16, data.count), using: &random)] = UInt8.random(
                    in: 0x30...0x3A,
                    using: &random
                )
                check(changed)
            }
        }
    }

    private func check(_ data: [UInt8]) {
        guard let emlx = data.withUnsafeBytes({ EmlxFile($0) }) else { return }
        #expect(emlx.message.upperBound <= UInt64(data.count))
        #expect(emlx.propertyList.upperBound <= UInt64(data.count))
        let message = Array(data[Int(emlx.message.lowerBound)..<Int(emlx.message.upperBound)])
        var last = 0
        for part in message.withUnsafeBytes({ EmlxParts($0).parts }) {
            #expect(part.field.lowerBound >= last && part.place >= part.field.upperBound && part.place <= message.count)
            last = part.place
        }
    }
}

@Suite("attachments beside messages of Apple Mail")
struct AppleAttachmentTests {
    private let partial =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHi\n--b\n"
        + "Content-Transfer-Encoding: base64\nX-Apple-Content-Length: 8\n\n\n--b--\n"

    @Test("a link is not followed, and what no message lacks is judged by its bytes")
    func links() throws {
        let scratch = try Scratch()
        try scratch.write("secret", Array("secret".utf8))
        try scratch.write("in/Messages/1.partial.emlx", Array("\(partial.utf8.count)\n\(partial)".utf8))
        try scratch.write("in/Messages/2.partial.emlx", Array("\(partial.utf8.count)\n\(partial)".utf8))
        try scratch.write("in/Attachments/2/2/a", Array("abcde".utf8))
        try scratch.write("in/Attachments/2/3/b", Array("abcde".utf8))
        try scratch.write("in/Attachments/1/3/b", Array("abcde".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: scratch.path + "/in/Attachments/1/2",
            withDestinationPath: scratch.path
        )
        expectLines(
            try described(scratch.path + "/in"),
            [
                "Attachments/1/2 skipped: link", "Attachments/1/3/b ->  ?", "Attachments/2/2/a kept: attachment",
                "Attachments/2/3/b ->  ?", "Messages/1.partial.emlx ->  emlx", "Messages/2.partial.emlx => ",
            ]
        )
        let reader = try DirectoryReader(path: Array((scratch.path + "/in").utf8))
        while let event = try reader.next() {
            guard case .message(let message) = event else { continue }
            let text = try message.bytes.read(at: 0, count: Int(message.bytes.byteCount))
            let whole = partial.replacingOccurrences(of: "X-Apple-Content-Length: 8\n\n", with: "\nYWJjZGU=")
            #expect(String(decoding: text, as: UTF8.self) == whole)
        }
    }
}
