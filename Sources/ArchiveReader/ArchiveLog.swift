package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage

/// The header, the chain of commits and the state of an archive: all that can be had without a key.
///
/// Spec: format.md, sections 4 and 7.7. Nothing is written.
package struct ArchiveLog: Sendable {
    package private(set) var storage: any Storage
    package var header: LoadedHeader
    /// The commits that were followed, ascending: up to the newest, but for those of which no copy is left, and for
    /// those before the checkpoint at which reading began.
    package var commits: [CommitRecord] = []
    /// The state after the newest commit.
    package var state = ArchiveState()
    /// What was found on the way.
    package var findings: [Finding] = []
    /// The heads that count, by position in `ArchiveLayout.heads`.
    package var heads: [CommitRecord?] = [nil, nil]
    /// Where the journal ends.
    package var journalEnd = JournalEnd()
    package internal(set) var isForked = false
    /// Whether all of the journal was read, and not only what follows a checkpoint.
    package internal(set) var isWhole = true
    /// Why the state is not known for certain, so that nothing may be signed that builds on it.
    package internal(set) var doubt: Finding?
    /// Commits that count and that the journal has lost, but a head holds.
    package internal(set) var onlyInHeads: [CommitRecord] = []

    /// Positions in the journal of the records that were followed, ascending.
    var inJournal: [Int] = []
    /// Positions in the journal of the records that were followed where they had been put back, by generation.
    var putBack: [UInt64: Int] = [:]
    /// A generation that is vouched for beside the heads.
    var vouched: UInt64 = 0
    /// Why a head does not count.
    var causes: [ArchiveCode?] = [nil, nil]
    var stateRoot = StateRoot()

    /// Where the next commit goes, and what stands in the way.
    package struct JournalEnd: Sendable {
        /// The last journal file, 0 if there is none.
        package var file: UInt32 = 0
        /// The highest number that a journal file has or had: a new one gets a higher one.
        package var highest: UInt32 = 0
        /// Length of its valid records.
        package var validLength: UInt64 = 0
        /// Length of the file.
        package var length: UInt64 = 0
        /// Debris that the state does not list yet, and that could be read.
        package var unknownDebris: [JournalDebris] = []
    }

    /// How much of the journal to read.
    package enum Extent: Sendable {
        /// All of it: for checking.
        case whole
        /// From the newest checkpoint on, where that is as good: for opening.
        case short
    }

    package var archiveID: Bytes32 { header.archiveID }
    package var newest: CommitRecord? { commits.last }
    package var generation: UInt64 { newest?.commit.generation ?? 0 }
    package var newestHash: Bytes32 { newest?.hash ?? .zero }

    /// The commit of a generation, if it was followed.
    package func commit(of generation: UInt64) -> CommitRecord? {
        var low = 0
        var high = commits.count
        while low < high {
            let middle = (low + high) / 2
            if commits[middle].commit.generation < generation { low = middle + 1 } else { high = middle }
        }
        guard low < commits.count, commits[low].commit.generation == generation else { return nil }
        return commits[low]
    }

    /// Opens an archive.
    ///
    /// With the root keys, one that has lost its header (E101) can be read still.
    package init(
        opening storage: any Storage,
        with root: RootKeys? = nil,
        reading extent: Extent = .short
    ) throws(ArchiveError) {
        let storage = FoldedNames.over(storage)
        var found: [Finding] = []
        do throws(ArchiveError) {
            let header = try LoadedHeader.load(storage, &found)
            self.init(storage, header, found, extent)
            judgeHeader()
        } catch {
            guard error.code == .noHeader, let root else { throw error }
            let lost = Finding(error.code, error.place, error.detail)
            self.init(storage, LoadedHeader(of: root), [lost], extent)
            doubt = doubt ?? lost
            // Keys of another archive find no commit.
            guard generation > 0 else { throw error }
        }
    }

    /// The same archive with all of its journal read.
    package func whole() throws(ArchiveError) -> ArchiveLog {
        if isWhole { return self }
        if header.file.isEmpty {
            let lost = findings.filter { $0.code == .noHeader }
            var log = ArchiveLog(storage, header, lost, .whole)
            log.doubt = doubt
            return log
        }
        return try ArchiveLog(opening: storage, reading: .whole)
    }

    private init(
        _ storage: any Storage,
        _ header: LoadedHeader,
        _ found: [Finding],
        _ extent: Extent
    ) {
        self.storage = storage
        self.header = header
        findings = found
        var verifier = CommitVerifier(header: header.header, archiveID: header.archiveID)
        readHeads(&verifier)
        if extent == .short {
            var short = self
            if short.followFromCheckpoint(&verifier) {
                self = short
                return
            }
        }
        let journal = JournalScan(storage, header.archiveID, &verifier)
        findings += journal.findings
        follow(journal, &verifier)
        judgeHeads()
        judgeDebris(journal)
    }

    /// Follows the journal alone, with the header of elsewhere and without heads, of which the highest would be `vouched`.
    init(journalOf storage: any Storage, header: LoadedHeader, vouched: UInt64) {
        self.storage = storage
        self.header = header
        self.vouched = vouched
        var verifier = CommitVerifier(header: header.header, archiveID: header.archiveID)
        let journal = JournalScan(storage, header.archiveID, &verifier)
        follow(journal, &verifier)
        if generation > vouched { findings.append(Finding(.headBehind, "generation \(vouched)")) }
        judgeDebris(journal)
    }

    /// Refuses an operation for which the header has an unknown mandatory flag: version 1.0 knows none.
    package func requireKnownFlags(for operations: ArchiveOperation...) throws(ArchiveError) {
        for flags in header.header.mandatoryFlags where operations.contains(flags.operation) {
            let names = flags.names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
            throw ArchiveError(.unknownFeature, storage.displayName, names)
        }
    }

    private mutating func readHeads(_ verifier: inout CommitVerifier) {
        for (index, path) in ArchiveLayout.heads.enumerated() {
            guard let file = readWhole(storage, path, limit: Limits.headFile + 1, &findings) else { continue }
            do throws(FormatError) {
                let record = try file.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                    try CommitRecord(parsingHead: UnsafeRawBufferPointer(buffer), archiveID: header.archiveID)
                }
                try verifier.verify(record)
                heads[index] = record
                let certificate = try Certificate(parsingSigned: record.commit.certificate)
                if !record.commit.isPermitted(by: certificate.capabilities) { dismissHead(index) }
            } catch {
                causes[index] = error.code
            }
        }
    }

    /// A head whose writer may not write what it says vouches for nothing (format.md, section 7.7, step 2).
    private mutating func dismissHead(_ index: Int) {
        guard let head = heads[index] else { return }
        heads[index] = nil
        causes[index] = .writerVoid
        findings.append(
            Finding(.writerVoid, ArchiveLayout.heads[index].description, "generation \(head.commit.generation)")
        )
    }

    /// Dismisses the heads of later generations whose writers the state says are revoked.
    mutating func dismissRevokedHeads(from generation: UInt64) {
        for (index, head) in heads.enumerated() {
            guard let head, head.commit.generation >= generation,
                let certificate = try? Certificate(parsingSigned: head.commit.certificate),
                state.isRevoked(certificate.writerKey)
            else { continue }
            dismissHead(index)
        }
    }

    /// The highest generation in a head that counts.
    package var headGeneration: UInt64 {
        heads.reduce(vouched) { max($0, $1?.commit.generation ?? 0) }
    }
}
