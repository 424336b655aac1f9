/// Reads one object of JSON (RFC 8259) whose values are texts and numbers; what is nested is passed over.
struct FlatJSON {
    private(set) var texts: [String: [UInt8]] = [:]
    private var bytes: ArraySlice<UInt8>

    /// Reads an object; nil when the bytes are none.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
        guard take(UInt8(ascii: "{")) else { return nil }
        if take(UInt8(ascii: "}")) { return }
        while true {
            guard let name = string(), take(UInt8(ascii: ":")), let value = value(depth: 0) else { return nil }
            texts[String(decoding: name, as: UTF8.self)] = value
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { return nil }
            break
        }
        skipBlanks()
        if !self.bytes.isEmpty { return nil }
    }

    func number(_ name: String) -> Int64? {
        texts[name].flatMap { Int64(String(decoding: $0.prefix(30), as: UTF8.self)) }
    }

    private mutating func skipBlanks() {
        bytes = bytes.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard bytes.first == byte else { return false }
        bytes.removeFirst()
        return true
    }

    /// A value as text: a string without its escapes, anything else as it is written.
    private mutating func value(depth: Int) -> [UInt8]? {
        skipBlanks()
        guard depth < 16, let first = bytes.first else { return nil }
        if first == UInt8(ascii: "\"") { return string() }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            let isObject = first == UInt8(ascii: "{")
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            bytes.removeFirst()
            if take(close) { return [] }
            while true {
                if isObject { guard string() != nil, take(UInt8(ascii: ":")) else { return nil } }
                guard value(depth: depth + 1) != nil else { return nil }
                if take(UInt8(ascii: ",")) { continue }
                return take(close) ? [] : nil
            }
        }
        let word = bytes.prefix {
            $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && $0 != UInt8(ascii: "]")
        }
        bytes = bytes.dropFirst(word.count)
        return word.isEmpty ? nil : Array(word)
    }

    private mutating func string() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var out: [UInt8] = []
        var high: UInt32?
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "\"") { return out }
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            guard let escape = bytes.popFirst() else { return nil }
            switch escape {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "u"):
                guard bytes.count >= 4, let unit = UInt32(String(decoding: bytes.prefix(4), as: UTF8.self), radix: 16)
                else { return nil }
                bytes = bytes.dropFirst(4)
                if unit & 0xFC00 == 0xD800 {
                    high = unit
                    continue
                }
                var scalar = unit
                if let first = high, unit & 0xFC00 == 0xDC00 {
                    scalar = 0x10000 + (first & 0x3FF) << 10 + (unit & 0x3FF)
                }
                high = nil
                out += String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8
            default: out.append(escape)
            }
        }
        return nil
    }
}
