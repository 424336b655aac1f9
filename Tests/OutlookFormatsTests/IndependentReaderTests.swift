import Foundation
import MailFormats
import OutlookFormats
import Testing

/// Python's `email` package reads what was rendered: a reader that shares no line with this one.
@Suite("Rendered messages as Python's email package reads them")
struct IndependentReaderTests {
    /// Prints each header that is asked about, then type, file name and content of each leaf; one JSON value in all.
    private static let script = """
        import base64, email, email.policy, json, sys
        result = []
        for path in sys.argv[1:]:
            mail = email.message_from_bytes(open(path, 'rb').read(), policy=email.policy.default)
            defects = [str(d) for p in mail.walk() for d in p.defects]
            for part in mail.walk():
                for name, value in part.items():
                    defects += [name + ': ' + str(d) for d in getattr(value, 'defects', [])]
            leaves = []
            for part in mail.walk():
                if not part.is_multipart():
                    data = part.get_payload(decode=True) or b''
                    leaves.append([part.get_content_type(), part.get_filename() or '', base64.b64encode(data).decode()])
            result.append({'defects': defects, 'leaves': leaves, 'subject': mail['Subject'] or '',
                           'from': str(mail['From'] or ''), 'to': str(mail['To'] or '')})
        print(json.dumps(result))
        """

    private struct Read: Decodable {
        var defects: [String]
        var leaves: [[String]]
        var subject: String
        var from: String
        var to: String
    }

    private func read(_ messages: [Made]) throws -> [Read] {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        var paths: [String] = []
        for (index, made) in messages.enumerated() {
            let place = directory.appendingPathComponent("\(index).eml")
            try Data(made.bytes).write(to: place)
            paths.append(place.path)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script] + paths
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode([Read].self, from: data)
    }

    @Test("subjects, addresses, file names and contents arrive, and nothing is amiss")
    func all() throws {
        let long = String(repeating: "Ein sehr langer Betreff mit Umlauten äöü und 日本語 ", count: 9)
        let texts = [
            "plain", "Grüße", long, " led by a blank", "two  blanks", "=?utf-8?Q?no?=", "日本語テスト😀", "a\tb",
            String(repeating: "x", count: 1200), String(repeating: "word ", count: 80),
        ]
        let names = [
            "a.txt", "with blank.pdf", "quo\"te\\.txt", "Übersicht (1).pdf", long + ".doc", "semi;colon'%.x",
            String(repeating: "n", count: 180) + ".bin", "日本.docx", "=?x?=.txt", "comma, name.txt",
        ]
        let bodies: [[UInt8]] = [
            Array("a\r\nb\r\n".utf8), Array("a\nb\n".utf8), Array("=20 trailing \r\n\tx\t\r\n".utf8),
            [0, 1, 2, 255, 13, 10, 13],
            Array("From me\r\n.\r\n".utf8), Array(String(repeating: "ä", count: 500).utf8), [13],
            Array("--=_\r\n".utf8),
            Array(String(repeating: "y", count: 5000).utf8), [],
        ]
        var made: [Made] = []
        for index in texts.indices {
            made.append(
                try Made(
                    MapiMessage(
                        PropertyBag([
                            Make.text(0x0037, texts[index]), Make.text(0x0042, texts[index]),
                            Make.text(0x5D02, "a.b+c@example.com"), Make.integer(0x3FDE, 65001),
                            Make.binary(0x1013, bodies[index]),
                        ]),
                        recipients: texts.map { Make.recipient(1, $0, smtp: "x@example.com") },
                        attachments: [Make.attachment(names[index], .bytes(bodies[(index + 3) % 10]))]
                    )
                )
            )
        }
        let read = try read(made)
        try #require(read.count == texts.count)
        for index in texts.indices {
            #expect(read[index].defects.isEmpty)
            let subject = texts[index].replacing("\t", with: " ").trimmingCharacters(in: .whitespaces)
            #expect(read[index].subject == subject)
            #expect(read[index].from.hasSuffix("<a.b+c@example.com>"))
            #expect(read[index].to.components(separatedBy: "<x@example.com>").count == texts.count + 1)
            var leaves = read[index].leaves
            let attachment = leaves.removeLast()
            #expect(attachment[1] == names[index].trimmingCharacters(in: .whitespaces))
            #expect(attachment[2] == Data(bodies[(index + 3) % 10]).base64EncodedString())
            if !bodies[index].isEmpty { #expect(leaves.first?[2] == Data(bodies[index]).base64EncodedString()) }
        }
    }
}
