import CXML2

/// The elements of an HTML page as libxml2 meets them, put in the layout of plain text.
final class HTMLEvents {
    private(set) var isTooDeep = false
    private var layout = TextLayout()
    private var openElements = 0
    private let maximumOpenElements: Int
    /// Elements open whose text is not for reading.
    private var hidden = 0
    private var lists: [(isOrdered: Bool, number: Int)] = []
    private var links: [(address: String, start: Int)] = []

    init(maximumOpenElements: Int) { self.maximumOpenElements = maximumOpenElements }

    /// The receiver of the events of a libxml2 context.
    static func of(_ context: UnsafeMutableRawPointer) -> HTMLEvents? {
        context.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private.map {
            Unmanaged<HTMLEvents>.fromOpaque($0).takeUnretainedValue()
        }
    }

    func finish() -> String { layout.finish() }

    func characters(_ text: UnsafeBufferPointer<UInt8>) {
        if hidden == 0 { layout.add(text) }
    }

    func start(
        _ name: UnsafePointer<xmlChar>,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        openElements += 1
        isTooDeep = isTooDeep || openElements > maximumOpenElements
        let element = Self.elementName(name)
        switch element {
        case "script", "style", "title": hidden += 1
        case _ where hidden > 0: break
        case "br": layout.breakLine()
        case "hr":
            layout.endLine()
            layout.add("----------")
            layout.endLine()
        case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "dl": layout.endParagraph()
        case "pre", "listing", "xmp":
            layout.endParagraph()
            layout.isPreformatted += 1
        case "blockquote":
            layout.endParagraph()
            layout.quoteDepth += 1
        case "ul", "ol":
            startList(isOrdered: element == "ol")
        case "li": startItem()
        case "td", "th": layout.addBlank()
        case "a": links.append((Self.value(of: "href", in: attributes) ?? "", layout.length))
        case "img":
            let alternative = Self.value(of: "alt", in: attributes) ?? ""
            if alternative.utf8.contains(where: { $0 > 0x20 }) { layout.add("[\(alternative)]") }
        case _ where Self.blocks.contains(element): layout.endLine()
        default: break
        }
    }

    func end(_ name: UnsafePointer<xmlChar>) {
        openElements = max(0, openElements - 1)
        let element = Self.elementName(name)
        switch element {
        case "script", "style", "title": hidden = max(0, hidden - 1)
        case _ where hidden > 0: break
        case "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "dl": layout.endParagraph()
        case "pre", "listing", "xmp":
            layout.isPreformatted = max(0, layout.isPreformatted - 1)
            layout.endParagraph()
        case "blockquote":
            layout.endParagraph()
            layout.quoteDepth = max(0, layout.quoteDepth - 1)
        case "ul", "ol": endList()
        case "a": endLink()
        case "td", "th": layout.addBlank()
        case _ where Self.blocks.contains(element): layout.endLine()
        default: break
        }
    }

    private static let blocks: Set<String> = [
        "address", "article", "aside", "body", "center", "dd", "details", "dir", "div", "dt", "fieldset", "figcaption",
        "figure", "footer", "form", "header", "li", "main", "menu", "nav", "option", "section", "summary", "tbody",
        "tfoot", "thead", "tr", "caption",
    ]

    private func startList(isOrdered: Bool) {
        if lists.isEmpty { layout.endParagraph() } else { layout.endLine() }
        lists.append((isOrdered, 0))
        layout.indent = min(lists.count - 1, 8) * 2
    }

    private func endList() {
        _ = lists.popLast()
        layout.indent = min(max(lists.count - 1, 0), 8) * 2
        if lists.isEmpty { layout.endParagraph() } else { layout.endLine() }
    }

    private func startItem() {
        layout.endLine()
        guard let last = lists.indices.last, lists[last].isOrdered else {
            layout.add("- ")
            return
        }
        lists[last].number += 1
        layout.add("\(lists[last].number). ")
    }

    /// Puts the address behind the text of a link, unless the text is the address.
    private func endLink() {
        guard let link = links.popLast() else { return }
        let address = link.address
        let scheme = address.prefix { $0 != ":" }.lowercased()
        guard ["http", "https", "mailto", "ftp", "tel"].contains(scheme) else { return }
        let shown = layout.text(from: link.start)
        let bare = address.dropFirst(scheme.utf8.count + 1).drop { $0 == "/" }
        if shown.contains(bare) || shown.contains(bare.hasSuffix("/") ? bare.dropLast() : bare) { return }
        let isLong = address.utf8.count > 2048
        layout.addBlank()
        layout.add("<\(isLong ? address.prefix(2048) + "…" : address[...])>")
    }

    private static func elementName(_ name: UnsafePointer<xmlChar>) -> String {
        String(cString: name).lowercased()
    }

    private static func value(
        of wanted: String,
        in attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) -> String? {
        guard var pair = attributes else { return nil }
        while let name = pair[0] {
            if String(cString: name).lowercased() == wanted { return pair[1].map { String(cString: $0) } }
            pair += 2
        }
        return nil
    }
}
