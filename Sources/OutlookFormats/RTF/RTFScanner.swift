/// Cuts RTF into its tokens.
struct RTFScanner {
    /// A token of RTF.
    enum Token: Equatable {
        case open
        case close
        /// A control word: its letters as a range of the bytes, and its number if it has one.
        case word(Range<Int>, Int?)
        /// A control symbol: the character behind the backslash.
        case symbol(UInt8)
        /// `\'hh`.
        case byte(UInt8)
        /// Text, as a range of the bytes, without line ends.
        case text(Range<Int>)
    }

    let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next token; nil at the end.
    mutating func next() -> Token? {
        while position < bytes.count, bytes[position] == 0x0D || bytes[position] == 0x0A || bytes[position] == 0 {
            position += 1
        }
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"):
            position += 1
            return .open
        case UInt8(ascii: "}"):
            position += 1
            return .close
        case UInt8(ascii: "\\"):
            position += 1
            return control()
        default:
            let start = position
            while position < bytes.count {
                let byte = bytes[position]
                if byte == 0x0D || byte == 0x0A || byte == 0 || byte == 0x5C || byte == 0x7B || byte == 0x7D { break }
                position += 1
            }
            return .text(start..<position)
        }
    }

    /// Passes over the bytes that `\bin` announces.
    mutating func skip(_ count: Int) { position += max(0, min(count, bytes.count - position)) }

    private mutating func control() -> Token? {
        guard position < bytes.count else { return nil }
        let first = bytes[position]
        guard isLetter(first) else {
            position += 1
            guard first == UInt8(ascii: "'") else { return .symbol(first) }
            guard let high = digit(position), let low = digit(position + 1) else { return .symbol(first) }
            position += 2
            return .byte(high << 4 | low)
        }
        let start = position
        while position < bytes.count, isLetter(bytes[position]) { position += 1 }
        let letters = start..<position
        var number: Int?
        var isNegative = false
        if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "-"), isDigit(bytes[position + 1]) {
            isNegative = true
            position += 1
        }
        while position < bytes.count, isDigit(bytes[position]) {
            // More digits than an RTF number has change nothing any more.
            let value = number ?? 0
            number = value > 99_999_999 ? value : value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        if position < bytes.count, bytes[position] == 0x20 { position += 1 }
        return .word(letters, number.map { isNegative ? -$0 : $0 })
    }

    private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private func digit(_ place: Int) -> UInt8? {
        guard place < bytes.count else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return bytes[place] - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return bytes[place] - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return bytes[place] - 0x37
        default: return nil
        }
    }
}
