/// What an RTF body stands for (MS-OXRTFEX): HTML or text that was wrapped in RTF, or RTF that is meant as such.
package enum RTFDocument: Equatable, Sendable {
    /// The HTML that was wrapped, in UTF-8.
    case html([UInt8])
    /// The plain text that was wrapped, in UTF-8.
    case text([UInt8])
    /// The text of true RTF, in UTF-8, without its looks.
    case rich([UInt8])

    /// Groups deeper than so many share the state of the deepest.
    static let maximumDepth = 256
    /// What comes out is no longer than so many bytes.
    static let longest = 32 << 20

    /// Reads RTF.
    ///
    /// - Throws: `notThisFormat` when it does not begin as RTF, `overLimit` when more than `longest` bytes come out.
    package static func read(_ bytes: [UInt8]) throws(OutlookError) -> RTFDocument {
        guard bytes.starts(with: #"{\rtf"#.utf8) else { throw OutlookError(.notThisFormat, at: 0, "no RTF") }
        var reader = RTFReader(bytes, wrapping: wrapping(bytes))
        let text = try reader.read()
        switch reader.wrapping {
        case .html: return .html(text)
        case .text: return .text(text)
        case .none: return .rich(text)
        }
    }

    /// What is wrapped: told by the first ten tokens, before any text (MS-OXRTFEX §2.1.3.1.1).
    private static func wrapping(_ bytes: [UInt8]) -> RTFReader.Wrapping {
        var scanner = RTFScanner(bytes)
        for _ in 0..<10 {
            guard let token = scanner.next() else { break }
            switch token {
            case .word(let range, let number):
                if bytes[range].elementsEqual("fromhtml".utf8), number == 1 { return .html }
                if bytes[range].elementsEqual("fromtext".utf8) { return .text }
            case .text, .byte, .close: return .none
            case .open, .symbol: continue
            }
        }
        return .none
    }
}
