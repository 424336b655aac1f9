import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage

/// A journal file: as it is, and as a hostile writer with a good certificate would sign it.
///
/// Of the mended journal the newest commit also stands in a head, so that commits which break rules are read on, and the
/// same bytes stand in a segment, where copies of commits are looked for.
enum JournalTarget {
    private static let root = HeaderTarget.root

    static func run(_ input: UnsafeRawBufferPointer) {
        open([UInt8](input), Mender())
        var mender = Mender()
        let journal = mender.mend([UInt8](input))
        open(journal, mender)
    }

    private static func open(_ journal: [UInt8], _ mender: Mender) {
        let storage = empty.copy()
        put(journal, at: ArchiveLayout.journal(1), storage)
        put(journal, at: ArchiveLayout.segment(1), storage)
        for (path, head) in zip(ArchiveLayout.heads, mender.heads) { put(head, at: path, storage) }
        for (number, file) in mender.checkpoints { put(file, at: ArchiveLayout.checkpoint(number), storage) }
        guard let whole = try? ArchiveLog(opening: storage, reading: .whole),
            let short = try? ArchiveLog(opening: storage, reading: .short)
        else { return }
        for log in [whole, short] { check(log, journal) }
        if mender.isGood {
            require(whole.generation == mender.generation, "a chain that keeps all rules is followed to its end")
            require(whole.state == mender.state, "the state is what its commits make of it")
            require(whole.doubt == nil, "a chain that keeps all rules is not doubted")
        }
        if whole.doubt == nil, !short.isWhole, !whole.findings.contains(where: { $0.code == .checkpoint }) {
            require(short.newestHash == whole.newestHash, "from a checkpoint on the same commits are followed")
            require(short.state == whole.state, "from a checkpoint on the same state is found")
        }
    }

    private static func check(_ log: ArchiveLog, _ journal: [UInt8]) {
        require(log.journalEnd.validLength <= log.journalEnd.length, "records end within their file")
        require(log.journalEnd.length == UInt64(journal.count), "a file is as long as it is")
        let known = log.state.journalDebris
        for debris in log.journalEnd.unknownDebris {
            require(debris.offset + debris.length <= UInt64(journal.count), "debris lies within its file")
            require(!known.contains(debris), "known debris is not reported")
        }
        let commits = log.commits.map(\.commit.generation)
        for (one, next) in zip(commits, commits.dropFirst()) { require(one < next, "commits ascend") }
        let files = log.state.files.map { ($0.kind.rawValue, $0.number) }
        for (one, next) in zip(files, files.dropFirst()) { require(one < next, "live files ascend") }
        let keys = log.state.writers.map(\.key)
        for (one, next) in zip(keys, keys.dropFirst()) { require(one < next, "writers ascend") }
    }

    fileprivate static let header: [UInt8] = {
        let header = ArchiveHeader(
            rootSigningKey: root.signing.publicKey,
            contentKey: root.read.contentKey,
            sequence: 1,
            created: 0,
            slots: [],
            credentialCommitment: root.read.append.credentialCommitment,
            readmeRoot: .zero,
            specRoot: .zero
        )
        let part = (try? HeaderFrame.signedPart(body: header.encoded)) ?? []
        let signature = root.signing.sign(.header, archiveID: root.archiveID, body: part)
        return HeaderFrame.file(signedPart: part, signature: signature)
    }()

    /// An archive with its headers and nothing else.
    private static let empty: MemoryStorage = {
        let storage = MemoryStorage()
        for directory in ["parity", "segments", "segments/00000", "journal", "journal/00000"] {
            if let path = ArchivePath(directory) { try? storage.createDirectory(path) }
        }
        for path in ArchiveLayout.headers { put(header, at: path, storage) }
        return storage
    }()

    private static func put(_ bytes: [UInt8], at path: ArchivePath, _ storage: MemoryStorage) {
        guard let file = try? storage.createFile(path), (try? bytes.withUnsafeBytes { try file.append($0) }) != nil
        else {
            require(false, "memory can be written")
            return
        }
    }
}

