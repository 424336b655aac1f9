import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage

/// The header of an archive and the bytes it came from.
package struct LoadedHeader: Sendable {
    package var header: ArchiveHeader
    package var file: [UInt8]
    package var archiveID: Bytes32
    package var hash: Bytes32

    /// A header that was not read from a file.
    init(header: ArchiveHeader, archiveID: Bytes32) {
        self.header = header
        self.archiveID = archiveID
        file = []
        hash = .zero
    }

    /// What the root keys say of a header that is lost.
    init(of root: RootKeys) {
        self.init(
            header: ArchiveHeader(
                rootSigningKey: root.signing.publicKey,
                contentKey: root.read.contentKey,
                sequence: 1,
                created: 0,
                slots: [],
                credentialCommitment: root.read.append.credentialCommitment,
                readmeRoot: .zero,
                specRoot: .zero
            ),
            archiveID: root.archiveID
        )
    }

    /// Reads one replica and checks it in the order of format.md, section 4.
    package init(parsing file: [UInt8]) throws(FormatError) {
        self = try file.withUnsafeBufferPointer { (buffer) throws(FormatError) -> LoadedHeader in
            try LoadedHeader(UnsafeRawBufferPointer(buffer), file)
        }
    }

    private init(_ raw: UnsafeRawBufferPointer, _ file: [UInt8]) throws(FormatError) {
        let frame = try HeaderFrame(parsing: raw)
        do throws(FormatError) {
            header = try ArchiveHeader(parsing: frame.body(in: raw))
        } catch {
            // What is no CBOR at all is said before what the schema forbids.
            var reader = CBORReader(frame.body(in: raw))
            try reader.skip(depth: Limits.depth)
            try reader.finish()
            throw FormatError(error.code, at: error.offset + HeaderFrame.bodyOffset)
        }
        guard Ed25519.isAcceptable(header.rootSigningKey), X25519.isAcceptable(header.contentKey) else {
            throw FormatError(.rootKey, at: HeaderFrame.bodyOffset)
        }
        archiveID = ArchiveIdentity.archiveID(
            rootSigningKey: header.rootSigningKey,
            contentKey: header.contentKey
        )
        guard
            Ed25519.verify(
                signature: frame.signature(in: raw),
                label: .header,
                archiveID: archiveID,
                body: frame.signed(in: raw),
                key: header.rootSigningKey
            )
        else { throw FormatError(.headerSignature, at: HeaderFrame.bodyOffset + frame.bodyLength) }
        _ = try SlotLayout.check(header.slots)
        hash = ArchiveIdentity.headerHash(of: raw)
        self.file = file
    }

    /// Chooses among the three replicas (format.md, section 4).
    package static func load(
        _ storage: any Storage,
        _ findings: inout [Finding]
    ) throws(ArchiveError) -> LoadedHeader {
        var best: LoadedHeader?
        var good: [(ArchivePath, LoadedHeader)] = []
        var bad: [(ArchivePath, ArchiveCode?)] = []
        for path in ArchiveLayout.headers {
            guard let file = readWhole(storage, path, limit: Limits.headerFile + 1, &findings) else {
                bad.append((path, nil))
                continue
            }
            // At rest the replicas are equal, and what was checked once need not be checked again.
            if let same = good.first(where: { $0.1.hasBytes(file) }) {
                good.append((path, same.1))
                continue
            }
            do throws(FormatError) {
                let loaded = try LoadedHeader(parsing: file)
                good.append((path, loaded))
                if loaded.header.sequence > best?.header.sequence ?? 0 { best = loaded }
            } catch {
                bad.append((path, error.code))
            }
        }
        guard let best else {
            if bad.allSatisfy({ $0.1 == nil }), !hasHeadOrJournal(storage) {
                throw ArchiveError(.notAnArchive, storage.displayName)
            }
            if bad.allSatisfy({ $0.1 == .newerVersion }) { throw ArchiveError(.newerVersion, storage.displayName) }
            let causes = bad.map { "\($0.0): \($0.1?.text ?? "absent")" }.joined(separator: ", ")
            throw ArchiveError(.noHeader, storage.displayName, causes)
        }
        for (path, code) in bad {
            findings.append(Finding(.headerReplica, path.description, cause: code, code == nil ? "absent" : ""))
        }
        for (path, loaded) in good {
            let isOther = loaded.header.sequence == best.header.sequence && !loaded.hasBytes(best.file)
            if loaded.archiveID != best.archiveID || isOther {
                findings.append(Finding(.headerDiffers, path.description))
            } else if loaded.header.sequence < best.header.sequence {
                findings.append(Finding(.headerReplica, path.description, "older"))
            }
        }
        return best
    }

    private func hasBytes(_ other: [UInt8]) -> Bool {
        file.withUnsafeBytes { one in other.withUnsafeBytes { one.equals($0) } }
    }

    /// What cannot be looked at may be there.
    private static func hasHeadOrJournal(_ storage: any Storage) -> Bool {
        for path in ArchiveLayout.heads where (try? storage.exists(path)) != false { return true }
        var findings: [Finding] = []
        return !numberedFiles(storage, "journal", suffix: ".jnl", &findings).isEmpty || !findings.isEmpty
    }
}

/// The path of a live file, or of the `.new` beside it where the name is missing (format.md, section 1).
package func livePath(_ storage: any Storage, _ kind: ArchiveFormat.FileKind, _ number: UInt32) -> ArchivePath {
    let path = ArchiveLayout.file(kind, number)
    if (try? storage.exists(path)) != false { return path }
    guard let spare = path.parent.appending(path.name + ".new"), (try? storage.exists(spare)) == true else {
        return path
    }
    return spare
}

/// Reads a whole small file, or the complete `.new` beside it where the name is missing (format.md, section 1).
package func readWhole(
    _ storage: any Storage,
    _ path: ArchivePath,
    limit: Int,
    _ findings: inout [Finding]
) -> [UInt8]? {
    for name in [path, path.parent.appending(path.name + ".new")] {
        guard let name else { continue }
        do throws(StorageError) {
            guard let status = try storage.status(of: name), status.kind == .file else { continue }
            let file = try storage.openForReading(name)
            return try file.read(at: 0, count: min(limit, Int(clamping: status.byteCount)))
        } catch {
            if case .notFound = error.cause { continue }
            // What cannot be read is a damaged spare: the caller decides by what is left.
            return []
        }
    }
    return nil
}
