/// Which of the bodies that an item has its message gets, and as what.
struct BodyChoice {
    private var plain: MIMEPart?
    private var rich: MIMEPart?
    private var html: MIMEPart?
    /// What is no mail as a calendar or card, or a report for machines.
    private var special: MIMEPart?
    /// The Content-IDs the HTML shows; nil when there is no HTML.
    private(set) var links: Set<String>?
    private(set) var losses: [String] = []

    init(_ message: MapiMessage, reader: PropertyReader, kind: ItemKind, budget: RenderingBudget) {
        takeHTML(reader, budget)
        takePlain(reader, budget)
        if html == nil { takeRTF(reader, budget) }
        if plain == nil, html == nil, kind == .report {
            plain = .text("text/plain", charset: "utf-8", Array(ReportText.make(message, reader: reader).utf8))
        }
        special = SpecialPart.make(message, reader: reader, kind: kind, description: description(reader))
    }

    /// Whether the item has no body at all.
    var isEmpty: Bool { plain == nil && rich == nil && html == nil && special == nil }

    /// The body as one part, with what stands within the HTML; an empty text when there is none.
    func part(inline: [MIMEPart]) -> MIMEPart {
        var alternatives = [plain, rich].compactMap(\.self)
        if let html {
            let parameters = inline.isEmpty ? [] : [(name: "type", value: "text/html")]
            alternatives.append(.multipart("related", [html] + inline, parameters: parameters))
        }
        if let special { alternatives.append(special) }
        if alternatives.isEmpty { alternatives.append(.text("text/plain", charset: "us-ascii", [])) }
        return .multipart("alternative", alternatives)
    }

    /// The plain text for the description within a calendar.
    private func description(_ reader: PropertyReader) -> String? { plain == nil ? nil : reader.text(Tag.body) }

    private mutating func takeHTML(_ reader: PropertyReader, _ budget: RenderingBudget) {
        guard let property = reader.bag[Tag.html], !property.isMultiple, let value = property.values.first,
            value.byteCount > 0
        else { return }
        let type = property.tag.type
        guard [0x0102, 0x001E, 0x001F].contains(type) else { return }
        let page = reader.integer(Tag.internetCodePage).map { CodePage(number: UInt32(truncatingIfNeeded: $0)) }
        guard let bytes = load(value, budget) else {
            links = []
            let charset = type == 0x001F ? "utf-16le" : (page ?? reader.page).label ?? "windows-1252"
            html = .data("text/html", value, parameters: [("charset", charset)], holds: .html(asText: false))
            return
        }
        if type == 0x001F {
            let text = CodePage.utf8(utf16: bytes)
            let holds = CodePage.isWhole(utf16: bytes) ? MIMEPart.Holding.html(asText: true) : nil
            html = .text("text/html", charset: "utf-8", text, holds: holds)
            links = BodyChoice.links(text)
        } else {
            let charset = page?.label ?? BodyChoice.charset(bytes, reader.page)
            html = .text("text/html", charset: charset, bytes, holds: .html(asText: false))
            links = BodyChoice.links(bytes)
        }
    }

    private mutating func takePlain(_ reader: PropertyReader, _ budget: RenderingBudget) {
        guard let property = reader.bag[Tag.body], !property.isMultiple, let value = property.values.first,
            value.byteCount > 0, property.tag.type == 0x001E || property.tag.type == 0x001F
        else { return }
        let isWide = property.tag.type == 0x001F
        guard let bytes = load(value, budget) else {
            let charset = isWide ? "utf-16le" : reader.page.label ?? "windows-1252"
            plain = .data("text/plain", value, parameters: [("charset", charset)], holds: .body(asText: false))
            return
        }
        if isWide {
            let holds = CodePage.isWhole(utf16: bytes) ? MIMEPart.Holding.body(asText: true) : nil
            plain = .text("text/plain", charset: "utf-8", CodePage.utf8(utf16: bytes), holds: holds)
        } else {
            let charset = BodyChoice.charset(bytes, reader.page)
            plain = .text("text/plain", charset: charset, bytes, holds: .body(asText: false))
        }
    }

    private mutating func takeRTF(_ reader: PropertyReader, _ budget: RenderingBudget) {
        guard let property = reader.bag[Tag.compressedRTF], property.tag.type == 0x0102, !property.isMultiple,
            let value = property.values.first, value.byteCount > 0
        else { return }
        guard let compressed = load(value, budget) else {
            losses.append("the RTF body is too long to be shown; the record or a part has it as it is")
            return
        }
        do {
            let unpacked = try CompressedRTF.unpack(compressed)
            let bytes = unpacked.bytes
            if !unpacked.isWhole { losses.append("the RTF body is cut short or its check value is wrong") }
            guard budget.take(UInt64(bytes.count), from: \.bodies) else { return }
            switch try RTFDocument.read(bytes) {
            case .html(let text):
                html = .text("text/html", charset: "utf-8", text)
                links = BodyChoice.links(text)
            case .text(let text): if plain == nil { plain = .text("text/plain", charset: "utf-8", text) }
            case .rich(let text):
                if plain == nil { plain = .text("text/plain", charset: "utf-8", text) }
                let name = HeaderLine.mime("Content-Disposition", "inline", [("filename", "body.rtf")])
                rich = .data("text/rtf", .bytes(bytes), fields: name)
            }
        } catch {
            losses.append("the RTF body is damaged (\(error.detail)); the record has it as it is")
        }
    }

    private func load(_ value: PropertyValue, _ budget: RenderingBudget) -> [UInt8]? {
        guard value.byteCount <= UInt64(OutlookRendering.largestBody), budget.take(value.byteCount, from: \.bodies)
        else { return nil }
        return value.load(limit: OutlookRendering.largestBody)
    }

    /// What to call the charset of 8-bit text: ASCII and UTF-8 by their bytes where the code page is not known.
    private static func charset(_ bytes: [UInt8], _ page: CodePage) -> String {
        page.label ?? (String(validating: bytes, as: UTF8.self) != nil ? "utf-8" : "windows-1252")
    }

    /// What stands behind `cid:` in the HTML.
    private static func links(_ html: [UInt8]) -> Set<String> {
        var links: Set<String> = []
        var index = 3
        while index < html.count, links.count < 65_536 {
            defer { index += 1 }
            guard html[index] == UInt8(ascii: ":"), html[index - 1] | 0x20 == UInt8(ascii: "d"),
                html[index - 2] | 0x20 == UInt8(ascii: "i"), html[index - 3] | 0x20 == UInt8(ascii: "c")
            else { continue }
            let rest = html[(index + 1)...].prefix(900)
            let end = rest.firstIndex { $0 <= 0x20 || "\"'<>)&".utf8.contains($0) } ?? rest.endIndex
            links.insert(percentDecoded(rest[..<end]))
        }
        return links
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == 0x25, index + 2 < bytes.endIndex,
                let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
