package import ArchiveFormat
import CSodium

/// X25519 (RFC 7748).
package enum X25519 {
    /// The public key of a secret of 32 bytes.
    package static func publicKey(of secret: SecretBytes) -> Bytes32 {
        Sodium.prepare()
        precondition(secret.count == 32, "an X25519 secret has 32 bytes")
        var out = Bytes32()
        out.withUnsafeMutableBytes { output in
            secret.withUnsafeBytes { secret in
                _ = crypto_scalarmult_base(
                    output.octets,
                    secret.octets
                )
            }
        }
        return out
    }

    /// The shared secret; `nil` if it is all zero, which happens for public keys of small order.
    package static func shared(secret: SecretBytes, publicKey: Bytes32) -> SecretBytes? {
        Sodium.prepare()
        guard secret.count == 32 else { return nil }
        var isGood = false
        let shared = SecretBytes(count: 32) { output in
            isGood = secret.withUnsafeBytes { secret in
                publicKey.withUnsafeBytes { point in
                    crypto_scalarmult(
                        output.octets,
                        secret.octets,
                        point.octets
                    ) == 0
                }
            }
            // Said by the library too; seen here once more so that no version of it decides.
            isGood = isGood && sodium_is_zero(output.octets, 32) == 0
        }
        return isGood ? shared : nil
    }

    /// Whether a public key is not of small order.
    package static func isAcceptable(_ publicKey: Bytes32) -> Bool {
        // Every secret is a multiple of 8, so a key is of small order exactly if any one secret gives zero.
        let anySecret = SecretBytes(count: 32) { $0[0] = 8 }
        return shared(secret: anySecret, publicKey: publicKey) != nil
    }
}
