#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes of a mail turned into text, whatever their label says.
///
/// Nothing is dropped: what a charset cannot read becomes U+FFFD, and a label that cannot be right gives way to a
/// guess (UTF-8 where the bytes are valid UTF-8, else windows-1252).
package enum CharsetText {
    /// The text of `bytes` under the charset `label` names; nil, unknown and ASCII labels are guessed.
    package static func decode(_ bytes: UnsafeRawBufferPointer, label: String?) -> String {
        guard !isASCII(bytes) else { return decodeASCII(bytes, label: label) }
        guard let label, let charset = Charset(label: label) else { return guess(bytes) }
        switch charset {
        case .ascii: return guess(bytes)
        case .utf8: return decodeUTF8(bytes)
        case .windows1252: return windows1252(bytes)
        case .utf16: return decodeMarked(bytes, little: "UTF-16LE", big: "UTF-16BE", width: 2)
        case .utf32: return decodeMarked(bytes, little: "UTF-32LE", big: "UTF-32BE", width: 4)
        case .iconv(let name): return convert(bytes, from: name)
        }
    }

    /// The same for an array.
    package static func decode(_ bytes: [UInt8], label: String?) -> String {
        bytes.withUnsafeBytes { decode($0, label: label) }
    }

    /// UTF-8 where the bytes are valid UTF-8, else windows-1252.
    static func guess(_ bytes: UnsafeRawBufferPointer) -> String {
        validUTF8(bytes) ?? windows1252(bytes)
    }

    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { return false }
            index += 8
        }
        while index < bytes.count {
            if bytes[index] & 0x80 != 0 { return false }
            index += 1
        }
        return true
    }

    /// Bytes below 128 are ASCII under nearly every label; only charsets of seven bits and of wide units differ.
    private static func decodeASCII(_ bytes: UnsafeRawBufferPointer, label: String?) -> String {
        if let label, let charset = Charset(label: label) {
            switch charset {
            case .utf16: return decodeMarked(bytes, little: "UTF-16LE", big: "UTF-16BE", width: 2)
            case .utf32: return decodeMarked(bytes, little: "UTF-32LE", big: "UTF-32BE", width: 4)
            case .iconv(let name) where name.hasPrefix("UTF-") || name.hasPrefix("ISO-2022"):
                return convert(bytes, from: name)
            default: break
            }
        }
        // Japanese mail without a label: the escape sequence of ISO-2022-JP never stands in plain text.
        if bytes.contains(0x1B), holdsJapaneseEscape(bytes) { return convert(bytes, from: "ISO-2022-JP-2") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func holdsJapaneseEscape(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 2 < bytes.count {
            if bytes[index] == 0x1B, bytes[index + 1] == UInt8(ascii: "$"),
                bytes[index + 2] == UInt8(ascii: "B") || bytes[index + 2] == UInt8(ascii: "@")
            {
                return true
            }
            index += 1
        }
        return false
    }

    private static func validUTF8(_ bytes: UnsafeRawBufferPointer) -> String? {
        String(validating: bytes, as: UTF8.self)
    }

    /// Text labelled UTF-8: damage becomes U+FFFD, but where not one character of several bytes is whole the label is
    /// wrong.
    private static func decodeUTF8(_ bytes: UnsafeRawBufferPointer) -> String {
        if let text = validUTF8(bytes) { return text }
        let repaired = String(decoding: bytes, as: UTF8.self)
        let hasWhole = repaired.unicodeScalars.contains { $0.value >= 0x80 && $0.value != 0xFFFD }
        return hasWhole ? repaired : windows1252(bytes)
    }

    private static func decodeMarked(
        _ bytes: UnsafeRawBufferPointer,
        little: String,
        big: String,
        width: Int
    ) -> String {
        if bytes.count >= width {
            let first = bytes.prefix(width)
            if first.elementsEqual([0xFF, 0xFE, 0, 0].prefix(width)) {
                return convert(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(width)), from: little)
            }
            if first.elementsEqual([0, 0, 0xFE, 0xFF].suffix(width)) {
                return convert(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(width)), from: big)
            }
        }
        return convert(bytes, from: big)
    }

    /// windows-1252 as the WHATWG Encoding Standard has it: the five bytes without a character become C1 controls.
    static func windows1252(_ bytes: UnsafeRawBufferPointer) -> String {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count)
        for byte in bytes {
            let isSpecial = byte >= 0x80 && byte < 0xA0
            units.append(isSpecial ? Self.upperHalf[Int(byte) - 0x80] : UInt16(byte))
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// The characters of the bytes 0x80–0x9F of windows-1252.
    private static let upperHalf: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D,
        0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x009D, 0x017E, 0x0178,
    ]

    /// What iconv makes of the bytes; each byte it refuses becomes one U+FFFD.
    private static func convert(_ bytes: UnsafeRawBufferPointer, from name: String) -> String {
        guard let descriptor = iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else { return guess(bytes) }
        defer { iconv_close(descriptor) }
        guard let base = bytes.baseAddress else { return "" }

        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 2 + 16)
        var invalid = 0
        // iconv declares its input as changeable, but never writes to it.
        var input: UnsafeMutablePointer<CChar>? = UnsafeMutableRawPointer(mutating: base)
            .assumingMemoryBound(to: CChar.self)
        var left = bytes.count
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { room in
            var flushing = false
            while true {
                var out: UnsafeMutablePointer<CChar>? = room.baseAddress
                var outLeft = room.count
                let result =
                    flushing
                    ? iconv(descriptor, nil, nil, &out, &outLeft) : iconv(descriptor, &input, &left, &out, &outLeft)
                let code = errno
                output.append(contentsOf: UnsafeRawBufferPointer(room)[..<(room.count - outLeft)])
                if result != Int(bitPattern: UInt.max) {
                    if flushing { break }
                    flushing = left == 0
                    continue
                }
                if code == E2BIG { continue }
                guard left > 0, !flushing else { break }
                // A byte that fits nowhere, or a character cut short at the end.
                output.append(contentsOf: [0xEF, 0xBF, 0xBD])
                invalid += 1
                input = input?.advanced(by: 1)
                left -= 1
            }
        }
        if invalid > 0, let text = validUTF8(bytes), !isASCII(bytes) { return text }
        return String(decoding: output, as: UTF8.self)
    }
}
