/// Writes header fields: encoded words (RFC 2047), parameters (RFC 2231), folded at 78 characters (RFC 5322 §2.2.3).
enum HeaderLine {
    /// No line may be longer (RFC 5322 §2.1.1), without its CR LF; a little less, for the last character of a fold.
    static let longestLine = 990

    /// A field whose value is free text.
    static func text(_ name: String, _ value: String) -> [UInt8] {
        let clean = HeaderLine.clean(value)
        let words = clean.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // Blanks that folding or reading would drop, and words that look encoded, have to be encoded.
        let isPlain =
            isASCII(clean) && !words.contains("") && !clean.contains("=?")
            && !words.contains { $0.utf8.count > longestLine - name.utf8.count - 2 }
        return folded(name, isPlain || clean.isEmpty ? words : encodedWords(clean))
    }

    /// A field whose value consists of words that are ready, with a space or a fold between them.
    static func folded(_ name: String, _ words: [String]) -> [UInt8] {
        var line = Array((name + ":").utf8)
        var length = line.count
        for (index, word) in words.enumerated() {
            let count = word.utf8.count
            if index > 0, length + 1 + count > 78 {
                line += [0x0D, 0x0A]
                length = 0
            }
            line.append(0x20)
            line += word.utf8
            length += 1 + count
        }
        return line + [0x0D, 0x0A]
    }

    /// Text with a space for each control character, in which no field can end.
    static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            defer { isAfterReturn = scalar == "\r" }
            if scalar == "\n", isAfterReturn { continue }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            scalars.append(isControl ? " " : scalar)
        }
        while scalars.last == " " { scalars.removeLast() }
        while scalars.first == " " { scalars.removeFirst() }
        return String(scalars)
    }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// Encoded words in UTF-8 and base64 of at most 75 characters, none of which cuts a character in two.
    static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var part: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if part.count + bytes.count > 45 {
                words.append("=?utf-8?B?\(Base64Text.encode(part))?=")
                part = []
            }
            part += bytes
        }
        if !part.isEmpty { words.append("=?utf-8?B?\(Base64Text.encode(part))?=") }
        return words
    }

    /// A display name as words of a phrase (RFC 5322 §3.2.5).
    static func phrase(_ text: String) -> [String] {
        let clean = HeaderLine.clean(text)
        guard isASCII(clean), !clean.contains("=?"), clean.utf8.count <= 60 else { return encodedWords(clean) }
        let words = clean.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if words.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isAtomText) }) { return words }
        return [quoted(clean)]
    }

    /// A quoted string of ASCII text without control characters.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    /// A MIME field: a value, and parameters, each on a line of its own where needed.
    static func mime(_ name: String, _ value: String, _ parameters: [(name: String, value: String)]) -> [UInt8] {
        var words = [value]
        for parameter in parameters {
            for piece in parameterPieces(parameter.name, clean(parameter.value)) {
                words[words.count - 1] += ";"
                words.append(piece)
            }
        }
        return folded(name, words)
    }

    /// A parameter as it is where it is short and ASCII, else in numbered pieces (RFC 2231).
    private static func parameterPieces(_ name: String, _ value: String) -> [String] {
        if isASCII(value), value.utf8.count <= 65 - name.utf8.count {
            let isToken = !value.isEmpty && value.utf8.allSatisfy { isTokenText($0) }
            return ["\(name)=\(isToken ? value : quoted(value))"]
        }
        var pieces: [String] = []
        var piece = ""
        for scalar in value.unicodeScalars.prefix(4096) {
            var next = ""
            for byte in String(scalar).utf8 {
                let isAttribute = isTokenText(byte) && byte != 0x2A && byte != 0x27 && byte != 0x25
                next += isAttribute ? String(UnicodeScalar(byte)) : "%" + hex(byte)
            }
            if piece.utf8.count + next.utf8.count > 48 {
                pieces.append(piece)
                piece = ""
            }
            piece += next
        }
        pieces.append(piece)
        if pieces.count == 1 { return ["\(name)*=utf-8''\(pieces[0])"] }
        return pieces.enumerated().map { "\(name)*\($0)*=" + ($0 == 0 ? "utf-8''" : "") + $1 }
    }

    /// What a token of MIME may consist of (RFC 2045 §5.1).
    static func isTokenText(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"()<>@,;:\\\"/[]?=".utf8.contains(byte)
    }

    /// Two upper-case hexadecimal digits.
    static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF".unicodeScalars)
        return String(Character(digits[Int(byte >> 4)])) + String(Character(digits[Int(byte & 15)]))
    }

    /// A byte string in upper-case hexadecimal.
    static func hex(_ bytes: [UInt8]) -> String { bytes.map { hex($0) }.joined() }
}

/// Base64 (RFC 4648 §4) of short values, in one line.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits = Int(bytes[index]) << 16
            if count > 1 { bits |= Int(bytes[index + 1]) << 8 }
            if count > 2 { bits |= Int(bytes[index + 2]) }
            for place in 0..<4 {
                result.append(place <= count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }
}
