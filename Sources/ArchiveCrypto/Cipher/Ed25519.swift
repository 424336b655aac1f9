package import ArchiveFormat
import CSodium

/// Ed25519 (RFC 8032, pure), with the strict verification of cryptography.md, section 6.
package enum Ed25519 {
    package static let signatureByteCount = 64

    /// Whether a public key is a canonical encoding of a point that is not of small order.
    package static func isAcceptable(_ publicKey: Bytes32) -> Bool {
        Sodium.prepare()
        return publicKey.withUnsafeBytes { key in
            guard isCanonicalPoint(key), !isOfSmallOrder(key) else { return false }
            // Adding any point decodes this one first, which fails for what is no point of the curve.
            var sum = Bytes32()
            return sum.withUnsafeMutableBytes { sum in
                basePoint.withUnsafeBytes { base in
                    crypto_core_ed25519_add(
                        sum.octets,
                        key.octets,
                        base.octets
                    ) == 0
                }
            }
        }
    }

    /// Whether a signature over a message verifies strictly.
    package static func verify(
        signature: UnsafeRawBufferPointer,
        message: UnsafeRawBufferPointer,
        key: Bytes32
    ) -> Bool {
        Sodium.prepare()
        guard signature.count == signatureByteCount else { return false }
        // The library makes these checks too, unless it was built for compatibility with old signatures.
        guard isCanonicalScalar(signature.slice(32, 32)), !isOfSmallOrder(signature.slice(0, 32)) else { return false }
        return key.withUnsafeBytes { key in
            guard isCanonicalPoint(key), !isOfSmallOrder(key) else { return false }
            return crypto_sign_verify_detached(
                signature.octets,
                message.octets,
                UInt64(message.count),
                key.octets
            ) == 0
        }
    }

    /// Whether a signature over label ‖ archive id ‖ body verifies strictly.
    package static func verify(
        signature: UnsafeRawBufferPointer,
        label: Label,
        archiveID: Bytes32,
        body: UnsafeRawBufferPointer,
        key: Bytes32
    ) -> Bool {
        message(label, archiveID, body).withUnsafeBytes { verify(signature: signature, message: $0, key: key) }
    }

    /// The bytes that are signed: label ‖ archive id ‖ body.
    static func message(_ label: Label, _ archiveID: Bytes32, _ body: UnsafeRawBufferPointer) -> [UInt8] {
        var message = label.bytes
        message.reserveCapacity(message.count + 32 + body.count)
        message.append(archiveID)
        message.append(contentsOf: body)
        return message
    }
}

extension Ed25519 {
    /// Whether y is less than p = 2^255 − 19, the sign bit apart.
    private static func isCanonicalPoint(_ point: UnsafeRawBufferPointer) -> Bool {
        guard point[31] & 0x7F == 0x7F else { return true }
        for index in 1..<31 where point[index] != 0xFF { return true }
        return point[0] < 0xED
    }

    /// Whether S is less than the group order L = 2^252 + 27742317777372353535851937790883648493.
    private static func isCanonicalScalar(_ scalar: UnsafeRawBufferPointer) -> Bool {
        for index in stride(from: 31, through: 0, by: -1) where scalar[index] != groupOrder[index] {
            return scalar[index] < groupOrder[index]
        }
        return false
    }

    /// Whether a point is one of the eight of small order, in any encoding, the sign bit apart.
    private static func isOfSmallOrder(_ point: UnsafeRawBufferPointer) -> Bool {
        for candidate in smallOrder {
            var differs: UInt8 = 0
            for index in 0..<31 {
                differs |= point[index] ^ candidate[index]
            }
            differs |= (point[31] & 0x7F) ^ candidate[31]
            if differs == 0 { return true }
        }
        return false
    }

    // Little-endian, as encoded.
    private static let groupOrder: [UInt8] =
        [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
        ] + [UInt8](repeating: 0, count: 15) + [0x10]

    private static let basePoint: [UInt8] = [0x58] + [UInt8](repeating: 0x66, count: 31)

    /// y of the points of small order, sign bit clear: orders 4, 1, 8, 8, 2, and the two encodings with y ≥ p.
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]
}
