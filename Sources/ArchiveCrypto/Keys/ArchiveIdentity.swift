package import ArchiveFormat

/// What archives, headers and commits are known by.
package enum ArchiveIdentity {
    /// The archive id: the commitment to the secrets (cryptography.md, section 2).
    package static func archiveID(rootSigningKey: Bytes32, contentKey: Bytes32) -> Bytes32 {
        Blake2b.hash(.archiveID) { hasher in
            hasher.update(rootSigningKey)
            hasher.update(contentKey)
        }
    }

    /// The header hash: of the 16,384 bytes of a header file (format.md, section 4).
    package static func headerHash(of file: UnsafeRawBufferPointer) -> Bytes32 {
        Blake2b.hash(.headerHash) { $0.update(file) }
    }

    /// The commit hash: of record header and body with signature, without padding (format.md, section 7.1).
    package static func commitHash(of record: UnsafeRawBufferPointer) -> Bytes32 {
        Blake2b.hash(.commitHash) { $0.update(record) }
    }
}
