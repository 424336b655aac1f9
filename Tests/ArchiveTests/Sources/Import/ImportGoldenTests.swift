import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Foundation
import MailDisplay
import Testing

@testable import ArchiveSources

/// A message as it came out of an archive, read by GMime.
struct ImportedMessage {
    var folder: String
    var shown: DisplayMessage
    /// Length and CRC-32 of what is attached, to messages within it too.
    var attached: [[UInt8]]
    var bytes: [UInt8]

    /// All of an archive, each once for each folder.
    static func all(of archive: Archive) throws -> [ImportedMessage] {
        var found: [ImportedMessage] = []
        for message in archive.catalogue.messages {
            var bytes: [UInt8] = []
            try archive.message(message.content, size: message.size) { bytes.append(contentsOf: $0) }
            let attached = try attachments(of: bytes)
            for placement in message.placements {
                let names = archive.catalogue.folders[placement.folder].path
                found.append(
                    ImportedMessage(
                        folder: names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/"),
                        shown: MessageDisplay.parse(bytes),
                        attached: attached,
                        bytes: bytes
                    )
                )
            }
        }
        return found
    }

    private static func attachments(of bytes: [UInt8]) throws -> [[UInt8]] {
        var contents: [Int: [UInt8]] = [:]
        var messages: Set<Int> = []
        var order: [Int] = []
        try bytes.withUnsafeBytes { mail in
            for part in MessageDisplay.parse(mail).parts where part.role == .attachment || part.role == .inline {
                // The body in its own form, where RTF is what there is.
                if part.contentType == "text/rtf", part.fileName == "body.rtf" { continue }
                order.append(part.index)
                if part.contentType == "message/rfc822" { messages.insert(part.index) }
                contents[part.index] = []
                _ = try MessageDisplay.decodePart(part.index, of: mail) {
                    contents[part.index, default: []] += $0
                }
            }
        }
        return try order.flatMap { index -> [[UInt8]] in
            let content = contents[index] ?? []
            return messages.contains(index) ? try attachments(of: content) : [content]
        }
    }
}

@Suite("What an import makes of the corpora", .enabled(if: PstCorpus.root != nil))
struct ImportGoldenTests {
    private func take(_ path: String) throws -> (ImportReport, [ImportedMessage]) {
        let (storage, root) = try RoundTripTests.make()
        let report = try Importer.run(storage, as: .root(root), sources: [path], options: ImportOptions())
        #expect(report.counts.isBalanced)
        // On a copy, so that what is there is there once.
        let again = try Importer.run(storage.copy(), as: .root(root), sources: [path], options: ImportOptions())
        #expect(again.counts.stored == 0)
        #expect(again.counts.alreadyThere == report.counts.stored + report.counts.alreadyThere)
        #expect(again.counts.rejected == report.counts.rejected)
        let archive = try Archive(log: ArchiveLog(opening: storage), access: .all(root))
        return (report, try ImportedMessage.all(of: archive))
    }

