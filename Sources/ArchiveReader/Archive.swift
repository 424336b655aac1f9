package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage

/// An archive opened for reading with a key.
///
/// Spec: format.md, section 8. Immutable: it shows the state at the newest commit when it was opened. Nothing is written.
public final class Archive: Sendable {
    package let log: ArchiveLog
    package let records: RecordReader
    package let access: Access
    package let places: ObjectPlaces
    /// Messages, files and rejects, merged over all manifests.
    public let catalogue: Catalogue
    /// Which messages and rejects are pieces of which source file.
    let pieceIndex: PieceIndex
    /// What was found while opening.
    public let findings: [Finding]

    /// Opens an archive on a storage with a secret.
    package convenience init(
        opening storage: any Storage,
        with secret: UnlockSecret,
        caps: Argon2Cost = .most
    ) throws(ArchiveError) {
        var root: RootKeys?
        if case .rootSecret(let secret) = secret, secret.count == 32 { root = RootKeys(rootSecret: secret) }
        let log = try ArchiveLog(opening: storage, with: root)
        try log.requireKnownFlags(for: .read)
        let unlocked: Unlocked
        do throws(CryptoError) {
            unlocked = try Slot.unlock(
                log.header.header.slots,
                with: secret,
                rootSigningKey: log.header.header.rootSigningKey,
                contentKey: log.header.header.contentKey,
                caps: caps
            )
        } catch {
            throw ArchiveError(error, storage.displayName)
        }
        try self.init(log: log, access: unlocked.access)
    }

    /// Opens an archive whose secret has been unwrapped.
    ///
    /// Records that cannot be read are findings, not the end.
    package init(log: ArchiveLog, access: Access) throws(ArchiveError) {
        self.log = log
        self.access = access
        records = RecordReader(log: log, keys: access.read)
        var builder = CatalogueBuilder()
        var places = ObjectPlaces()
        var findings = log.findings
        // Where entries of one run or file meet, the last counts: by generation, segment and offset.
        let segments = log.state.files.filter { $0.kind == .segment }
        let blobs = segments.flatMap { file in file.pointers.map { (file.number, $0) } }
        for (segment, blob) in blobs.sorted(by: { ($0.1.generation, $0.0) < ($1.1.generation, $1.0) }) {
            do throws(ArchiveError) {
                for pointer in try records.pointers(segment, blob).sorted(by: { $0.offset < $1.offset }) {
                    do throws(ArchiveError) {
                        try Archive.load(pointer, segment, log, records, &builder, &places)
                    } catch {
                        findings.append(Finding(error.code, error.place, error.detail))
                    }
                }
            } catch {
                findings.append(Finding(error.code, error.place, error.detail))
            }
        }
        self.places = places
        catalogue = builder.finished()
        pieceIndex = PieceIndex(catalogue)
        self.findings = findings
    }

    private static func load(
        _ pointer: RecordPointer,
        _ segment: UInt32,
        _ log: ArchiveLog,
        _ records: RecordReader,
        _ builder: inout CatalogueBuilder,
        _ places: inout ObjectPlaces
    ) throws(ArchiveError) {
        guard pointer.type < 128, pointer.type != RecordType.objects.rawValue else { return }
        guard pointer.offset < (log.state.file(.segment, segment)?.length ?? 0) else {
            throw ArchiveError(.pointers, "\(ArchiveLayout.segment(segment)) at \(pointer.offset)", "beyond its end")
        }
        let record = try records.record(segment: segment, offset: pointer.offset, type: pointer.type, caching: false)
        do throws(FormatError) {
            try record.bytes.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                let raw = UnsafeRawBufferPointer(buffer)
                switch RecordType(rawValue: pointer.type) {
                case .index: try ObjectIndex.parse(raw) { places.add($0, $1) }
                case .manifest:
                    let manifest = try Manifest(salvaging: raw)
                    builder.add(manifest)
                    if manifest.badPositionCount > 0 { throw FormatError(.objectLayout) }
                case .run: builder.add(try Run(parsing: raw))
                default: throw FormatError(.recordType)
                }
            }
        } catch {
            throw ArchiveError(error, "\(ArchiveLayout.segment(segment)) at \(pointer.offset)")
        }
    }
}

extension Archive {
    /// The objects that a writer stored itself, by the segments that its key made.
    ///
    /// Only these need not be stored again: another writer's index may name bytes that are not the object (a poisoned
    /// id), and skipping those would cost mail (Spec, threat-model.md, section 2). Nor does a segment count that is gone
    /// or too short.
    ///
    /// - Parameters:
    ///   - hashing: Whether each segment is read and held against its root first; one that differs does not count.
    package func trustedObjects(of writer: Bytes32, hashing: Bool = false) -> Set<ObjectKey> {
        var segments: Set<UInt32> = []
        for file in log.state.files where file.kind == .segment {
            guard let envelope = try? EnvelopeLayout(parsing: file.envelope), envelope.writerKey == writer,
                let handle = try? log.storage.openForReading(
                    ArchiveLayout.segment(file.number),
                    expecting: .sequential
                ),
                handle.byteCount >= file.length
            else { continue }
            if hashing, TreeHasher.root(of: handle, from: 0, count: file.length) != file.root { continue }
            segments.insert(file.number)
        }
        return places.keys(in: segments)
    }
}

/// Where objects are: an id may have many places (Spec, format.md, section 8.3).
package struct ObjectPlaces: Sendable {
    private var first: [ObjectKey: ObjectPlace] = [:]
    private var more: [ObjectKey: [ObjectPlace]] = [:]

    package init() {}

    package var count: Int { first.count }
    package var keys: some Collection<ObjectKey> { first.keys }

    package mutating func add(_ key: ObjectKey, _ place: ObjectPlace) {
        if first[key] == nil {
            first[key] = place
        } else if first[key] != place {
            more[key, default: []].append(place)
        }
    }

    package func contains(_ key: ObjectKey) -> Bool { first[key] != nil }

    /// Every object with each of its places.
    func forEach(_ body: (ObjectKey, ObjectPlace) -> Void) {
        for (key, place) in first { body(key, place) }
        for (key, places) in more { for place in places { body(key, place) } }
    }

    /// The objects that have a place in one of the segments.
    package func keys(in segments: Set<UInt32>) -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        keys.reserveCapacity(first.count)
        for (key, place) in first {
            if segments.contains(place.segment) || more[key]?.contains(where: { segments.contains($0.segment) }) == true
            {
                keys.insert(key)
            }
        }
        return keys
    }

    package subscript(_ key: ObjectKey) -> [ObjectPlace] {
        guard let place = first[key] else { return [] }
        return [place] + (more[key] ?? [])
    }
}
