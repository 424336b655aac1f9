import ArchiveFormat
import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): authenticated encryption with additional data, the tag behind the text.
package enum XChaCha20Poly1305 {
    package static let keyByteCount = 32
    package static let nonceByteCount = 24
    package static let tagByteCount = 16

    /// Seals all but the last 16 bytes of a buffer in place, and writes the tag to these.
    package static func seal(
        inPlace buffer: UnsafeMutableRawBufferPointer,
        nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer,
        key: SecretBytes
    ) {
        Sodium.prepare()
        precondition(
            buffer.count >= tagByteCount && nonce.count == nonceByteCount && key.count == keyByteCount,
            "room for the tag, a nonce of 24 bytes, a key of 32 bytes"
        )
        let text = buffer.octets
        key.withUnsafeBytes { key in
            _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                text,
                nil,
                text,
                UInt64(buffer.count - tagByteCount),
                additionalData.octets,
                UInt64(additionalData.count),
                nil,
                nonce.octets,
                key.octets
            )
        }
    }

    /// Opens a sealed text with its tag into a buffer that is 16 bytes shorter; `false` if it is not authentic.
    ///
    /// The two buffers may begin at the same address. After a failure the output holds nothing of the text.
    package static func open(
        _ sealed: UnsafeRawBufferPointer,
        into out: UnsafeMutableRawBufferPointer,
        nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer,
        key: SecretBytes
    ) -> Bool {
        Sodium.prepare()
        guard sealed.count >= tagByteCount, out.count == sealed.count - tagByteCount,
            nonce.count == nonceByteCount, key.count == keyByteCount
        else { return false }
        return key.withUnsafeBytes { key in
            crypto_aead_xchacha20poly1305_ietf_decrypt(
                out.octets,
                nil,
                nil,
                sealed.octets,
                UInt64(sealed.count),
                additionalData.octets,
                UInt64(additionalData.count),
                nonce.octets,
                key.octets
            ) == 0
        }
    }

    /// Opens a buffer in place: the text is then in all but its last 16 bytes; `false` if it is not authentic.
    package static func open(
        inPlace buffer: UnsafeMutableRawBufferPointer,
        nonce: UnsafeRawBufferPointer,
        additionalData: UnsafeRawBufferPointer,
        key: SecretBytes
    ) -> Bool {
        guard buffer.count >= tagByteCount else { return false }
        let text = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count - tagByteCount)])
        return open(
            UnsafeRawBufferPointer(buffer),
            into: text,
            nonce: nonce,
            additionalData: additionalData,
            key: key
        )
    }
}

extension XChaCha20Poly1305 {
    /// A fresh random nonce, then the sealed secret with its tag.
    static func seal(_ secret: UnsafeRawBufferPointer, additionalData: [UInt8], key: SecretBytes) -> [UInt8] {
        var out = Random.bytes(nonceByteCount)
        out.reserveCapacity(nonceByteCount + secret.count + tagByteCount)
        out.append(contentsOf: secret)
        out.append(contentsOf: repeatElement(0, count: tagByteCount))
        out.withUnsafeMutableBytes { all in
            let nonce = UnsafeRawBufferPointer(rebasing: all[..<nonceByteCount])
            let text = UnsafeMutableRawBufferPointer(rebasing: all[nonceByteCount...])
            additionalData.withUnsafeBytes { seal(inPlace: text, nonce: nonce, additionalData: $0, key: key) }
        }
        return out
    }

    /// Opens what `seal` gave: nonce, sealed secret, tag; `nil` if it is not authentic.
    static func open(
        nonceAndText bytes: UnsafeRawBufferPointer,
        additionalData: [UInt8],
        key: SecretBytes
    ) -> SecretBytes? {
        guard bytes.count >= nonceByteCount + tagByteCount else { return nil }
        var isAuthentic = false
        let secret = SecretBytes(count: bytes.count - nonceByteCount - tagByteCount) { out in
            isAuthentic = additionalData.withUnsafeBytes { data in
                open(
                    bytes.slice(nonceByteCount, bytes.count - nonceByteCount),
                    into: out,
                    nonce: bytes.slice(0, nonceByteCount),
                    additionalData: data,
                    key: key
                )
            }
        }
        return isAuthentic ? secret : nil
    }
}
