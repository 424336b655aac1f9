public import ArchiveFormat

/// Bytes as words that can be read aloud: 16 bits are five letters (cryptography.md, section 2).
public enum Words {
    private static let consonants: StaticString = "bdfghjklmnprstvz"
    private static let vowels: StaticString = "aiou"
    // For each letter the bits to shift by, and whether it is a consonant.
    private static let letters: [(shift: UInt16, isConsonant: Bool)] = [
        (12, true), (10, false), (6, true), (4, false), (0, true),
    ]

    /// The eight words of the first 16 bytes of an archive id or a commit hash.
    public static func short(_ id: Bytes32) -> String {
        id.withUnsafeBytes { bytes in
            let text = encode(bytes.slice(0, 16))
            return text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The words of an even number of bytes, joined with `-`.
    package static func encode(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
        let words = bytes.count / 2
        return SecretBytes(count: max(words * 6 - 1, 0)) { text in
            for word in 0..<words {
                let value = UInt16(bytes[2 * word]) << 8 | UInt16(bytes[2 * word + 1])
                for (index, letter) in letters.enumerated() {
                    let alphabet = letter.isConsonant ? consonants : vowels
                    let mask: UInt16 = letter.isConsonant ? 15 : 3
                    text[word * 6 + index] = alphabet.utf8Start[Int(value >> letter.shift & mask)]
                }
                if word + 1 < words { text[word * 6 + 5] = 0x2D }
            }
        }
    }

    /// The bytes of words, in any case, with any blanks, line ends and `-` around them; else `badKeyText` (E015).
    package static func decode(_ text: UnsafeRawBufferPointer, byteCount: Int) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: byteCount) { (out) throws(CryptoError) in
            var word = 0
            var value: UInt16 = 0
            var letter = 0
            for byte in text {
                if isSeparator(byte) {
                    guard letter == 0 || letter == letters.count else { throw .badKeyText(.word(word + 1)) }
                    word += letter == 0 ? 0 : 1
                    letter = 0
                    continue
                }
                guard letter < letters.count, let bits = bits(of: byte, letters[letter].isConsonant) else {
                    throw .badKeyText(.word(word + 1))
                }
                value |= bits << letters[letter].shift
                letter += 1
                guard letter == letters.count else { continue }
                guard 2 * word + 1 < byteCount else { throw .badKeyText(.wordCount(word + 1)) }
                out[2 * word] = UInt8(value >> 8)
                out[2 * word + 1] = UInt8(value & 0xFF)
                value = 0
            }
            guard letter == 0 || letter == letters.count else { throw .badKeyText(.word(word + 1)) }
            word += letter == 0 ? 0 : 1
            guard 2 * word == byteCount else { throw .badKeyText(.wordCount(word)) }
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x2D || (0x09...0x0D).contains(byte)
    }

    private static func bits(of letter: UInt8, _ isConsonant: Bool) -> UInt16? {
        let alphabet = isConsonant ? consonants : vowels
        let lower = (0x41...0x5A).contains(letter) ? letter | 0x20 : letter
        for index in 0..<alphabet.utf8CodeUnitCount where alphabet.utf8Start[index] == lower {
            return UInt16(index)
        }
        return nil
    }
}

/// The root secret as 18 words, 4 bytes of which are a checksum (cryptography.md, section 2).
package enum RecoveryCode {
    private static let checksumByteCount = 4

    /// The words, joined with `-`, as UTF-8.
    package static func encode(_ rootSecret: SecretBytes) -> SecretBytes {
        let sum = checksum(rootSecret)
        let bytes = SecretBytes(count: rootSecret.count + checksumByteCount) { out in
            rootSecret.withUnsafeBytes { out.copyMemory(from: $0) }
            for index in 0..<checksumByteCount {
                out[rootSecret.count + index] = sum[index]
            }
        }
        return bytes.withUnsafeBytes { Words.encode($0) }
    }

    /// The root secret of words that a user typed; else `badKeyText` (E015).
    package static func decode(_ text: UnsafeRawBufferPointer) throws(CryptoError) -> SecretBytes {
        let bytes = try Words.decode(text, byteCount: 32 + checksumByteCount)
        let secret = bytes.slice(0, 32)
        guard bytes.withUnsafeBytes({ Array($0[32...]) }) == checksum(secret) else { throw .badKeyText(.checksum) }
        return secret
    }

    private static func checksum(_ secret: SecretBytes) -> [UInt8] {
        Array(Blake2b.hash(.recovery) { $0.update(secret) }.array.prefix(checksumByteCount))
    }
}