/// Makes commits of pages that only look like some: ids, certificate, CRC and signature, and what the input leaves to it.
private struct Mender {
    private static let root = HeaderTarget.root
    private static let certificate: [UInt8] = {
        let certificate = Certificate(
            writerKey: root.writer.publicKey,
            rootSigningKey: root.signing.publicKey,
            contentKey: root.read.contentKey,
            capabilities: .all,
            created: 0
        )
        return Signed.sign(certificate.encoded, .certificate, archiveID: root.archiveID, by: root.signing)
    }()
    private static let headerHash = JournalTarget.header.withUnsafeBytes { ArchiveIdentity.headerHash(of: $0) }
    /// A second writer, which commits may introduce and revoke.
    private static let other: (key: SigningKey, certificate: [UInt8], revocation: [UInt8]) = {
        let seed = [UInt8](repeating: 7, count: 32)
        let key = SigningKey(seed: seed.withUnsafeBytes { SecretBytes(copying: $0) })
        var certificate = Certificate(
            writerKey: key.publicKey,
            rootSigningKey: root.signing.publicKey,
            contentKey: root.read.contentKey,
            capabilities: [.append, .derived],
            created: 60
        )
        certificate.sealedLabel = [UInt8](repeating: 1, count: 104)
        let revocation = Revocation(
            writerKey: key.publicKey,
            rootSigningKey: root.signing.publicKey,
            time: 120
        )
        return (
            key, Signed.sign(certificate.encoded, .certificate, archiveID: root.archiveID, by: root.signing),
            Signed.sign(revocation.encoded, .revocation, archiveID: root.archiveID, by: root.signing)
        )
    }()

    /// Which repairs the input forgoes, in a byte that must be zero in a good header: a good commit stays good.
    private struct Wish: OptionSet {
        let rawValue: UInt8
        /// Generation and hash of the commit before stay as they are.
        static let ownChain = Wish(rawValue: 1)
        /// The state root stays as it is.
        static let ownRoot = Wish(rawValue: 2)
        /// The place of copy S stays as it is.
        static let ownPlace = Wish(rawValue: 4)
        /// The second writer commits.
        static let otherWriter = Wish(rawValue: 8)
        /// The second writer is introduced.
        static let introduces = Wish(rawValue: 16)
        /// The second writer is revoked.
        static let revokes = Wish(rawValue: 32)
        /// Envelopes stay as they are.
        static let ownEnvelopes = Wish(rawValue: 64)
        /// The header that the commit names stays as it is.
        static let ownHeader = Wish(rawValue: 128)
    }

    /// The state after the last commit that keeps the rules.
    private(set) var state = ArchiveState()
    private(set) var generation: UInt64 = 0
    private var previous = Bytes32.zero
    /// Whether the journal is a chain of commits that all keep the rules, from the first on.
    private(set) var isGood = false
    /// The last commits that were mended, as head files.
    private(set) var heads: [[UInt8]] = []
    /// The checkpoint files that commits add, by number.
    private(set) var checkpoints: [UInt32: [UInt8]] = [:]

    /// Mends every page that begins like a commit, and whose body reads as one.
    mutating func mend(_ input: [UInt8]) -> [UInt8] {
        var journal = input
        var offset = 0
        isGood = true
        while offset + RecordHeader.byteCount < journal.count {
            guard let record = commit(journal[offset...]) else {
                offset += Limits.page
                continue
            }
            let padded = record.padded(to: record.paddedLength)
            let end = min(offset + padded.count, journal.count)
            if end < offset + padded.count { isGood = false }
            journal.replaceSubrange(offset..<end, with: padded)
            heads = [record.padded(to: Limits.headFile)] + heads.prefix(1)
            offset += padded.count
        }
        return journal
    }

    private mutating func commit(_ bytes: ArraySlice<UInt8>) -> CommitRecord? {
        bytes.withUnsafeBytes { raw -> CommitRecord? in
            guard raw.hasPrefix(RecordHeader.magic) else { return nil }
            let length = min(Int(raw.u32(56)), raw.count - RecordHeader.byteCount)
            guard length > 64 else { return nil }
            let body = raw.slice(RecordHeader.byteCount, length - 64)
            guard var commit = try? Commit(parsing: body) else { return nil }
            let wish = Wish(rawValue: raw[88])
            let place = raw.u32(12)
            let number = (1...Limits.fileNumber).contains(place) ? place : 1
            let offset = raw.u64(48) & (1 << 28 - 1) & ~UInt64(Limits.page - 1)
            return sign(&commit, wish, number, offset)
        }
    }

