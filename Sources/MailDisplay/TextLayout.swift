/// Lines of plain text under construction: blanks run together, line ends are held back until text follows.
struct TextLayout {
    /// Above 0 blanks and line ends are kept as they are.
    var isPreformatted = 0
    /// How many "> " begin each line.
    var quoteDepth = 0
    /// How many blanks begin each line.
    var indent = 0

    private var output: [UInt8] = []
    private var pendingLineEnds = 0
    private var pendingBlank = false
    private var atLineStart = true
    /// The quote depth of the line last written: an empty line between two depths belongs to the shallower.
    private var lastDepth = 0
    /// Quotes deeper than this are marked no further: their marks would outweigh the text.
    private static let maximumMarks = 16

    /// The place a later call of `text(from:)` can begin at.
    var length: Int { output.count }

    /// What was written since the layout had that length; nothing where that is more than a link's text can be.
    func text(from start: Int) -> String {
        guard start <= output.count, output.count - start <= 4096 else { return "" }
        return String(decoding: output[start...], as: UTF8.self)
    }

    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add($0) }
    }

    mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            switch byte {
            case 0x0A where isPreformatted > 0: breakLine()
            case 0x0D where isPreformatted > 0: break
            case 0x20 where isPreformatted > 0, 0x09 where isPreformatted > 0:
                beginText()
                output.append(byte)
            case 0x20, 0x09, 0x0A, 0x0D, 0x0C: addBlank()
            default:
                beginText()
                output.append(byte)
            }
        }
    }

    /// A blank, unless the line begins here or one stands already.
    mutating func addBlank() {
        if !atLineStart, pendingLineEnds == 0 { pendingBlank = true }
    }

    /// Ends the line in any case.
    mutating func breakLine() {
        pendingLineEnds = min(pendingLineEnds + 1, isPreformatted > 0 ? 8 : 2)
        pendingBlank = false
    }

    /// Ends the line unless it is empty.
    mutating func endLine() {
        if !atLineStart, pendingLineEnds == 0 { pendingLineEnds = 1 }
        pendingBlank = false
    }

    /// Leaves an empty line before what follows.
    mutating func endParagraph() {
        if !atLineStart { pendingLineEnds = max(pendingLineEnds, 2) }
        pendingBlank = false
    }

    private mutating func beginText() {
        if pendingLineEnds > 0 {
            if !output.isEmpty {
                for index in 0..<pendingLineEnds {
                    output.append(0x0A)
                    if index < pendingLineEnds - 1 {
                        appendQuoteMarks(min(quoteDepth, lastDepth), trailingBlank: false)
                    }
                }
            }
            pendingLineEnds = 0
            atLineStart = true
        }
        if atLineStart {
            appendQuoteMarks(quoteDepth, trailingBlank: true)
            lastDepth = quoteDepth
            output.append(contentsOf: repeatElement(0x20, count: indent))
            atLineStart = false
            pendingBlank = false
        }
        if pendingBlank {
            if output.last != 0x20 { output.append(0x20) }
            pendingBlank = false
        }
    }

    private mutating func appendQuoteMarks(_ quotes: Int, trailingBlank: Bool) {
        let depth = min(quotes, Self.maximumMarks)
        output.append(contentsOf: repeatElement(UInt8(ascii: ">"), count: depth))
        if depth > 0, trailingBlank { output.append(0x20) }
    }

    mutating func finish() -> String {
        if !output.isEmpty { output.append(0x0A) }
        return String(decoding: output, as: UTF8.self)
    }
}
