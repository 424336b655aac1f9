package import ArchiveFormat

/// What a user gives to open an archive.
public enum UnlockSecret: Sendable {
    /// A passphrase.
    case passphrase(Passphrase)
    /// The 32 bytes of a key file.
    case keyFile(SecretBytes)
    /// A passphrase and a key file together.
    case both(Passphrase, SecretBytes)
    /// The X25519 secret of a recipient.
    case identity(SecretBytes)
    /// The root secret itself, from a recovery code.
    case rootSecret(SecretBytes)

    var kind: SlotKind? {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        case .both: .both
        case .identity: .recipient
        case .rootSecret: nil
        }
    }
}

/// What opened, and by which slot.
package struct Unlocked: Sendable {
    package let access: Access
    /// `nil` for a recovery code, which needs no slot.
    package let slotID: UInt32?
}

extension Slot {
    /// Opens the archive with a secret: tries each slot of its kind, and checks the keys against the header's.
    ///
    /// `secretDoesNotOpen` (E004) whatever fails; `costlySlot` (E011) if none opens, and one was left out that asks for more
    /// than `caps`; `slot` (E118) for a malformed slot; `outOfMemory` (E005).
    package static func unlock(
        _ slots: [[UInt8]],
        with secret: UnlockSecret,
        rootSigningKey: Bytes32,
        contentKey: Bytes32,
        caps: Argon2Cost = .most
    ) throws(CryptoError) -> Unlocked {
        if case .rootSecret(let rootSecret) = secret {
            guard rootSecret.count == 32,
                let access = access(.all, rootSecret, rootSigningKey: rootSigningKey, contentKey: contentKey)
            else { throw .secretDoesNotOpen }
            return Unlocked(access: access, slotID: nil)
        }
        let archiveID = ArchiveIdentity.archiveID(rootSigningKey: rootSigningKey, contentKey: contentKey)
        var costly: CryptoError?
        for (slot, layout) in zip(slots, try layouts(slots)) where layout.kind == secret.kind {
            let cost = Argon2Cost(memoryKiB: layout.memoryKiB, passes: layout.passes)
            guard !cost.exceeds(caps) else {
                costly = .costlySlot(memoryKiB: cost.memoryKiB, passes: cost.passes)
                continue
            }
            guard let opened = try open(slot, with: secret, cost: cost, archiveID: archiveID),
                let access = access(layout.rights, opened, rootSigningKey: rootSigningKey, contentKey: contentKey)
            else { continue }
            return Unlocked(access: access, slotID: layout.slotID)
        }
        throw costly ?? .secretDoesNotOpen
    }

    private static func layouts(_ slots: [[UInt8]]) throws(CryptoError) -> [SlotLayout] {
        do throws(FormatError) { return try SlotLayout.check(slots) } catch { throw .slot }
    }

    /// The keys of an opened secret, if the public keys that follow are the header's.
    private static func access(
        _ rights: SlotRights,
        _ secret: SecretBytes,
        rootSigningKey: Bytes32,
        contentKey: Bytes32
    ) -> Access? {
        switch rights {
        case .all:
            let keys = RootKeys(rootSecret: secret)
            guard keys.signing.publicKey == rootSigningKey, keys.read.contentKey == contentKey else { return nil }
            return .all(keys)
        case .readOnly:
            let keys = ReadKeys(readSecret: secret)
            return keys.contentKey == contentKey ? .readOnly(keys) : nil
        }
    }

    /// The secret in a slot, if this secret opens it.
    private static func open(
        _ slot: [UInt8],
        with secret: UnlockSecret,
        cost: Argon2Cost,
        archiveID: Bytes32
    ) throws(CryptoError) -> SecretBytes? {
        var result: Result<SecretBytes?, CryptoError> = .success(nil)
        slot.withUnsafeBytes { bytes in
            result = Result { () throws(CryptoError) in
                guard let key = try key(bytes, secret, cost, archiveID) else { return nil }
                guard
                    key.withUnsafeBytes({ equalInConstantTime($0.slice(32, 32), bytes.slice(commitmentOffset, 32)) })
                else { return nil }
                return XChaCha20Poly1305.open(
                    nonceAndText: bytes.slice(sealedOffset, 72),
                    additionalData: secretData(bytes, archiveID),
                    key: key.slice(0, 32)
                )
            }
        }
        return try result.get()
    }

    /// K of a slot for a secret; `nil` if the secret cannot be one for it.
    private static func key(
        _ slot: UnsafeRawBufferPointer,
        _ secret: UnlockSecret,
        _ cost: Argon2Cost,
        _ archiveID: Bytes32
    ) throws(CryptoError) -> SecretBytes? {
        let salt = slot.slice(saltOffset, 16)
        switch secret {
        case .passphrase(let passphrase):
            return try Argon2id.derive(passphrase.bytes, salt: salt, cost: cost)
        case .keyFile(let keyFile):
            guard keyFile.count == 32 else { return nil }
            return keyFileKey(keyFile, salt: salt, archiveID: archiveID)
        case .both(let passphrase, let keyFile):
            guard keyFile.count == 32 else { return nil }
            let stretched = try Argon2id.derive(passphrase.bytes, salt: salt, cost: cost)
            return Blake2b.derive64(keyFile, .slotBoth) { $0.update(stretched) }
        case .identity(let identity):
            guard identity.count == 32 else { return nil }
            let ephemeralKey = Bytes32(at: slot, ephemeralOffset)
            guard let shared = X25519.shared(secret: identity, publicKey: ephemeralKey) else { return nil }
            return recipientKey(
                shared: shared,
                ephemeralKey: ephemeralKey,
                recipient: X25519.publicKey(of: identity),
                archiveID: archiveID
            )
        case .rootSecret:
            return nil
        }
    }
}