    private mutating func sign(
        _ commit: inout Commit,
        _ wish: Wish,
        _ segment: UInt32,
        _ offset: UInt64
    ) -> CommitRecord? {
        let writer = wish.contains(.otherWriter) ? Mender.other.key : Mender.root.writer
        commit.certificate = wish.contains(.otherWriter) ? Mender.other.certificate : Mender.certificate
        commit.certificates = wish.contains(.introduces) ? [Mender.other.certificate] : []
        commit.revocations = wish.contains(.revokes) ? [Mender.other.revocation] : []
        if !wish.contains(.ownChain) {
            commit.generation = generation + 1
            commit.previous = previous
            commit.journalFile = 1
        }
        if !wish.contains(.ownHeader) {
            commit.headerSequence = 1
            commit.headerHash = Mender.headerHash
        }
        var place = (segment, offset)
        addCheckpoint(&commit)
        for index in commit.changes.indices where commit.changes[index].kind == .segment {
            let change = commit.changes[index]
            guard change.operation != .closed, change.operation != .removed else { continue }
            if !wish.contains(.ownPlace) { place = (change.number, change.length & ~UInt64(Limits.page - 1)) }
            if !wish.contains(.ownEnvelopes) { envelope(&commit.changes[index], writer.publicKey) }
        }
        guard place.1 < 1 << 28 + 1 << 16 else { return nil }
        var next = state
        var keepsRules = wish.isDisjoint(with: [.ownChain, .ownRoot, .ownHeader])
        if let record = record(commit, writer, place), (try? next.apply(commit, place: record.place)) != nil {
            let encoded = next.encoded
            if !wish.contains(.ownRoot) { commit.stateRoot = encoded.withUnsafeBytes { TreeHasher.root(of: $0) } }
            state = next
        } else {
            keepsRules = false
        }
        if !keepsRules { isGood = false }
        guard let record = record(commit, writer, place) else { return nil }
        generation = commit.generation
        previous = record.hash
        return record
    }

    /// Where a checkpoint is added, or named without being there, it becomes one of the state so far.
    private mutating func addCheckpoint(_ commit: inout Commit) {
        guard generation > 0, let number = UInt32(exactly: generation), number < 1000,
            let index = commit.changes.firstIndex(where: { $0.kind == .checkpoint && $0.operation == .added })
        else {
            guard let file = state.files.last(where: { $0.kind == .checkpoint }) else { return }
            commit.checkpoint = CheckpointReference(
                generation: UInt64(file.number),
                length: file.length,
                root: file.root
            )
            return
        }
        let checkpoint = Checkpoint(generation: generation, commitHash: previous, journalFile: 1, state: state)
        let file = checkpoint.encoded
        let root = file.withUnsafeBytes { TreeHasher.root(of: $0) }
        commit.changes[index].number = number
        commit.changes[index].length = UInt64(file.count)
        commit.changes[index].root = root
        commit.checkpoint = CheckpointReference(generation: generation, length: UInt64(file.count), root: root)
        checkpoints[number] = file
    }

    /// The envelope that the segment has, or one that names its writer.
    private func envelope(_ change: inout FileChange, _ writer: Bytes32) {
        if let file = state.file(.segment, change.number) {
            change.envelope = file.envelope
            return
        }
        guard change.envelope.count == EnvelopeLayout.byteCount else { return }
        change.envelope.replaceSubrange(0..<8, with: [1, 0, 0, 0, 0, 0, 0, 0])
        change.envelope.replaceSubrange(8..<40, with: writer.withUnsafeBytes { Array($0) })
    }

    private func record(_ commit: Commit, _ writer: SigningKey, _ place: (UInt32, UInt64)) -> CommitRecord? {
        let body = commit.encoded
        guard body.count + 64 <= Limits.headFile - RecordHeader.byteCount else { return nil }
        let header = RecordHeader(
            .commit,
            segment: place.0,
            archiveID: Mender.root.archiveID,
            offset: place.1,
            storedLength: UInt32(body.count + 64)
        )
        let signature = writer.sign(.commit, archiveID: Mender.root.archiveID, body: header.encoded + body)
        return CommitRecord(header: header, commit: commit, body: body, signature: signature)
    }
}
