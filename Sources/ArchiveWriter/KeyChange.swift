package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveReader
package import ArchiveStorage

/// What a slot shows.
package struct SlotInfo: Sendable {
    package var id: UInt32
    package var kind: SlotKind
    package var rights: SlotRights
    package var created: UInt64
    /// `nil` without a key, or when it does not open.
    package var label: String?
}

/// Changes of slots: a new header in all replicas, and a commit that names it (Spec, format.md, section 7.9).
package enum KeyChange {
    package static func list(_ log: ArchiveLog, read: ReadKeys?) throws(ArchiveError) -> [SlotInfo] {
        let layouts: [SlotLayout]
        do throws(FormatError) {
            layouts = try SlotLayout.check(log.header.header.slots)
        } catch {
            throw ArchiveError(error, "header")
        }
        return zip(layouts, log.header.header.slots).map { layout, slot in
            let label = slot.withUnsafeBytes { read?.openSlotLabel($0, archiveID: log.archiveID)?.text }
            return SlotInfo(
                id: layout.slotID,
                kind: layout.kind,
                rights: layout.rights,
                created: layout.created,
                label: label
            )
        }
    }

    /// Adds a slot; gives its id.
    package static func add(
        _ storage: any Storage,
        _ root: RootKeys,
        _ request: SlotRequest
    ) throws(ArchiveError) -> UInt32 {
        try change(storage, root, removing: nil, adding: request) ?? 0
    }

    /// Removes a slot.
    ///
    /// The last one with all rights stays.
    package static func remove(_ storage: any Storage, _ root: RootKeys, slotID: UInt32) throws(ArchiveError) {
        _ = try change(storage, root, removing: slotID, adding: nil)
    }

    /// Removes one slot and adds another in one header change.
    package static func replace(
        _ storage: any Storage,
        _ root: RootKeys,
        slotID: UInt32,
        with request: SlotRequest
    ) throws(ArchiveError) -> UInt32 {
        try change(storage, root, removing: slotID, adding: request) ?? 0
    }

    private static func change(
        _ storage: any Storage,
        _ root: RootKeys,
        removing: UInt32?,
        adding: SlotRequest?
    ) throws(ArchiveError) -> UInt32? {
        let session = try WriteSession(opening: storage, as: .root(root))
        var header = session.log.header.header
        let infos = try list(session.log, read: nil)
        let newID = (infos.map(\.id).max() ?? 0) + 1
        if let removing {
            guard let index = infos.firstIndex(where: { $0.id == removing }) else {
                throw ArchiveError(.notFound, "slot \(removing)")
            }
            header.slots.remove(at: index)
        }
        if let adding { header.slots.append(try adding.seal(root, slotID: newID)) }
        guard header.slots.count <= 32 else { throw ArchiveError(.overLimit, "slots", "an archive has at most 32") }
        let allRights = header.slots.contains { slot in
            slot.withUnsafeBytes { (try? SlotLayout(parsing: $0))?.rights == .all }
        }
        guard allRights else {
            throw ArchiveError(.rightMissing, "header", "the last slot with all rights cannot be removed")
        }
        header.sequence += 1
        try session.replaceHeader(header, root)
        try session.finish()
        return adding == nil ? nil : newID
    }
}

/// Certified writers (Spec, cryptography.md, section 4).
package enum WriterChange {
    /// Certifies a new writer that may append, and commits the certificate.
    package static func add(
        _ storage: any Storage,
        _ root: RootKeys,
        label: String
    ) throws(ArchiveError) -> WriterCredential {
        guard let short = ShortLabel(label) else {
            throw ArchiveError(.overLimit, "label", "at most \(SlotLayout.labelByteCount) bytes")
        }
        let signing = SigningKey.random()
        var certificate = Certificate(
            writerKey: signing.publicKey,
            rootSigningKey: root.signing.publicKey,
            contentKey: root.read.contentKey,
            capabilities: .append,
            created: Clock.minute()
        )
        certificate.sealedLabel = root.read.sealWriterLabel(
            short,
            archiveID: root.archiveID,
            writerKey: signing.publicKey
        )
        let signed = Signed.sign(certificate.encoded, .certificate, archiveID: root.archiveID, by: root.signing)
        let session = try WriteSession(opening: storage, as: .root(root))
        session.certificates = [signed]
        try session.finish()
        return WriterCredential(keys: root.read.append, signing: signing, certificate: signed)
    }

    /// Revokes a writer: its commits after this one are void.
    package static func revoke(_ storage: any Storage, _ root: RootKeys, writerKey: Bytes32) throws(ArchiveError) {
        let session = try WriteSession(opening: storage, as: .root(root))
        guard let writer = session.log.state.writers.first(where: { $0.key == writerKey }), !writer.isRevoked else {
            throw ArchiveError(.notFound, "writer \(writerKey.hex)", "or it is revoked already")
        }
        let revocation = Revocation(
            writerKey: writerKey,
            rootSigningKey: root.signing.publicKey,
            time: Clock.minute()
        )
        session.revocations = [
            Signed.sign(revocation.encoded, .revocation, archiveID: root.archiveID, by: root.signing)
        ]
        try session.finish()
    }
}
