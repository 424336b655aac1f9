import MailFormats
import OutlookFormats

/// An attachment within an `application/ms-tnef` part, the `winmail.dat` of Outlook.
struct EnclosedPart {
    private static let pieceBytes = 64 << 10

    private let attachment: MapiAttachment
    private let texts: TnefTexts

    fileprivate init(_ attachment: MapiAttachment, _ texts: TnefTexts) {
        self.attachment = attachment
        self.texts = texts
    }

    /// What is listed of it.
    func part(_ index: Int, within: Int, measuring: Bool) -> DisplayPart {
        let bag = attachment.properties
        var subject: String?
        var name = texts.text(bag[0x3707]) ?? texts.text(bag[0x3704]) ?? texts.text(bag[0x3001])
        var type = texts.text(bag[0x370E])?.lowercased() ?? "application/octet-stream"
        if type.utf8.count > 1024 || !type.contains("/") { type = "application/octet-stream" }
        if case .message(let message) = attachment.content {
            subject = TnefTexts(message).text(message.properties[0x0037])
            type = "message/rfc822"
            // It is given as mail, whatever it was.
            if let given = name, !given.lowercased().hasSuffix(".eml") {
                name = (given.lowercased().hasSuffix(".msg") ? String(given.dropLast(4)) : given) + ".eml"
            }
        }
        let isReferred = (bag[0x3714]?.values.first?.prefix(1).first ?? 0) & 4 != 0
        let contentID = texts.text(bag[0x3712])
        return DisplayPart(
            index: index,
            contentType: type,
            charset: nil,
            role: isReferred && contentID != nil ? .inline : .attachment,
            fileName: name,
            contentID: contentID,
            decodedSize: measuring ? size() : 0,
            nestedSubject: subject,
            within: within
        )
    }

    private func size() -> UInt64 {
        if case .data(let value) = attachment.content { return value.byteCount }
        var size: UInt64 = 0
        try? forEachPiece { size += UInt64($0.count) }
        return size
    }

    /// Hands the bytes to `sink` in pieces of at most 64 KiB; a message comes in the form of RFC 5322.
    func forEachPiece(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        switch attachment.content {
        case .none: return
        case .message(let message):
            do {
                _ = try OutlookRendering.render(message) { piece in
                    var rest = piece
                    while !rest.isEmpty {
                        let count = min(rest.count, Self.pieceBytes)
                        try sink(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    }
                }
            } catch RenderingFailure.sink(let error) {
                throw error
            }
        case .data(let value):
            var offset: UInt64 = 0
            while case let piece = value.piece(at: offset, Self.pieceBytes), !piece.isEmpty {
                try piece.withUnsafeBytes { try sink($0) }
                offset += UInt64(piece.count)
            }
        }
    }
}

/// What the TNEF part of a mail holds.
struct EnclosedParts {
    /// The attachments.
    let parts: [EnclosedPart]
    /// Whether some of it could not be read.
    let isDamaged: Bool
    private let message: MapiMessage

    /// Nil where a leaf is no TNEF.
    init?(_ leaf: MIMETree.Leaf) {
        let type = MIMETree.contentType(of: leaf.object)
        guard
            type == "application/ms-tnef" || type == "application/vnd.ms-tnef"
                || MIMETree.fileName(of: leaf.object)?.lowercased() == "winmail.dat"
        else { return nil }
        let content = PartContent(leaf.object)
        guard content.prefix(4) == TnefReader.signature else { return nil }
        let bytes = content.prefix(MIMETree.maximumBytes)
        guard let message = try? TnefReader.read(MemoryByteSource(bytes)) else { return nil }
        self.message = message
        let texts = TnefTexts(message)
        parts = message.attachments.map { EnclosedPart($0, texts) }
        isDamaged = !message.allLosses.isEmpty
    }

    /// The text of the message that the TNEF holds, for mails that have no other.
    func text(_ options: DisplayOptions) -> (text: String, source: DisplayMessage.TextSource) {
        var bare = message
        bare.attachments = []
        var bytes: [UInt8] = []
        guard (try? OutlookRendering.render(bare, into: { bytes.append(contentsOf: $0) })) != nil else {
            return ("", .none)
        }
        let shown = MessageDisplay.parse(bytes, options: options)
        return (shown.text, shown.textSource)
    }
}

/// Reads texts of the properties of a message in TNEF.
private struct TnefTexts {
    /// The charset of its texts of 8 bits.
    private let label: String?

    init(_ message: MapiMessage) {
        let page = message.properties[0x3FFD]?.values.first?.prefix(4) ?? []
        label = page.count == 4 && page[2] == 0 ? "cp\(Int(page[0]) | Int(page[1]) << 8)" : nil
    }

    /// Nil where there is no text, or an empty one.
    func text(_ property: Property?) -> String? {
        guard let property, let bytes = property.values.first?.prefix(65_536), !bytes.isEmpty else { return nil }
        switch property.tag.type {
        case 0x001E: return CharsetText.decode(bytes, label: label)
        case 0x001F: return CharsetText.decode(bytes, label: "utf-16le")
        default: return nil
        }
    }
}

extension PropertyValue {
    /// The first bytes.
    fileprivate func prefix(_ count: Int) -> [UInt8] { piece(at: 0, count) }

    /// Bytes from an offset on; none at the end, or where they cannot be read.
    fileprivate func piece(at offset: UInt64, _ count: Int) -> [UInt8] {
        switch self {
        case .bytes(let bytes):
            return offset < UInt64(bytes.count) ? Array(bytes[Int(offset)...].prefix(count)) : []
        case .source(let source):
            guard offset < source.byteCount else { return [] }
            var piece = [UInt8](repeating: 0, count: min(count, Int(clamping: source.byteCount - offset)))
            let filled = piece.withUnsafeMutableBytes { (try? source.read(at: offset, into: $0)) ?? 0 }
            return Array(piece[..<filled])
        }
    }
}