    @Test(
        "a store gives, folder by folder, what pffexport finds and as much as it says itself; twice adds nothing",
        .enabled(if: PstCorpus.canRead),
        arguments: PstCorpus.files
    )
    func stores(_ url: URL) throws {
        let (report, messages) = try take(url.path)
        #expect(report.isAccountedFor)
        let run = try #require(report.runs.first)
        let counts = Dictionary(uniqueKeysWithValues: run.folders.map { ($0.folder, $0.counts.found) })
        for (folder, count) in run.expected where count > 0 { #expect(counts[folder] == count) }
        var rest = messages
        for line in PstGolden.items(url) {
            let (folder, kind, subject, messageID) = (line[0], line[1], line[2], line[3])
            let sums = line[4].split(separator: ",").map(String.init)
            let place = rest.firstIndex { message in
                guard message.folder == folder else { return false }
                guard kind == "Message" else { return true }
                guard message.shown.subject == subject else { return false }
                guard messageID.isEmpty || message.shown.values(of: "Message-ID").first == messageID else {
                    return false
                }
                return message.attached.map(PstGolden.sha256).sorted() == sums
            }
            guard let place else {
                Issue.record("missing: \(line); of \(rest.map { [$0.folder, $0.shown.subject] })")
                continue
            }
            rest.remove(at: place)
        }
        // What pffexport passes over: posts, and the record of free and busy times.
        #expect(rest.count <= 2, "\(rest.map { [$0.folder, $0.shown.subject] })")
    }

    @Test("an MSG gives one message with the attachments that extract_msg and olefile find", arguments: msgFiles)
    func items(_ file: String) throws {
        let rows = try golden("msg.tsv").filter { $0[0] == file }
        let (report, messages) = try take(corpora + "/" + file)
        if rows[0][1] == "none" {
            #expect(report.counts.stored == 0 && report.counts.rejected == 1)
            return
        }
        #expect(messages.count == 1)
        #expect(report.isAccountedFor)
        // Of an object of OLE and of a nested message only what is within is compared.
        let expected = rows.flatMap { $0[4].split(separator: "|").map(String.init) }.compactMap { text -> String? in
            let fields = text.split(separator: ":")
            return fields.count == 3 ? "\(fields[1]):\(fields[2])" : nil
        }
        // Its one attachment is the whole mail as it was signed: the message is made of it, not with it.
        if file.hasSuffix("signatures_valid.msg") { return }
        var found = messages.flatMap { $0.attached.map { "\($0.count):\(checksum($0))" } }
        for sum in expected {
            guard let place = found.firstIndex(of: sum) else {
                Issue.record("missing: \(sum) of \(rows[0][0]), there are \(found)")
                continue
            }
            found.remove(at: place)
        }
    }

    static let msgFiles = Array(Set(((try? golden("msg.tsv")) ?? []).filter { !$0[0].hasPrefix("#") }.map { $0[0] }))
        .filter { !$0.contains("clusterfuzz") }.sorted()

    @Test("an EMLX gives the message that Python finds in it", arguments: (try? golden("emlx.tsv")) ?? [])
    func appleMails(_ row: [String]) throws {
        let (report, messages) = try take(corpora + "/" + row[0])
        #expect(messages.count == 1 && report.counts.rejected == 0)
        #expect(messages.first.map { "\($0.bytes.count) \(fnv($0.bytes[...]))" } == "\(row[1]) \(row[2])")
    }

    @Test("a zip, imported twice, adds nothing", arguments: ["libratom/emails.zip", "perceval/groupsio/messages.zip"])
    func containers(_ file: String) throws {
        _ = try take(corpora + "/edge/" + file)
    }

    @Test(
        "what readpst makes of a store is accounted for beside the store",
        .enabled(if: PstCorpus.canRead && FileManager.default.isExecutableFile(atPath: "/usr/bin/readpst")),
        arguments: PstCorpus.files.filter { $0.lastPathComponent.hasPrefix("flags_j") }
    )
    func beside(_ url: URL) throws {
        let scratch = try Scratch()
        try scratch.write("readpst/.keep", [])
        try FileManager.default.removeItem(atPath: scratch.path + "/readpst/.keep")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/readpst")
        process.arguments = ["-q", "-j", "0", "-e", "-o", scratch.path + "/readpst", url.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let paths =
            FileManager.default.enumerator(atPath: scratch.path + "/readpst")?.compactMap { $0 as? String } ?? []
        let files = paths.filter { $0.hasSuffix(".eml") }
        #expect(!files.isEmpty)
        let (storage, root) = try RoundTripTests.make()
        let report = try Importer.run(
            storage,
            as: .root(root),
            sources: [url.path, scratch.path + "/readpst"],
            options: ImportOptions()
        )
        #expect(report.runs.allSatisfy(\.counts.isBalanced) && report.rejects.isEmpty)
        #expect(report.runs.last.map { Int($0.counts.found) } == files.count)
    }

    private func checksum(_ bytes: [UInt8]) -> String {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
        }
        let digits = String(~crc, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension PstGolden {
    /// Folder, kind, subject, Message-ID and sums of the attachments of each item that pffexport finds.
    static func items(_ store: URL) -> [[String]] {
        ((try? golden("pst.tsv")) ?? []).compactMap { fields in
            guard fields[0] == "item", store.path.hasSuffix("/" + fields[2]) else { return nil }
            return Array(fields[3...])
        }
    }
}
