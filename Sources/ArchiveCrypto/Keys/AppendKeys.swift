package import ArchiveFormat

/// What a writer needs beside its signing key: names contents and makes segment keys, and opens nothing.
package final class AppendKeys: Sendable {
    /// The content public key (X25519).
    package let contentKey: Bytes32
    /// Mixed into each key that wraps a segment key.
    package let psk: SecretBytes
    /// Keys the hash that names objects.
    package let contentIDKey: SecretBytes

    package init(contentKey: Bytes32, psk: SecretBytes, contentIDKey: SecretBytes) {
        self.contentKey = contentKey
        self.psk = psk
        self.contentIDKey = contentIDKey
    }

    /// The credential commitment of the header (cryptography.md, section 2).
    package var credentialCommitment: Bytes32 {
        Blake2b.hash(.credential) { hasher in
            hasher.update(psk)
            hasher.update(contentIDKey)
        }
    }

    /// Checks that these keys are those of the header, else `badCredential` (E012).
    package func check(contentKey: Bytes32, credentialCommitment: Bytes32) throws(CryptoError) {
        guard contentKey == self.contentKey, credentialCommitment == self.credentialCommitment else {
            throw .badCredential
        }
    }

    /// The id of an object (format.md, section 8.1).
    package func contentID(of bytes: UnsafeRawBufferPointer) -> Bytes32 {
        Blake2b.keyed(contentIDKey, bytes)
    }

    /// The hash of a source file whose tree hash is known (format.md, section 8.4).
    package func fileHash(root: Bytes32) -> Bytes32 {
        withUnsafeBytes(of: root) { contentID(of: $0) }
    }

    /// A hasher for an object id, for bytes that come in pieces.
    package func contentHasher() -> Blake2b {
        Blake2b(key: contentIDKey)
    }
}
