/// Takes the text out of RTF, as MS-OXRTFEX §2.2.3 says for wrapped HTML and text.
struct RTFReader {
    enum Wrapping { case html, text, none }

    /// Where the words of a group go.
    private enum Destination { case body, tag, fonts, nowhere }

    private struct State {
        var destination = Destination.body
        /// Between `\htmlrtf` and `\htmlrtf0`: what stands there is for readers of RTF only.
        var isSuppressed = false
        var fallback = 1
        var font = 0
    }

    let wrapping: Wrapping
    private let bytes: [UInt8]
    private var scanner: RTFScanner
    private var state = State()
    private var saved: [State] = []
    /// Groups that are open beyond those saved.
    private var deeper = 0
    private var isGroupStart = false
    private var isStarred = false

    private var defaultPage = CodePage.windows1252
    private var defaultFont = 0
    private var fontPages: [Int: CodePage] = [:]
    private var currentFont = 0

    /// Bytes of text that wait until their code page changes: characters may consist of several.
    private var pending: [UInt8] = []
    private var pendingPage = CodePage.windows1252
    private var tables: [CodePage: [[UInt8]]] = [:]
    private var highSurrogate: UInt16?
    /// Characters that stand for the last `\u` in readers without Unicode.
    private var fallbackLeft = 0
    private var output: [UInt8] = []

    init(_ bytes: [UInt8], wrapping: Wrapping) {
        self.bytes = bytes
        self.wrapping = wrapping
        scanner = RTFScanner(bytes)
    }

    mutating func read() throws(OutlookError) -> [UInt8] {
        while let token = scanner.next() {
            switch token {
            case .open: open()
            case .close: if !close() { return finish() }
            case .word(let range, let number): word(range, number)
            case .symbol(let symbol): self.symbol(symbol)
            case .byte(let byte):
                endGroupStart()
                if fallbackLeft > 0 { fallbackLeft -= 1 } else { put(byte) }
            case .text(let range): text(range)
            }
            if output.count + pending.count > RTFDocument.longest {
                throw OutlookError(.overLimit, at: 0, "the text in the RTF is too long")
            }
        }
        return finish()
    }

    private mutating func finish() -> [UInt8] {
        flush()
        return output
    }

    // MARK: Groups

    private mutating func open() {
        endGroupStart()
        fallbackLeft = 0
        if saved.count < RTFDocument.maximumDepth { saved.append(state) } else { deeper += 1 }
        isGroupStart = true
        isStarred = false
    }

    /// Ends a group; false at the end of the document.
    private mutating func close() -> Bool {
        endGroupStart()
        fallbackLeft = 0
        if deeper > 0 {
            deeper -= 1
            return true
        }
        guard let outer = saved.popLast() else { return false }
        state = outer
        return !saved.isEmpty
    }

    /// A group that begins with `\*` and is not known is for other readers.
    private mutating func endGroupStart() {
        if isGroupStart, isStarred { state.destination = .nowhere }
        isGroupStart = false
        isStarred = false
    }

    // MARK: Controls

    private mutating func symbol(_ symbol: UInt8) {
        if isGroupStart, symbol == UInt8(ascii: "*") {
            isStarred = true
            return
        }
        endGroupStart()
        if fallbackLeft > 0 {
            fallbackLeft -= 1
            return
        }
        switch symbol {
        case UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"): put(symbol)
        case 0x0D, 0x0A: put("\r\n")
        case 0x09: put("\t")
        case UInt8(ascii: "~"): putSpecial("&nbsp;", "\u{A0}")
        case UInt8(ascii: "_"): putSpecial("&shy;", "\u{2011}")
        case UInt8(ascii: "-"): if wrapping == .html { putSpecial("&shy;", "\u{AD}") }
        default: break
        }
    }

    private mutating func word(_ range: Range<Int>, _ number: Int?) {
        let name = String(decoding: bytes[range], as: UTF8.self)
        if isGroupStart, destination(name) {
            isGroupStart = false
            isStarred = false
            return
        }
        endGroupStart()
        switch name {
        case "htmlrtf":
            if wrapping == .html { state.isSuppressed = number != 0 }
        case "uc": state.fallback = max(0, min(number ?? 1, 64))
        case "u": unicode(number)
        case "bin": scanner.skip(number ?? 0)
        case "ansicpg":
            if let number, number > 0, number < 100_000 { defaultPage = CodePage(number: UInt32(number)) }
        case "mac": if saved.count == 1 { defaultPage = CodePage(number: 10000) }
        case "pc": if saved.count == 1 { defaultPage = CodePage(number: 437) }
        case "pca": if saved.count == 1 { defaultPage = CodePage(number: 850) }
        case "deff":
            defaultFont = number ?? 0
            state.font = defaultFont
        case "f":
            if state.destination == .fonts { currentFont = number ?? 0 } else { state.font = number ?? 0 }
        case "plain": state.font = defaultFont
        case "fcharset":
            if state.destination == .fonts, fontPages.count < 4096, let page = RTFReader.page(charset: number ?? 0) {
                fontPages[currentFont] = page
            }
        case "cpg":
            if state.destination == .fonts, fontPages.count < 4096, let number, number > 0, number < 100_000 {
                fontPages[currentFont] = CodePage(number: UInt32(number))
            }
        default: character(name)
        }
    }

