package import ArchiveFormat

/// All that follows from the read secret (cryptography.md, section 2): reads everything, signs nothing.
package final class ReadKeys: Sendable {
    /// The secret that all else follows from.
    package let readSecret: SecretBytes
    /// What writers have of it too.
    package let append: AppendKeys

    let contentSecret: SecretBytes
    let labelKey: SecretBytes

    package init(readSecret: SecretBytes) {
        self.readSecret = readSecret
        contentSecret = Blake2b.derive(readSecret, .contentKey)
        labelKey = Blake2b.derive(readSecret, .slotLabel)
        append = AppendKeys(
            contentKey: X25519.publicKey(of: contentSecret),
            psk: Blake2b.derive(readSecret, .psk),
            contentIDKey: Blake2b.derive(readSecret, .contentID)
        )
    }

    /// The content public key (X25519), as the header has it.
    package var contentKey: Bytes32 { append.contentKey }
}

/// All that follows from the root secret (cryptography.md, section 2): everything.
package final class RootKeys: Sendable {
    /// The secret that all else follows from.
    package let rootSecret: SecretBytes
    /// Signs headers, certificates and revocations.
    package let signing: SigningKey
    /// Signs commits, with all capabilities.
    package let writer: SigningKey
    /// What follows from the read secret.
    package let read: ReadKeys
    /// The archive id.
    package let archiveID: Bytes32

    package init(rootSecret: SecretBytes) {
        self.rootSecret = rootSecret
        signing = SigningKey(seed: Blake2b.derive(rootSecret, .rootSigning))
        writer = SigningKey(seed: Blake2b.derive(rootSecret, .rootWriter))
        read = ReadKeys(readSecret: Blake2b.derive(rootSecret, .read))
        archiveID = ArchiveIdentity.archiveID(rootSigningKey: signing.publicKey, contentKey: read.contentKey)
    }

    /// The keys of a new archive.
    package static func random() -> RootKeys {
        RootKeys(rootSecret: .random())
    }
}

/// What a secret that was given opens.
package enum Access: Sendable {
    /// The root secret: everything.
    case all(RootKeys)
    /// The read secret: reading and verifying.
    case readOnly(ReadKeys)

    /// The keys to read with.
    package var read: ReadKeys {
        switch self {
        case .all(let keys): keys.read
        case .readOnly(let keys): keys
        }
    }

    /// All keys, if the secret gives them.
    package var root: RootKeys? {
        switch self {
        case .all(let keys): keys
        case .readOnly: nil
        }
    }

    /// The rights that a slot with this secret has.
    package var rights: SlotRights {
        switch self {
        case .all: .all
        case .readOnly: .readOnly
        }
    }

    var secret: SecretBytes {
        switch self {
        case .all(let keys): keys.rootSecret
        case .readOnly(let keys): keys.readSecret
        }
    }
}
