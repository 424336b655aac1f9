package import ArchiveFormat

/// How a new slot is protected (cryptography.md, section 3).
package enum SlotProtection: Sendable {
    case passphrase(Passphrase, Argon2Cost)
    /// The 32 bytes of a key file.
    case keyFile(SecretBytes)
    /// Passphrase and key file, neither of which opens it alone.
    case both(Passphrase, SecretBytes, Argon2Cost)
    /// The X25519 public key of a recipient.
    case recipient(Bytes32)

    var kind: SlotKind {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        case .both: .both
        case .recipient: .recipient
        }
    }
}

/// One wrapped copy of a secret, 288 bytes; its clear fields are `SlotLayout`'s.
package enum Slot {
    static let saltOffset = 16
    static let ephemeralOffset = 32
    static let commitmentOffset = 64
    static let sealedOffset = 96
    static let labelOffset = 168

    /// Bound to the seal of the secret: archive id ‖ slot bytes 0 to 63 ‖ 272 to 287.
    static func secretData(_ slot: UnsafeRawBufferPointer, _ archiveID: Bytes32) -> [UInt8] {
        var data = archiveID.array
        data.append(contentsOf: slot.slice(0, 64))
        data.append(contentsOf: slot.slice(272, 16))
        return data
    }

    /// Bound to the seal of the label: label ‖ archive id ‖ slot bytes 0 to 167 ‖ 272 to 287.
    static func labelData(_ slot: UnsafeRawBufferPointer, _ archiveID: Bytes32) -> [UInt8] {
        var data = Label.slotLabel.bytes
        data.append(archiveID)
        data.append(contentsOf: slot.slice(0, 168))
        data.append(contentsOf: slot.slice(272, 16))
        return data
    }

    /// K of kind 2.
    static func keyFileKey(
        _ keyFile: SecretBytes,
        salt: UnsafeRawBufferPointer,
        archiveID: Bytes32
    ) -> SecretBytes {
        Blake2b.derive64(keyFile, .slotKeyFile) { hasher in
            hasher.update(salt)
            hasher.update(archiveID)
        }
    }

    /// K of kind 4.
    static func recipientKey(
        shared: SecretBytes,
        ephemeralKey: Bytes32,
        recipient: Bytes32,
        archiveID: Bytes32
    ) -> SecretBytes {
        Blake2b.derive64(shared, .slotRecipient) { hasher in
            hasher.update(ephemeralKey)
            hasher.update(recipient)
            hasher.update(archiveID)
        }
    }
}