    /// Whether a word begins a group that goes elsewhere.
    private mutating func destination(_ name: String) -> Bool {
        switch name {
        case "htmltag" where isStarred && wrapping == .html:
            if state.destination == .body { state.destination = .tag }
        case "fonttbl": if state.destination == .body { state.destination = .fonts }
        case "colortbl", "stylesheet", "info", "pict", "object", "header", "headerl", "headerr", "headerf", "footer",
            "footerl", "footerr", "footerf", "filetbl", "listtable", "revtbl", "fldinst", "bkmkstart", "bkmkend", "xe",
            "tc", "private", "template", "nonesttables", "rxe", "ftnsep", "ftnsepc":
            state.destination = .nowhere
        default: return false
        }
        return true
    }

    /// Words that stand for characters.
    private mutating func character(_ name: String) {
        switch name {
        case "par", "line", "sect", "page": put("\r\n")
        case "row", "nestrow": if wrapping != .html { put("\r\n") }
        case "tab": put("\t")
        case "cell", "nestcell": if wrapping != .html { put("\t") }
        case "lquote": putSpecial("&lsquo;", "\u{2018}")
        case "rquote": putSpecial("&rsquo;", "\u{2019}")
        case "ldblquote": putSpecial("&ldquo;", "\u{201C}")
        case "rdblquote": putSpecial("&rdquo;", "\u{201D}")
        case "bullet": putSpecial("&bull;", "\u{2022}")
        case "endash": putSpecial("&ndash;", "\u{2013}")
        case "emdash": putSpecial("&mdash;", "\u{2014}")
        case "emspace": putSpecial("&emsp;", "\u{2003}")
        case "enspace": putSpecial("&ensp;", "\u{2002}")
        default: break
        }
    }

    private mutating func unicode(_ number: Int?) {
        fallbackLeft = state.fallback
        guard isShown, let number, number > -65_536, number < 65_536 else { return }
        flush(keepingSurrogate: true)
        let unit = UInt16(truncatingIfNeeded: number)
        if unit & 0xFC00 == 0xD800 {
            highSurrogate = unit
            return
        }
        let units = highSurrogate.map { [$0, unit] } ?? [unit]
        highSurrogate = nil
        output += Array(String(decoding: units, as: UTF16.self).utf8)
    }

    // MARK: Text

    private var isShown: Bool {
        (state.destination == .body || state.destination == .tag) && !state.isSuppressed
    }

    /// In a tag the default code page counts, elsewhere that of the font.
    private var page: CodePage {
        state.destination == .tag ? defaultPage : fontPages[state.font] ?? defaultPage
    }

    private mutating func text(_ range: Range<Int>) {
        endGroupStart()
        var range = range
        if fallbackLeft > 0 {
            let passed = min(fallbackLeft, range.count)
            fallbackLeft -= passed
            range = range.lowerBound + passed..<range.upperBound
        }
        guard isShown, !range.isEmpty else { return }
        prepare()
        pending += bytes[range]
    }

    private mutating func put(_ byte: UInt8) {
        guard isShown else { return }
        prepare()
        pending.append(byte)
    }

    private mutating func put(_ text: String) {
        guard isShown else { return }
        flush()
        output += text.utf8
    }

    /// A special character: outside tags of wrapped HTML as an entity.
    private mutating func putSpecial(_ entity: String, _ character: String) {
        put(wrapping == .html && state.destination == .body ? entity : character)
    }

    private mutating func prepare() {
        let page = page
        if page != pendingPage || highSurrogate != nil { flush() }
        pendingPage = page
    }

    private mutating func flush(keepingSurrogate: Bool = false) {
        if !pending.isEmpty {
            decodePending()
            pending.removeAll(keepingCapacity: true)
        }
        if highSurrogate != nil, !keepingSurrogate {
            output += "\u{FFFD}".utf8
            highSurrogate = nil
        }
    }

    /// Decodes the text that waits: a font may change with each character, so pages of one byte go by tables.
    private mutating func decodePending() {
        if !pending.contains(where: { $0 >= 0x80 }) {
            output += pending
        } else if pendingPage.isSingleByte {
            let page = pendingPage
            let table: [[UInt8]] = tables[page] ?? (0...255).map { $0 < 128 ? [$0] : page.utf8([$0]) }
            tables[pendingPage] = table
            for byte in pending { output += table[Int(byte)] }
        } else {
            output += pendingPage.utf8(pending)
        }
    }

    /// The code page of a font's character set; nil where it is the document's.
    private static func page(charset: Int) -> CodePage? {
        let pages: [Int: UInt32] = [
            0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
            177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
        ]
        return pages[charset].map { CodePage(number: $0) }
    }
}
