package import ArchiveCompression
package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveReader
package import ArchiveStorage
import Dispatch

/// One writing session: takes the lock, mends what a crash left, writes segments, commits.
///
/// Spec: format.md, section 7.9. Every commit seals its segment; the next data go into a new one. Not safe to share
/// between threads: packing runs on others, but the session belongs to one.
package final class WriteSession {
    package let storage: any Storage
    package let access: WriterAccess
    package internal(set) var log: ArchiveLog
    private let lock: any StorageLock
    private let records: RecordPipeline
    private var segment: SegmentWriter?
    private var indexEntries: [(ObjectKey, ObjectPlace)] = []
    var headPosition: (newestHash: Bytes32, journalLength: UInt64, journalFile: UInt32)
    var pendingClosings: [FileChange] = []
    var nextSegment: UInt32
    /// The keys with which ids are made.
    package var keys: AppendKeys { access.keys }
    /// Objects that the archive had when the session began, and that need not be stored again.
    package let known: Set<ObjectKey>
    private var added: Set<ObjectKey> = []
    /// Manifest of what has been added since the last commit.
    package var manifest = ManifestBuilder()
    /// Runs to write with the next commit.
    package var runs: [Run] = []
    /// Certificates and revocations for the next commit.
    package var certificates: [[UInt8]] = []
    package var revocations: [[UInt8]] = []

    /// Stored bytes at which a segment is sealed and committed.
    package var segmentTarget: UInt64 = 64 << 20

    package init(
        opening storage: any Storage,
        as access: WriterAccess,
        known: Set<ObjectKey> = [],
        codec: Codec = .zstd,
        level: Int? = nil,
        jobs: Int = 2
    ) throws(ArchiveError) {
        let storage = FoldedNames.over(storage)
        self.storage = storage
        self.access = access
        self.known = known
        if try storing({ () throws(StorageError) in try storage.isReadOnly() }) {
            throw ArchiveError(.readOnly, storage.displayName)
        }
        guard try storing({ () throws(StorageError) in try storage.exists(ArchiveLayout.heads[0]) }) else {
            // Without head.a there is nothing to lock; the checks of opening say what is wrong.
            _ = try ArchiveLog(opening: storage)
            throw ArchiveError(.noHead, ArchiveLayout.heads[0].description)
        }
        lock = try storing { () throws(StorageError) in try storage.lock(ArchiveLayout.heads[0]) }
        log = try ArchiveLog(opening: storage)
        try log.requireKnownFlags(for: .append)
        try access.check(log.header.header, place: storage.displayName)
        try WriteSession.requireCertain(log)
        records = RecordPipeline(keys: access.keys, codec: codec, level: level, jobs: jobs)
        nextSegment = 1
        headPosition = (.zero, 0, 0)
        try recover()
        headPosition = (log.newestHash, log.journalEnd.length, log.journalEnd.file)
    }

    func writeHead(_ index: Int, _ record: CommitRecord) throws(ArchiveError) {
        let path = ArchiveLayout.heads[index]
        let bytes = record.padded(to: Limits.headFile)
        try storing { () throws(StorageError) in
            if let status = try storage.status(of: path), status.byteCount == UInt64(Limits.headFile) {
                let file = try storage.openForOverwriting(path)
                try file.write(bytes, at: 0)
                try file.sync()
                try file.close()
            } else {
                if try storage.exists(path) { try storage.remove(path) }
                let file = try storage.createFile(path)
                try file.append(bytes)
                try file.sync()
                try file.close()
                try storage.syncDirectory(path.parent)
            }
        }
        log.heads[index] = record
    }

    // MARK: Objects

    /// Stores an object unless the archive has it; its bytes are kept until they are packed, not copied.
    ///
    /// The id is the caller's: keyed BLAKE2b of what the object stands for.
    package func add(_ key: ObjectKey, _ bytes: OwnedBytes) throws(ArchiveError) {
        guard !isKnown(key) else { return }
        // One message or reject may be longer than a segment can be.
        let ahead = UInt64(records.unplacedByteCount + bytes.count)
        if (segment?.length ?? 0) + ahead >= 2 * segmentTarget { try commit() }
        added.insert(key)
        records.add(key, bytes)
        try advance(all: false)
    }

    /// Committed bytes of the archive's files, the journal and the heads left out.
    package var storedByteCount: UInt64 { log.state.files.reduce(0) { $0 &+ $1.length } }

    package func isKnown(_ key: ObjectKey) -> Bool { added.contains(key) || known.contains(key) }

    private func currentSegment() throws(ArchiveError) -> SegmentWriter {
        if let segment { return segment }
        let new = try SegmentWriter(storage, number: nextSegment, archiveID: log.archiveID, access: access)
        nextSegment += 1
        segment = new
        return new
    }

    /// Gives packed records their places and writes sealed ones; waits for all of them, or only when too many are under way.
    private func advance(all: Bool) throws(ArchiveError) {
        while let (record, entries) = try records.nextPacked(waiting: all) {
            let segment = try currentSegment()
            let unit = UInt32(segment.length / 64)
            records.seal(record, in: segment)
            for entry in entries {
                indexEntries.append(
                    (
                        entry.key,
                        ObjectPlace(
                            segment: segment.number,
                            recordUnit: unit,
                            position: UInt32(entry.position),
                            size: UInt32(entry.size)
                        )
                    )
                )
            }
        }
        while let record = try records.nextSealed(waiting: all) { try segment?.append(record) }
    }

    // MARK: Commit

    /// Whether enough has been written for a commit.
    package var isFull: Bool { (segment?.length ?? 0) >= segmentTarget }

    /// Whether anything waits to be committed.
    package var hasPending: Bool {
        segment != nil || records.hasPending || !manifest.isEmpty || !runs.isEmpty || !certificates.isEmpty
            || !revocations.isEmpty
    }

    /// Makes all that was added durable, as one commit.
    ///
    /// It is acknowledged when this returns.
    package func commit() throws(ArchiveError) {
        records.flush()
        try advance(all: true)
        let segment = try currentSegment()
        indexEntries.sort { $0.0 < $1.0 }
        let perRecord = (Limits.recordPlaintext - 4) / ObjectIndex.entryByteCount
        for start in stride(from: 0, to: indexEntries.count, by: perRecord) {
            let piece = Array(indexEntries[start..<min(indexEntries.count, start + perRecord)])
            records.add(.index) { () throws(ArchiveError) in ObjectIndex.encode(piece[...]) }
        }
        for manifest in manifest.take() { write(manifest) }
        for run in runs {
            records.add(.run) { () throws(ArchiveError) in
                let bytes = run.encoded
                try WriteSession.check("run") { () throws(FormatError) in
                    _ = try bytes.withUnsafeBufferPointer { (b) throws(FormatError) in
                        try Run(parsing: UnsafeRawBufferPointer(b))
                    }
                }
                return bytes
            }
        }
        try advance(all: true)
        let generation = log.generation + 1
        let checkpoint = try makeCheckpoint(segment, generation)
        let (length, root) = try segment.seal()
        var change = FileChange(.sealed, .segment, segment.number)
        change.length = length
        change.root = root
        change.envelope = segment.envelope
        guard
            let pointers = segment.key.sealPointers(
                PointerList.encode(cbor: segment.pointers),
                archiveID: log.archiveID,
                segment: segment.number,
                generation: generation
            )
        else { throw ArchiveError(.pointers, ArchiveLayout.segment(segment.number).description, "too many records") }
        change.pointers = pointers
        var changes = pendingClosings + [change]
        if let checkpoint { changes.append(checkpoint) }
        changes.sort { ($0.kind, $0.number) < ($1.kind, $1.number) }
        try append(changes, in: segment, at: length, generation: generation)
        self.segment = nil
        indexEntries = []
        runs = []
        certificates = []
        revocations = []
        pendingClosings = []
    }

    private static func check(_ what: String, _ body: () throws(FormatError) -> Void) throws(ArchiveError) {
        do throws(FormatError) {
            try body()
        } catch {
            throw ArchiveError(error, what)
        }
    }

    // What a reader would refuse must not be committed: it would hide thousands of messages.
    private func write(_ manifest: Manifest) {
        records.add(.manifest) { () throws(ArchiveError) in
            let bytes = manifest.encoded
            try WriteSession.check("manifest") { () throws(FormatError) in
                _ = try bytes.withUnsafeBufferPointer { (b) throws(FormatError) in
                    try Manifest(parsing: UnsafeRawBufferPointer(b))
                }
            }
            return bytes
        }
    }

    /// Writes the manifests that are full already, so that a commit has less to do.
    package func writeFullManifests() throws(ArchiveError) {
        let full = manifest.takeFull()
        guard !full.isEmpty else { return }
        for manifest in full { write(manifest) }
        try advance(all: false)
    }

    /// Every 256 generations, the state before goes into a file of its own and, as a spare, into the segment.
    private func makeCheckpoint(_ segment: SegmentWriter, _ generation: UInt64) throws(ArchiveError) -> FileChange? {
        guard generation > 1, generation % Limits.checkpointInterval == 1, let newest = log.newest,
            let number = UInt32(exactly: generation - 1)
        else { return nil }
        let bytes = Checkpoint(
            generation: generation - 1,
            commitHash: log.newestHash,
            journalFile: newest.commit.journalFile,
            state: log.state
        ).encoded
        let pieces = (bytes.count + TablePiece.mostBytes - 1) / TablePiece.mostBytes
        for index in 0..<pieces {
            let start = index * TablePiece.mostBytes
            let piece = TablePiece(generation: generation - 1, index: UInt32(index), count: UInt32(pieces))
            try segment.clear(
                .table,
                piece.encoded + bytes[start..<min(bytes.count, start + TablePiece.mostBytes)]
            )
        }
        let path = ArchiveLayout.checkpoint(number)
        try storing { () throws(StorageError) in
            for directory in try storage.createDirectories(path.parent) { try storage.syncDirectory(directory) }
        }
        try HeaderWriting.replace(storage, path, bytes)
        var change = FileChange(.added, .checkpoint, number)
        change.length = UInt64(bytes.count)
        change.root = bytes.withUnsafeBytes { TreeHasher.root(of: $0) }
        return change
    }

    private func append(
        _ changes: [FileChange],
        in segment: SegmentWriter,
        at length: UInt64,
        generation: UInt64
    ) throws(ArchiveError) {
        let end = log.journalEnd
        let startsNew =
            end.file == 0 || end.file < end.highest || end.validLength != end.length
            || end.validLength + UInt64(Limits.headFile) > UInt64(Limits.journalFile)
        guard !startsNew || end.highest < Limits.fileNumber else {
            throw ArchiveError(.commitRule, "journal", "no number left")
        }
        let journalFile = startsNew ? end.highest + 1 : end.file
        var checkpoint: CheckpointReference?
        if let added = changes.first(where: { $0.kind == .checkpoint && $0.operation == .added }) {
            checkpoint = CheckpointReference(
                generation: UInt64(added.number),
                length: added.length,
                root: added.root
            )
        } else if let live = log.state.files.last(where: { $0.kind == .checkpoint }) {
            checkpoint = CheckpointReference(generation: UInt64(live.number), length: live.length, root: live.root)
        }
        var commit = Commit(
            generation: generation,
            previous: log.newestHash,
            time: Clock.minute(),
            headerSequence: log.header.header.sequence,
            headerHash: log.header.hash,
            certificate: access.certificate(created: log.header.header.created),
            journalFile: journalFile,
            changes: changes,
            stateRoot: .zero,
            checkpoint: checkpoint
        )
        commit.certificates = certificates
        commit.revocations = revocations
        commit.journalDebris = end.unknownDebris
        commit.program = Array("portable-archive 1".utf8)
        let (record, state) = try sign(&commit, segment.number, length)
        try requireUnmoved()
        // Barrier 2: the record behind the data, and in the journal.
        try segment.commit(record.padded(to: record.paddedLength))
        let path = ArchiveLayout.journal(journalFile)
        try storing { () throws(StorageError) in
            let file: any WritableFile
            if startsNew {
                for directory in try storage.createDirectories(path.parent) { try storage.syncDirectory(directory) }
                file = try storage.createFile(path)
            } else {
                file = try storage.openForAppending(path, at: end.validLength)
            }
            try file.append(record.padded(to: record.paddedLength))
            try file.sync()
            try file.close()
            if startsNew { try storage.syncDirectory(path.parent) }
        }
        log.journalEnd.file = journalFile
        log.journalEnd.highest = max(end.highest, journalFile)
        log.journalEnd.validLength = (startsNew ? 0 : end.validLength) + UInt64(record.paddedLength)
        log.journalEnd.length = log.journalEnd.validLength
        log.journalEnd.unknownDebris = []
        // Barrier 3: the head that is older, else head.a.
        let first = log.heads[0]?.commit.generation ?? 0
        let second = log.heads[1]?.commit.generation ?? 0
        try writeHead(second < first ? 1 : 0, record)
        log.commits.append(record)
        log.state = state
        headPosition = (record.hash, log.journalEnd.length, journalFile)
    }

    /// Tail pages are part of the state whose root the commit carries: encode with a guess, again if it was wrong.
    private func sign(
        _ commit: inout Commit,
        _ segment: UInt32,
        _ offset: UInt64
    ) throws(ArchiveError) -> (CommitRecord, ArchiveState) {
        var pages: UInt8 = 1
        while pages <= 16 {
            var state = log.state
            let place = ArchiveState.CommitPlace(segment: segment, offset: offset, pages: pages)
            do throws(FormatError) {
                try state.apply(commit, place: place)
            } catch {
                throw ArchiveError(error, "generation \(commit.generation)")
            }
            let encodedState = state.encoded
            commit.stateRoot = encodedState.withUnsafeBytes { TreeHasher.root(of: $0) }
            let body = commit.encoded
            let total = RecordHeader.byteCount + body.count + 64
            let actual = roundUp(total, to: Limits.page) / Limits.page
            if actual == Int(pages) {
                let header = RecordHeader(
                    .commit,
                    segment: segment,
                    archiveID: log.archiveID,
                    offset: offset,
                    storedLength: UInt32(body.count + 64)
                )
                let signature = access.signing.sign(
                    .commit,
                    archiveID: log.archiveID,
                    body: header.encoded + body
                )
                return (CommitRecord(header: header, commit: commit, body: body, signature: signature), state)
            }
            pages = UInt8(clamping: max(actual, Int(pages) + 1))
        }
        throw ArchiveError(.commitRule, "generation \(commit.generation)", "the commit is over 64 KiB")
    }

    /// Somebody without our lock (another machine on a share) may have written: then stop.
    private func requireUnmoved() throws(ArchiveError) {
        for (index, path) in ArchiveLayout.heads.enumerated() {
            guard let expected = log.heads[index] else { continue }
            let bytes = try storing { () throws(StorageError) in
                try storage.openForReading(path).read(at: 0, count: expected.bytes.count)
            }
            guard bytes == expected.bytes else { throw ArchiveError(.moved, path.description) }
        }
        guard headPosition.journalFile > 0 else { return }
        let path = ArchiveLayout.journal(headPosition.journalFile)
        let length = try storing { () throws(StorageError) in try storage.status(of: path)?.byteCount }
        guard length == headPosition.journalLength else { throw ArchiveError(.moved, path.description) }
    }

    /// Ends the session: commits what waits, then brings the other head up.
    package func finish() throws(ArchiveError) {
        if hasPending { try commit() }
        if let newest = log.newest {
            for index in 0...1 where log.heads[index]?.commit.generation != newest.commit.generation {
                try writeHead(index, newest)
            }
        }
        lock.release()
    }

    /// Replaces the header in all its replicas; the next commit names it (format.md, section 7.9).
    package func replaceHeader(_ header: ArchiveHeader, _ root: RootKeys) throws(ArchiveError) {
        let file = try HeaderWriting.file(header, root)
        let loaded: LoadedHeader
        do throws(FormatError) {
            loaded = try LoadedHeader(parsing: file)
        } catch {
            throw ArchiveError(error, "header")
        }
        try HeaderWriting.replaceAll(storage, file)
        log.header = loaded
        try commit()
        try HeaderWriting.removeOld(storage)
    }
}
