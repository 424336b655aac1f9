/// Text made fit for a terminal: nothing a mail holds can move the cursor, change colours or reorder what is shown.
package enum TerminalText {
    /// One line: line ends and tabs become blanks, all other controls and direction marks become visible.
    package static func safe(_ text: String) -> String { clean(text, keepingLines: false) }

    /// Several lines: line feeds and tabs stay, CR LF becomes LF, all other controls become visible.
    package static func safeLines(_ text: String) -> String { clean(text, keepingLines: true) }

    private static func clean(_ text: String, keepingLines: Bool) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || keepingLines && ($0 == 0x0A || $0 == 0x09) }
        if isPlain { return text }

        var output = String.UnicodeScalarView()
        var previousWasReturn = false
        for scalar in text.unicodeScalars {
            let value = scalar.value
            // A CR is held back until it is known whether an LF follows.
            if previousWasReturn {
                previousWasReturn = false
                if value != 0x0A { output.append(keepingLines ? "\u{240D}" : " ") }
            }
            switch value {
            case 0x0D: previousWasReturn = true
            case 0x0A, 0x09: output.append(keepingLines ? scalar : " ")
            case 0x2028, 0x2029, 0x85: output.append(keepingLines ? "\n" : " ")
            case 0..<0x20: append(0x2400 + value, to: &output)
            case 0x7F: append(0x2421, to: &output)
            case _ where isHidden(value): appendName(value, to: &output)
            default: output.append(scalar)
            }
        }
        if previousWasReturn { output.append(keepingLines ? "\n" : " ") }
        return String(output)
    }

    /// C1 controls, marks that turn the direction of text, tags, and annotations.
    ///
    /// U+200E and U+200F stay: ordinary Arabic and Hebrew mail uses them, and alone they reorder no other text.
    static func isHidden(_ value: UInt32) -> Bool {
        switch value {
        case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0x206A...0x206F, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
        default: false
        }
    }

    private static func append(_ value: UInt32, to output: inout String.UnicodeScalarView) {
        if let scalar = Unicode.Scalar(value) { output.append(scalar) }
    }

    private static func appendName(_ value: UInt32, to output: inout String.UnicodeScalarView) {
        let digits = String(value, radix: 16, uppercase: true)
        let padding = String(repeating: "0", count: max(0, 4 - digits.count))
        output.append(contentsOf: "<U+\(padding)\(digits)>".unicodeScalars)
    }
}
