/// Writes the content lines of iCalendar (RFC 5545 §3.1) and vCard (RFC 6350 §3.2): escaped, folded at 75 bytes, with CR LF.
struct ContentLines {
    private(set) var bytes: [UInt8] = []

    /// A line whose value is written as it is; control characters are left out.
    mutating func line(_ name: String, _ parameters: [(String, String)] = [], raw value: String) {
        var line = name
        for (name, value) in parameters { line += ";" + name + "=" + ContentLines.parameter(value) }
        line += ":" + value
        fold(line)
    }

    /// A line with one text.
    mutating func line(_ name: String, _ parameters: [(String, String)] = [], text: String?) {
        guard let text, !text.isEmpty else { return }
        line(name, parameters, raw: ContentLines.escaped(text))
    }

    /// A line with several texts between commas or semicolons; none when all are empty.
    mutating func line(_ name: String, _ parameters: [(String, String)] = [], texts: [String?], separator: String) {
        guard texts.contains(where: { $0?.isEmpty == false }) else { return }
        line(name, parameters, raw: texts.map { ContentLines.escaped($0 ?? "") }.joined(separator: separator))
    }

    /// Lines that are ready.
    mutating func add(_ lines: ContentLines) { bytes += lines.bytes }

    private mutating func fold(_ line: String) {
        var length = 0
        for scalar in line.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\t" {
            let character = String(scalar).utf8
            if length + character.count > 75 {
                bytes += [0x0D, 0x0A, 0x20]
                length = 1
            }
            bytes += character
            length += character.count
        }
        bytes += [0x0D, 0x0A]
    }

    /// A text value (RFC 5545 §3.3.11, RFC 6350 §3.4): any line end becomes `\n`.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ",", ";":
                result.append("\\")
                result.append(scalar)
            case "\n" where isAfterReturn: break
            case "\r", "\n":
                result.append("\\")
                result.append("n")
            default: result.append(scalar)
            }
            isAfterReturn = scalar == "\r"
        }
        return String(result)
    }

    /// A parameter value, quoted where needed; what cannot be quoted is written with carets (RFC 6868).
    private static func parameter(_ value: String) -> String {
        var result = String.UnicodeScalarView()
        var isPlain = true
        for scalar in HeaderLine.clean(value).unicodeScalars {
            switch scalar {
            case "\"": result.append(contentsOf: "^'".unicodeScalars)
            case "^": result.append(contentsOf: "^^".unicodeScalars)
            default:
                if ":;,".unicodeScalars.contains(scalar) { isPlain = false }
                result.append(scalar)
            }
        }
        return isPlain ? String(result) : "\"" + String(result) + "\""
    }
}
