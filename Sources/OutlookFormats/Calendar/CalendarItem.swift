import ArchiveCrypto
import ArchiveFormat

/// What appointments, tasks and journal entries have in common, as lines of iCalendar (RFC 5545).
struct CalendarItem {
    let message: MapiMessage
    let reader: PropertyReader
    let description: String?

    /// Takes an item.
    init(_ message: MapiMessage, reader: PropertyReader, description: String?) {
        self.message = message
        self.reader = reader
        self.description = description
    }

    /// Begins a calendar.
    func begin(_ lines: inout ContentLines, method: String? = nil) {
        lines.line("BEGIN", raw: "VCALENDAR")
        lines.line("VERSION", raw: "2.0")
        lines.line("PRODID", raw: "-//portable-archive//Outlook rendering \(OutlookRendering.version)//EN")
        if let method { lines.line("METHOD", raw: method) }
    }

    /// The lines that each component has.
    func identity(_ lines: inout ContentLines, summary: String? = nil) {
        lines.line("UID", raw: uid)
        // The time when the item was made stands for that when this was made, which would not be the same twice.
        let stamp = reader.time(Tag.clientSubmitTime) ?? reader.time(Tag.deliveryTime) ?? reader.time(Tag.creationTime)
        if let stamp = stamp ?? reader.time(Tag.modificationTime) {
            lines.line("DTSTAMP", raw: MailTime.utc(stamp))
        }
        lines.line("SUMMARY", text: summary ?? reader.subject)
    }

    /// The lines about the item that all components may have.
    func details(_ lines: inout ContentLines) {
        lines.line("DESCRIPTION", text: description)
        lines.line("CATEGORIES", texts: reader.texts(message.properties[.keywords]), separator: ",")
        switch reader.integer(Tag.sensitivity) {
        case 1, 2: lines.line("CLASS", raw: "PRIVATE")
        case 3: lines.line("CLASS", raw: "CONFIDENTIAL")
        default: break
        }
        switch reader.integer(Tag.importance) {
        case 2: lines.line("PRIORITY", raw: "1")
        case 0: lines.line("PRIORITY", raw: "9")
        default: break
        }
    }

    /// The global object id (MS-OXOCAL §2.2.1.27), or what makes the item itself unique.
    private var uid: String {
        if let bytes = reader.binary(.meeting(0x23), limit: 4096) ?? reader.binary(.meeting(0x03), limit: 4096),
            !bytes.isEmpty
        {
            // A UID from elsewhere stands in it behind a mark.
            let mark = Array("vCal-Uid".utf8) + [1, 0, 0, 0]
            if bytes.count > 52, Array(bytes[40..<52]) == mark {
                let text = String(decoding: bytes[52...].prefix { $0 != 0 }, as: UTF8.self)
                if !text.isEmpty { return HeaderLine.clean(text) }
            }
            return HeaderLine.hex(bytes)
        }
        if let key = reader.binary(Tag.searchKey, limit: 256), !key.isEmpty { return HeaderLine.hex(key) }
        var hasher = Blake2b()
        hasher.update(Array((reader.subject ?? "").utf8))
        for id in [Tag.creationTime, Tag.clientSubmitTime] {
            hasher.update(Array("\n\(reader.time(id) ?? 0)".utf8))
        }
        hasher.update(Array((description ?? "").utf8))
        return HeaderLine.hex(hasher.finish().withUnsafeBytes { Array($0.prefix(16)) })
    }

    /// An address within a `mailto` (RFC 6068 §2).
    static func uri(_ address: String) -> String {
        var result = ""
        for byte in address.utf8 {
            let isPlain =
                HeaderLine.isAtomText(byte) && !"%/?#&=`{|}^".utf8.contains(byte) || byte == 0x2E || byte == 0x40
            result += isPlain ? String(UnicodeScalar(byte)) : "%" + HeaderLine.hex(byte)
        }
        return result
    }
}
