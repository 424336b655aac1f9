import ArchiveCrypto
import ArchiveFormat
import MailFormats

/// The original of a message that is signed or encrypted (MS-OXOSMIME §2.1.3), taken over unchanged.
struct SecuredContent {
    let part: MIMEPart
    /// Whether the original brings `MIME-Version`.
    let hasVersion: Bool

    /// Finds the original; nil when the item has not the one attachment that it must have.
    init?(_ message: MapiMessage, reader: PropertyReader, transport: TransportHeaders) throws(RenderingFailure) {
        guard message.attachments.count == 1, case .data(let value) = message.attachments[0].content,
            value.byteCount > 0
        else { return nil }
        var hasher = Blake2b()
        var isEightBit = false
        var start: [UInt8] = []
        try value.forEachChunk { chunk throws(RenderingFailure) in
            hasher.update(chunk)
            if start.isEmpty { start = Array(chunk.prefix(32 << 10)) }
            if !isEightBit { isEightBit = chunk.contains { $0 >= 0x80 } }
        }
        let hash = hasher.finish()
        if let names = SecuredContent.fieldNames(start), names.contains("content-type") {
            part = MIMEPart(
                type: "",
                content: .verbatim(.init(value: value, hash: hash, isEightBit: isEightBit)),
                holds: .attachment(0)
            )
            hasVersion = names.contains("mime-version")
            return
        }
        // Bare CMS: its fields were not kept with it, perhaps its type.
        guard start.first == 0x30 else { return nil }
        hasVersion = false
        let name = PropertyName(set: PropertySet.internetHeaders, .string("Content-Type"))
        let stored = [reader.text(name), transport.contentType].lazy.compactMap(\.self).map(HeaderLine.clean)
            .first { text in
                let lower = text.lowercased()
                return HeaderLine.isASCII(text) && text.utf8.count < 900
                    && (lower.hasPrefix("application/pkcs7-mime") || lower.hasPrefix("application/x-pkcs7-mime"))
            }
        let file = HeaderLine.mime("Content-Disposition", "attachment", [("filename", "smime.p7m")])
        let type = stored ?? "application/pkcs7-mime"
        var parameters: [(name: String, value: String)] = []
        if stored == nil {
            if let kind = SecuredContent.kind(start) { parameters.append(("smime-type", kind)) }
            parameters.append(("name", "smime.p7m"))
        }
        part = .data(type, value, parameters: parameters, fields: file, holds: .attachment(0))
    }

    /// The names of the fields that the bytes begin with, in lower case; nil when they begin with none.
    private static func fieldNames(_ bytes: [UInt8]) -> Set<String>? {
        var names: Set<String> = []
        var position = 0
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            var line = bytes[position..<end]
            position = end + 1
            if line.last == 0x0D { line.removeLast() }
            guard let first = line.first else { break }
            if first == 0x20 || first == 0x09, !names.isEmpty { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            names.insert(String(decoding: line[..<colon], as: UTF8.self).lowercased())
        }
        return names.isEmpty ? nil : names
    }

    /// The kind of a CMS object, by the last byte of its object identifier 1.2.840.113549.1.7.x.
    private static func kind(_ bytes: [UInt8]) -> String? {
        let prefix: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07]
        for start in 2..<8 where start + 11 <= bytes.count && Array(bytes[start..<start + 10]) == prefix {
            switch bytes[start + 10] {
            case 2: return "signed-data"
            case 3: return "enveloped-data"
            default: return nil
            }
        }
        return nil
    }
}
