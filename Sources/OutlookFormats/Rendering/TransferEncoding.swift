/// The transfer encodings of MIME (RFC 2045 §6) for texts, chosen so that decoding gives back each byte.
enum TransferEncoding {
    /// Text as it is where that is safe, else quoted-printable, or base64 where that would be more than twice as long.
    static func text(_ bytes: [UInt8]) -> (name: String?, bytes: [UInt8]) {
        if isSafe(bytes) { return (nil, bytes) }
        let quoted = quotedPrintable(bytes)
        if quoted.count <= bytes.count * 2 { return ("quoted-printable", quoted) }
        return ("base64", base64(bytes))
    }

    /// Whether text can stand as it is: ASCII without controls, in lines of mail with CR LF.
    private static func isSafe(_ bytes: [UInt8]) -> Bool {
        var length = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0D {
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return false }
                length = 0
                index += 2
                continue
            }
            guard byte < 0x7F, byte >= 0x20 || byte == 0x09 else { return false }
            length += 1
            if length > 998 { return false }
            index += 1
        }
        return true
    }

    /// Quoted-printable, in which only CR LF is a line end: lone ones are encoded.
    private static func quotedPrintable(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        var length = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0x0D, next == 0x0A {
                result += [0x0D, 0x0A]
                length = 0
                index += 2
                continue
            }
            let endsLine =
                index + 1 == bytes.count || (next == 0x0D && index + 2 < bytes.count && bytes[index + 2] == 0x0A)
            let isBlank = byte == 0x20 || byte == 0x09
            let isPlain = (byte > 0x20 && byte < 0x7F && byte != 0x3D) || (isBlank && !endsLine)
            if length + (isPlain ? 1 : 3) > 75 {
                result += [0x3D, 0x0D, 0x0A]
                length = 0
            }
            if isPlain {
                result.append(byte)
                length += 1
            } else {
                result += [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                length += 3
            }
            index += 1
        }
        return result
    }

    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let text = Array(Base64Text.encode(bytes).utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 38 + 2)
        var start = 0
        while start < text.count {
            result += text[start..<min(text.count, start + 76)]
            result += [0x0D, 0x0A]
            start += 76
        }
        return result
    }
}
