package import ArchiveFormat

extension Slot {
    /// Makes a slot of 288 bytes that opens what `access` opens.
    ///
    /// `created` is in seconds since 1970; it is brought down to a multiple of 60. `slot` (E118) for a cost out of range,
    /// `badKeyText` (E015) for a recipient of small order or a key file that is not 32 bytes.
    package static func seal(
        _ access: Access,
        protection: SlotProtection,
        archiveID: Bytes32,
        slotID: UInt32,
        created: UInt64,
        label: ShortLabel
    ) throws(CryptoError) -> [UInt8] {
        var slot = [UInt8](repeating: 0, count: commitmentOffset)
        slot[0] = protection.kind.rawValue
        slot[1] = access.rights.rawValue
        let key = try newKey(protection, archiveID: archiveID, fields: &slot)
        // The tail stands behind what is sealed, but is bound to the seals, so it goes into their data first.
        var tail: [UInt8] = []
        tail.append(littleEndian: slotID)
        tail.append(littleEndian: created - created % 60)
        tail.append(littleEndian: UInt32(0))
        key.slice(32, 32).withUnsafeBytes { slot.append(contentsOf: $0) }
        let secretData = archiveID.array + slot[..<64] + tail
        slot += access.secret.withUnsafeBytes {
            XChaCha20Poly1305.seal($0, additionalData: secretData, key: key.slice(0, 32))
        }
        let labelData = Label.slotLabel.bytes + archiveID.array + slot + tail
        slot += label.sealed(key: access.read.labelKey, additionalData: labelData)
        slot += tail
        return slot
    }

    /// Fills cost, salt and ephemeral key in, and gives K.
    private static func newKey(
        _ protection: SlotProtection,
        archiveID: Bytes32,
        fields slot: inout [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        let salt = Random.bytes(16)
        switch protection {
        case .passphrase(let passphrase, let cost):
            putCost(cost, salt, &slot)
            return try passphraseKey(passphrase, salt, cost)
        case .keyFile(let keyFile):
            guard keyFile.count == 32 else { throw .badKeyText(.digits) }
            slot.replaceSubrange(saltOffset..<saltOffset + 16, with: salt)
            return salt.withUnsafeBytes { keyFileKey(keyFile, salt: $0, archiveID: archiveID) }
        case .both(let passphrase, let keyFile, let cost):
            guard keyFile.count == 32 else { throw .badKeyText(.digits) }
            putCost(cost, salt, &slot)
            let stretched = try passphraseKey(passphrase, salt, cost)
            return Blake2b.derive64(keyFile, .slotBoth) { $0.update(stretched) }
        case .recipient(let recipient):
            let ephemeral = SecretBytes.random()
            let ephemeralKey = X25519.publicKey(of: ephemeral)
            guard let shared = X25519.shared(secret: ephemeral, publicKey: recipient) else {
                throw .badKeyText(.digits)
            }
            slot.replaceSubrange(ephemeralOffset..<ephemeralOffset + 32, with: ephemeralKey.array)
            return recipientKey(
                shared: shared,
                ephemeralKey: ephemeralKey,
                recipient: recipient,
                archiveID: archiveID
            )
        }
    }

    private static func putCost(_ cost: Argon2Cost, _ salt: [UInt8], _ slot: inout [UInt8]) {
        slot.withUnsafeMutableBytes { bytes in
            bytes.put(cost.memoryKiB, 4)
            bytes.put(cost.passes, 8)
            bytes.put(UInt32(1), 12)
        }
        slot.replaceSubrange(saltOffset..<saltOffset + 16, with: salt)
    }

    private static func passphraseKey(
        _ passphrase: Passphrase,
        _ salt: [UInt8],
        _ cost: Argon2Cost
    ) throws(CryptoError) -> SecretBytes {
        var result: Result<SecretBytes, CryptoError> = .failure(.slot)
        salt.withUnsafeBytes { salt in
            result = Result { () throws(CryptoError) in
                try Argon2id.derive(passphrase.bytes, salt: salt, cost: cost)
            }
        }
        return try result.get()
    }
}
