import ArchiveStorage
import CXML2

/// Gives the items of one XML file of an OLM, one after the other, so that a file of any length can be read.
///
/// libxml2 pushes its events; entities, declarations of types and the network are not let in. Characters that XML forbids
/// are common in such files (control characters of the mail), so it goes on after errors and tells of them.
final class OLMParser {
    /// Most bytes of text in one item.
    static let mostText = 96 << 20
    /// Most elements and attributes in one item.
    static let mostNodes = 200_000
    static let mostDepth = 64

    private let file: any RandomAccessBytes
    private var context: UnsafeMutablePointer<xmlParserCtxt>?
    private var offset: UInt64 = 0
    private var isFinished = false
    private var ready: [OLMElement] = []
    /// The open elements of the item under work; those around the items are not kept.
    private var open: [OLMElement] = []
    private var depth = 0
    private var textCount = 0
    private var nodeCount = 0
    /// Why nothing more is read.
    private(set) var fault: String?
    /// Whether libxml2 found something that is no XML and passed over it.
    private(set) var isDamaged = false
    /// The name of the root element.
    private(set) var root: [UInt8] = []

    private static let started: Void = xmlInitParser()

    private let itemName: [UInt8]?

    /// Opens a file.
    ///
    /// - Parameter items: The name of the elements that are items, at whatever depth; nil: those below the root.
    init(_ file: any RandomAccessBytes, items itemName: String? = nil) {
        _ = Self.started
        self.file = file
        self.itemName = itemName.map { Array($0.utf8) }
        var handler = Self.makeHandler()
        context = xmlCreatePushParserCtxt(&handler, nil, nil, 0, nil)
        guard let context else {
            fault = "out of memory"
            return
        }
        context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
        let options =
            XML_PARSE_RECOVER.rawValue | XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue
            | XML_PARSE_NOWARNING.rawValue | XML_PARSE_HUGE.rawValue | XML_PARSE_NOCDATA.rawValue
        xmlCtxtUseOptions(context, Int32(bitPattern: UInt32(options)))
    }

    deinit {
        guard let context else { return }
        if let document = context.pointee.myDoc { xmlFreeDoc(document) }
        xmlFreeParserCtxt(context)
    }

    /// The next item below the root; nil at the end or when `fault` says why.
    func next() throws(StorageError) -> OLMElement? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while ready.isEmpty, !isFinished, fault == nil, let context {
            let start = offset
            let count = try buffer.withUnsafeMutableBufferPointer { (b) throws(StorageError) in
                try file.read(at: start, into: UnsafeMutableRawBufferPointer(b))
            }
            offset += UInt64(count)
            isFinished = count == 0
            let status = buffer.withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    xmlParseChunk(context, $0.baseAddress, Int32(count), isFinished ? 1 : 0)
                }
            }
            if status != 0 || context.pointee.wellFormed == 0 { isDamaged = true }
        }
        if isFinished, depth > 0, fault == nil, ready.isEmpty { fault = "the XML ends before its elements do" }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    // MARK: Events

    private static func of(_ context: UnsafeMutableRawPointer?) -> OLMParser? {
        context?.assumingMemoryBound(to: xmlParserCtxt.self).pointee._private.map {
            Unmanaged<OLMParser>.fromOpaque($0).takeUnretainedValue()
        }
    }

    private func stop(_ text: String) {
        if fault == nil { fault = text }
        if let context { xmlStopParser(context) }
    }

    private func start(
        _ name: UnsafePointer<xmlChar>,
        _ count: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard fault == nil else { return }
        depth += 1
        guard depth <= Self.mostDepth else { return stop("its elements are nested too deeply") }
        var element = OLMElement(Self.bytes(name))
        if depth == 1 { root = element.name }
        if open.isEmpty {
            // Around the items.
            guard itemName.map({ $0 == element.name }) ?? (depth == 2) else { return }
        }
        nodeCount += 1 + count
        guard nodeCount <= Self.mostNodes else { return stop("an item has too many elements") }
        if let attributes {
            // Five pointers each: name, prefix, URI, start and end of the value.
            for index in 0..<count {
                guard let name = attributes[index * 5], let from = attributes[index * 5 + 3],
                    let to = attributes[index * 5 + 4], to >= from
                else { continue }
                textCount += to - from
                element.attributes.append((Self.bytes(name), Array(UnsafeBufferPointer(start: from, count: to - from))))
            }
        }
        guard textCount <= Self.mostText else { return stop("an item is too long") }
        open.append(element)
    }

    private func end() {
        guard fault == nil, depth > 0 else { return }
        depth -= 1
        guard let element = open.popLast() else { return }
        if open.isEmpty {
            ready.append(element)
            textCount = 0
            nodeCount = 0
        } else {
            open[open.count - 1].children.append(element)
        }
    }

    private func characters(_ text: UnsafePointer<xmlChar>, _ count: Int) {
        guard fault == nil, !open.isEmpty else { return }
        textCount += count
        guard textCount <= Self.mostText else { return stop("an item is too long") }
        open[open.count - 1].text.append(contentsOf: UnsafeBufferPointer(start: text, count: count))
    }

    private static func bytes(_ text: UnsafePointer<xmlChar>) -> [UInt8] {
        var end = text
        while end.pointee != 0 { end += 1 }
        return Array(UnsafeBufferPointer(start: text, count: end - text))
    }

    private static func makeHandler() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = 0xDEED_BEAF
        handler.startElementNs = { context, name, _, _, _, _, count, _, attributes in
            guard let name else { return }
            OLMParser.of(context)?.start(name, Int(count), attributes)
        }
        handler.endElementNs = { context, _, _, _ in OLMParser.of(context)?.end() }
        handler.characters = { context, text, count in
            guard let text, count > 0 else { return }
            OLMParser.of(context)?.characters(text, Int(count))
        }
        handler.ignorableWhitespace = handler.characters
        handler.cdataBlock = handler.characters
        handler.internalSubset = { context, _, _, _ in OLMParser.of(context)?.stop("it declares a type of document") }
        return handler
    }
}
