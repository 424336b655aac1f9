import MailFormats
@testable import OutlookFormats
import Testing

@Suite("MSG files against olefile and extract_msg", .enabled(if: OutlookCorpora.isThere))
struct MsgGoldenTests {
    /// File, place, recipients, subject, attachments: see Tests/Golden/msg.py.
    static let golden = OutlookCorpora.rows("msg.tsv")
    static let files = Array(Set(golden.map { $0[0] })).sorted()

    /// Files that a fuzzer damaged, where olefile gives bytes that are not those of the stream it names.
    static let damaged = [
        // The mini FAT chains the content's sectors to one that is another stream's.
        "pst/poi-hsmf/clusterfuzz-testcase-minimized-POIHSMFFuzzer-4735011465854976.msg"
    ]

    @Test("has each message with its recipients, subject and attachments", arguments: files)
    func agrees(_ file: String) throws {
        let rows = Self.golden.filter { $0[0] == file }
        let source = MemoryByteSource(OutlookCorpora.bytes(file))
        var found: [[String]] = []
        do throws(OutlookError) {
            let message = try MsgReader.read(source)
            // Three files were damaged by a fuzzer; of all others nothing is lost.
            #expect(message.allLosses.isEmpty != file.contains("clusterfuzz"), "\(message.allLosses)")
            if Self.damaged.contains(file) { return }
            Self.describe(message, "0", file, &found)
        } catch {
            #expect(error.reason == .notThisFormat)
            found = [[file, "none"]]
        }
        found.sort { $0[1] < $1[1] }
        #expect(found == rows.map { Array($0.prefix(5)) })
    }

    private static func describe(_ message: MapiMessage, _ place: String, _ file: String, _ rows: inout [[String]]) {
        var attachments: [String] = []
        for (index, attachment) in message.attachments.enumerated() {
            let named = attachment.properties[0x3707] ?? attachment.properties[0x3704]
            let name = named?.values.first.map { hexadecimal($0.all) } ?? "-"
            switch attachment.content {
            case .none: attachments.append("\(name):none")
            case .data(.source(let source)) where source is PiecedSource: attachments.append("\(name):object")
            case .data(let value): attachments.append("\(name):\(value.byteCount):\(crc32(value.all))")
            case .message(let inner):
                attachments.append("\(name):message")
                describe(inner, "\(place).\(index)", file, &rows)
            }
        }
        let subject = message.properties[0x0037]?.values.first.map { hexadecimal($0.all) } ?? "-"
        rows.append([
            file, place, "\(message.recipients.count)", subject,
            attachments.isEmpty ? "-" : attachments.joined(separator: "|"),
        ])
    }
}
