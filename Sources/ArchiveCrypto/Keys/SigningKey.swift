package import ArchiveFormat
import CSodium

/// An Ed25519 key pair that signs.
package final class SigningKey: Sendable {
    /// The seed of 32 bytes that the pair is made of.
    package let seed: SecretBytes
    /// The public key.
    package let publicKey: Bytes32

    private let expanded: SecretBytes

    /// Makes the pair of a seed of 32 bytes (RFC 8032, section 5.1.5).
    package init(seed: SecretBytes) {
        Sodium.prepare()
        precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
        var publicKey = Bytes32()
        expanded = SecretBytes(count: 64) { expanded in
            publicKey.withUnsafeMutableBytes { publicKey in
                seed.withUnsafeBytes { seed in
                    _ = crypto_sign_seed_keypair(
                        publicKey.octets,
                        expanded.octets,
                        seed.octets
                    )
                }
            }
        }
        self.seed = seed
        self.publicKey = publicKey
    }

    /// A new pair.
    package static func random() -> SigningKey {
        SigningKey(seed: .random())
    }

    /// The signature of 64 bytes over a message as it is.
    package func sign(message: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Ed25519.signatureByteCount) { out, count in
            expanded.withUnsafeBytes { secret in
                _ = crypto_sign_detached(
                    UnsafeMutableRawBufferPointer(out).octets,
                    nil,
                    message.octets,
                    UInt64(message.count),
                    secret.octets
                )
            }
            count = Ed25519.signatureByteCount
        }
    }

    /// The signature of 64 bytes over label ‖ archive id ‖ body (cryptography.md, section 6).
    package func sign(_ label: Label, archiveID: Bytes32, body: UnsafeRawBufferPointer) -> [UInt8] {
        Ed25519.message(label, archiveID, body).withUnsafeBytes { sign(message: $0) }
    }

    /// The signature of 64 bytes over label ‖ archive id ‖ body (cryptography.md, section 6).
    package func sign(_ label: Label, archiveID: Bytes32, body: [UInt8]) -> [UInt8] {
        body.withUnsafeBytes { sign(label, archiveID: archiveID, body: $0) }
    }
}

/// CBOR followed by a signature: a certificate or a revocation (cryptography.md, section 4).
package enum Signed {
    /// Signs CBOR: the CBOR, then 64 bytes.
    package static func sign(_ cbor: [UInt8], _ label: Label, archiveID: Bytes32, by key: SigningKey) -> [UInt8] {
        cbor + key.sign(label, archiveID: archiveID, body: cbor)
    }

    /// The CBOR of signed bytes, once the signature has been found good; else `certificate` (E402).
    package static func open(
        _ bytes: UnsafeRawBufferPointer,
        _ label: Label,
        archiveID: Bytes32,
        key: Bytes32
    ) throws(CryptoError) -> UnsafeRawBufferPointer {
        guard bytes.count > Ed25519.signatureByteCount else { throw .certificate }
        let length = bytes.count - Ed25519.signatureByteCount
        let cbor = bytes.slice(0, length)
        let signature = bytes.slice(length, Ed25519.signatureByteCount)
        guard Ed25519.verify(signature: signature, label: label, archiveID: archiveID, body: cbor, key: key) else {
            throw .certificate
        }
        return cbor
    }
}
