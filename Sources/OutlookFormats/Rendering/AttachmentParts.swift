/// The parts that the attachments of an item become.
struct AttachmentParts {
    /// Those that stand within the HTML.
    private(set) var inline: [MIMEPart] = []
    private(set) var others: [MIMEPart] = []
    /// The plans of attached messages, by the place of the attachment.
    private(set) var nested: [Int: MessagePlan] = [:]
    private(set) var losses: [String] = []

    /// - Parameter links: what the HTML shows by Content-ID; nil when there is no HTML.
    init(
        _ message: MapiMessage,
        reader: PropertyReader,
        links: Set<String>?,
        depth: Int,
        _ budget: RenderingBudget
    ) throws(RenderingFailure) {
        for (index, attachment) in message.attachments.enumerated() {
            let properties = PropertyReader(attachment.properties, page: reader.page)
            let identifier = AttachmentParts.contentID(properties)
            let isInline: Bool
            if let links, let identifier {
                // Bit 2: the HTML refers to it (MS-OXCMSG §2.2.2.18).
                isInline = links.contains(identifier) || (properties.integer(Tag.attachmentFlags) ?? 0) & 4 != 0
            } else {
                isInline = false
            }
            let fields = AttachmentParts.fields(properties, identifier: identifier, isInline: isInline)
            let method = properties.integer(Tag.attachmentMethod) ?? 1
            switch attachment.content {
            case .data(let value):
                let type = AttachmentParts.type(properties)
                let part = MIMEPart.data(type, value, fields: fields, holds: .attachment(index))
                if isInline { inline.append(part) } else { others.append(part) }
            case .message(let inner):
                guard depth + 1 < MapiMessage.maximumDepth else {
                    losses.append("attachment \(index + 1): messages are nested too deeply")
                    continue
                }
                let plan = try MessagePlan(inner, depth: depth + 1, budget)
                losses += plan.losses.map { "attachment \(index + 1): " + $0 }
                nested[index] = plan
                others.append(MIMEPart(type: "message/rfc822", fields: fields, content: .message(plan)))
            case .none:
                if let link = properties.text(Tag.attachmentLongPath) ?? properties.text(Tag.attachmentPath) {
                    let text = Array((HeaderLine.clean(link) + "\r\n").utf8)
                    var part = MIMEPart.text("text/plain", charset: "utf-8", text)
                    part.fields += fields + HeaderLine.folded("X-Portable-Archive-Attachment", ["link"])
                    others.append(part)
                } else if [1, 5, 6].contains(method) {
                    losses.append("attachment \(index + 1) has no content")
                }
            }
        }
    }

    /// The fields of a part but its type: how it is shown, under which name.
    private static func fields(_ reader: PropertyReader, identifier: String?, isInline: Bool) -> [UInt8] {
        let name = [Tag.attachmentLongName, Tag.attachmentFileName, Tag.displayName].lazy
            .compactMap { reader.text($0).map(HeaderLine.clean) }.first { !$0.isEmpty }
        let parameters = name.map { [(name: "filename", value: $0)] } ?? []
        var fields = HeaderLine.mime("Content-Disposition", isInline ? "inline" : "attachment", parameters)
        if let identifier { fields += HeaderLine.folded("Content-ID", ["<\(identifier)>"]) }
        if let place = reader.text(Tag.contentLocation).map(HeaderLine.clean), place.utf8.count <= 900,
            !place.isEmpty, place.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            fields += HeaderLine.folded("Content-Location", [place])
        }
        return fields
    }

    /// The Content-ID without its brackets; nil when there is none that can be written.
    private static func contentID(_ reader: PropertyReader) -> String? {
        guard var text = reader.text(Tag.contentID).map(HeaderLine.clean) else { return nil }
        if text.hasPrefix("<"), text.hasSuffix(">") { text = String(text.dropFirst().dropLast()) }
        let isClean = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }
        return text.isEmpty || text.utf8.count > 900 || !isClean ? nil : text
    }

    /// The type the store has, where a part in base64 can have it (RFC 2046 §5: no parts, no messages).
    private static func type(_ reader: PropertyReader) -> String {
        let plain = "application/octet-stream"
        guard let text = reader.text(Tag.attachmentType)?.lowercased(), text.utf8.count <= 127 else { return plain }
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        let isType =
            halves.count == 2 && halves.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(HeaderLine.isTokenText) }
        return isType && halves[0] != "multipart" && halves[0] != "message" ? text : plain
    }
}
