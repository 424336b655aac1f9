import ArchiveFormat

/// Secrets and keys as files of text (cryptography.md, sections 3 and 4): a prefix, hexadecimal digits, a line end.
package enum KeyText: Sendable, CaseIterable {
    /// The 32 bytes of a key file.
    case keyFile
    /// An X25519 secret of 32 bytes.
    case identity
    /// An X25519 public key of 32 bytes.
    case recipient
    /// The CBOR of a writer credential.
    case credential

    /// How the text begins.
    package var prefix: StaticString {
        switch self {
        case .keyFile: "portable-archive-key-1:"
        case .identity: "portable-archive-identity-1:"
        case .recipient: "portable-archive-recipient-1:"
        case .credential: "portable-archive-credential-1:"
        }
    }

    /// The most bytes that a text can stand for.
    private var mostBytes: Int { self == .credential ? 2048 : 32 }

    /// The most bytes of a file of this kind that need be read.
    package var mostTextBytes: Int { prefix.utf8CodeUnitCount + 2 * (mostBytes + KeyText.checksumByteCount) + 2 }

    private static let checksumByteCount = 4
    private static let digits: StaticString = "0123456789abcdef"

    /// The text of these bytes, with its line end.
    package func encode(_ bytes: UnsafeRawBufferPointer) -> SecretBytes {
        let sum = checksum(bytes)
        let start = prefix.utf8CodeUnitCount
        return SecretBytes(count: start + 2 * (bytes.count + sum.count) + 1) { text in
            text.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: start))
            for index in 0..<bytes.count + sum.count {
                let byte = index < bytes.count ? bytes[index] : sum[index - bytes.count]
                text[start + 2 * index] = KeyText.digits.utf8Start[Int(byte >> 4)]
                text[start + 2 * index + 1] = KeyText.digits.utf8Start[Int(byte & 15)]
            }
            text[text.count - 1] = 0x0A
        }
    }

    /// The text of a secret, with its line end.
    package func encode(_ secret: SecretBytes) -> SecretBytes {
        secret.withUnsafeBytes { encode($0) }
    }

    /// The bytes of a text whose line end may be LF, CR LF or lost; else `badKeyText` (E015).
    package func decode(_ text: UnsafeRawBufferPointer) throws(CryptoError) -> SecretBytes {
        let start = prefix.utf8CodeUnitCount
        guard text.count >= start,
            text.slice(0, start).equals(UnsafeRawBufferPointer(start: prefix.utf8Start, count: start))
        else { throw .badKeyText(.prefix) }
        var end = text.count
        if end > start, text[end - 1] == 0x0A { end -= 1 }
        if end > start, end < text.count, text[end - 1] == 0x0D { end -= 1 }
        let count = (end - start) / 2 - KeyText.checksumByteCount
        guard (end - start) % 2 == 0, count > 0, count <= mostBytes, self == .credential || count == mostBytes else {
            throw .badKeyText(.digits)
        }
        let all = try SecretBytes(count: count + KeyText.checksumByteCount) { (out) throws(CryptoError) in
            for index in 0..<out.count {
                guard let high = KeyText.value(text[start + 2 * index]),
                    let low = KeyText.value(text[start + 2 * index + 1])
                else { throw .badKeyText(.digits) }
                out[index] = high << 4 | low
            }
        }
        let isIntact = all.withUnsafeBytes { Array($0[count...]) == checksum($0.slice(0, count)) }
        guard isIntact else { throw .badKeyText(.checksum) }
        return all.slice(0, count)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    private func checksum(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let hash = Blake2b.hash(.text) { hasher in
            hasher.update(UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
            hasher.update(bytes)
        }
        return Array(hash.array.prefix(KeyText.checksumByteCount))
    }
}
