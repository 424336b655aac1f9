package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveReader
package import ArchiveStorage
import CSpecText

/// A slot to be made.
package struct SlotRequest: Sendable {
    package var protection: SlotProtection
    package var rights: SlotRights
    package var label: String

    package init(_ protection: SlotProtection, rights: SlotRights = .all, label: String = "") {
        self.protection = protection
        self.rights = rights
        self.label = label
    }

    /// Seals the secret that the rights stand for.
    func seal(_ root: RootKeys, slotID: UInt32) throws(ArchiveError) -> [UInt8] {
        guard let label = ShortLabel(label) else {
            throw ArchiveError(.overLimit, "label", "at most \(SlotLayout.labelByteCount) bytes")
        }
        do throws(CryptoError) {
            return try Slot.seal(
                rights == .all ? .all(root) : .readOnly(root.read),
                protection: protection,
                archiveID: root.archiveID,
                slotID: slotID,
                created: Clock.minute(),
                label: label
            )
        } catch {
            throw ArchiveError(error, "slot")
        }
    }
}

/// Makes a new archive (Spec, format.md, sections 1 and 7.9).
package enum ArchiveCreation {
    /// Builds the archive in `PATH.part` and renames it last.
    ///
    /// Gives the keys, whose root secret is the recovery code.
    package static func create(at path: String, slots: [SlotRequest]) throws(ArchiveError) -> RootKeys {
        let (_, name) = split(path)
        let part = temporaryPath(of: path)
        let storage = try storing { () throws(StorageError) in try PosixStorage(creating: part) }
        let root = try fill(storage, slots: slots)
        try storing { () throws(StorageError) in try storage.renameRoot(to: name) }
        return root
    }

    /// Where an archive is until it is whole.
    package static func temporaryPath(of path: String) -> String {
        let (parent, name) = split(path)
        return "\(parent)\(name).part"
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: 0x2F) else { return ("", String(decoding: bytes, as: UTF8.self)) }
        return (
            String(decoding: bytes[...slash], as: UTF8.self), String(decoding: bytes[(slash + 1)...], as: UTF8.self)
        )
    }

    /// Fills an empty directory with an archive: header, texts, and a first commit.
    package static func fill(_ storage: any Storage, slots: [SlotRequest]) throws(ArchiveError) -> RootKeys {
        let root = RootKeys.random()
        let readme = texts.readme
        let spec = texts.spec
        var header = ArchiveHeader(
            rootSigningKey: root.signing.publicKey,
            contentKey: root.read.contentKey,
            sequence: 1,
            created: Clock.minute(),
            slots: [],
            credentialCommitment: root.read.append.credentialCommitment,
            readmeRoot: readme.withUnsafeBytes { TreeHasher.root(of: $0) },
            specRoot: spec.withUnsafeBytes { TreeHasher.root(of: $0) }
        )
        for (index, slot) in slots.enumerated() {
            header.slots.append(try slot.seal(root, slotID: UInt32(index + 1)))
        }
        try storing { () throws(StorageError) in
            for directory in ArchiveLayout.directories { try storage.createDirectory(directory) }
            for (path, bytes) in [(ArchiveLayout.readme, readme), (ArchiveLayout.spec, spec)] {
                let file = try storage.createFile(path)
                try file.append(bytes)
                try file.sync()
                try file.close()
            }
            // The session needs a head to lock; zeros are no valid head yet.
            let head = try storage.createFile(ArchiveLayout.heads[0])
            try head.append([UInt8](repeating: 0, count: Limits.headFile))
            try head.sync()
            try head.close()
            try storage.syncDirectory(.root)
        }
        try HeaderWriting.replaceAll(storage, try HeaderWriting.file(header, root))
        let session = try WriteSession(opening: storage, as: .root(root))
        try session.commit()
        try session.finish()
        return root
    }

    /// README.TXT and SPEC.md as every archive carries them.
    package static var texts: (readme: [UInt8], spec: [UInt8]) {
        func bytes(_ text: spec_text) -> [UInt8] {
            Array(UnsafeBufferPointer(start: text.bytes, count: text.length))
        }
        var spec: [UInt8] = []
        var page = 0
        while case let text = spec_text_page(page), text.length > 0 {
            spec += bytes(text) + Array("\n".utf8)
            page += 1
        }
        return (bytes(spec_text_readme()), spec)
    }
}
