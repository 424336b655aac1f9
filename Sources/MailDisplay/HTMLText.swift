import CXML2

/// HTML turned into text: paragraphs, lists, quotes and links stay readable, scripts and styles go.
///
/// libxml2 finds the elements; only its events are used, so no tree is built and nesting costs no stack.
package enum HTMLText {
    /// The text of an HTML document or fragment, its lines ended by LF.
    package static func plain(_ html: String) -> String {
        var html = html
        return html.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            guard !HTMLGuard.hasTooManyAttributes(bytes), let text = parsed(bytes) else {
                return HTMLGuard.withoutTags(bytes)
            }
            return text
        }
    }

    /// The charset an HTML document declares within its first 2 KiB, for mails that name none.
    static func declaredCharset(in bytes: [UInt8]) -> String? {
        let head = bytes.prefix(2048).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        let mark = Array("charset=".utf8)
        var index = 0
        while index + mark.count < head.count {
            if head[index] == mark[0], head[index..<(index + mark.count)].elementsEqual(mark) {
                let rest = head[(index + mark.count)...].drop { $0 == 0x22 || $0 == 0x27 || $0 == 0x20 }
                let label = rest.prefix {
                    $0 > 0x20 && $0 != 0x22 && $0 != 0x27 && $0 != 0x3E && $0 != 0x3B && $0 != 0x2F
                }
                let name = String(decoding: label, as: UTF8.self)
                // A document that could be read this far is in no charset of wide units, whatever it says.
                return name.hasPrefix("utf-16") || name.hasPrefix("utf-32") ? "utf-8" : name
            }
            index += 1
        }
        return nil
    }

    /// Elements may be open within each other this far; libxml2 looks through them all at each end tag.
    private static let maximumOpenElements = 500

    private static let started: Void = xmlInitParser()

    /// The events of libxml2 laid out; nil where the nesting passes the limit.
    private static func parsed(_ bytes: UnsafeRawBufferPointer) -> String? {
        _ = started
        guard bytes.count > 0, bytes.count < Int(Int32.max), let base = bytes.baseAddress else { return "" }
        guard let context = htmlNewParserCtxt(), let handler = context.pointee.sax else { return nil }
        defer { htmlFreeParserCtxt(context) }
        let events = HTMLEvents(maximumOpenElements: maximumOpenElements)
        return withExtendedLifetime(events) {
            handler.pointee = makeHandler()
            context.pointee._private = Unmanaged.passUnretained(events).toOpaque()
            let options =
                HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue
                | HTML_PARSE_NOWARNING.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
            let document = htmlCtxtReadMemory(
                context,
                base.assumingMemoryBound(to: CChar.self),
                Int32(bytes.count),
                nil,
                "UTF-8",
                Int32(options)
            )
            if let document { xmlFreeDoc(document) }
            return events.isTooDeep ? nil : events.finish()
        }
    }

    private static func makeHandler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.startElement = { context, name, attributes in
            guard let context, let name, let events = HTMLEvents.of(context) else { return }
            events.start(name, attributes)
            if events.isTooDeep { xmlStopParser(context.assumingMemoryBound(to: xmlParserCtxt.self)) }
        }
        handler.endElement = { context, name in
            guard let context, let name else { return }
            HTMLEvents.of(context)?.end(name)
        }
        handler.characters = { context, text, count in
            guard let context, let text, count > 0 else { return }
            HTMLEvents.of(context)?.characters(UnsafeBufferPointer(start: text, count: Int(count)))
        }
        handler.ignorableWhitespace = handler.characters
        return handler
    }
}
