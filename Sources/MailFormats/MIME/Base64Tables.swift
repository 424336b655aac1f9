/// The base64 alphabet (RFC 4648 §4) as tables.
enum Base64Tables {
    /// Set in a table's word for bytes that are not of the alphabet.
    static let invalid: UInt32 = 0xFF00_0000

    /// Four tables of 256 words, one for each place in a group of four characters.
    ///
    /// The words of a group, joined by `|`, hold its three bytes in the order of memory on a little-endian machine.
    static let decoding: [UInt32] = {
        var table = [UInt32](repeating: invalid, count: 1024)
        for (index, character) in alphabet.enumerated() {
            let value = UInt32(index)
            table[Int(character)] = value << 2
            table[256 + Int(character)] = value >> 4 | (value & 0x0F) << 12
            table[512 + Int(character)] = (value >> 2) << 8 | (value & 0x03) << 22
            table[768 + Int(character)] = value << 16
        }
        return table
    }()

    /// For each twelve bits, their two characters in the order of memory on a little-endian machine.
    static let encoding: [UInt16] = (0..<4096).map { bits in
        UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8
    }

    static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static let padding: UInt8 = 0x3D

    /// Decodes a group of four characters, the last one or two of which may be padding.
    ///
    /// - Returns: the three bytes and how many of them count; `nil` when the group is not canonical: a foreign byte, padding
    ///   elsewhere, or pad bits that are not zero (RFC 4648 §3.5).
    static func decodeLast(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> (word: UInt32, byteCount: Int)? {
        decoding.withUnsafeBufferPointer { table in
            let head = table[Int(a)] | table[256 + Int(b)]
            if c == padding {
                guard d == padding, head & invalid == 0, head >> 8 == 0 else { return nil }
                return (head, 1)
            }
            if d == padding {
                let word = head | table[512 + Int(c)]
                guard word & invalid == 0, word >> 16 == 0 else { return nil }
                return (word, 2)
            }
            let word = head | table[512 + Int(c)] | table[768 + Int(d)]
            return word & invalid == 0 ? (word, 3) : nil
        }
    }
}
