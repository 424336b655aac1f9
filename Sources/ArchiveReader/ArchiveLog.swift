package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage

/// The header, the chain of commits and the state of an archive: all that can be had without a key.
///
/// Spec: format.md, sections 4 and 7.7. Nothing is written.
package struct ArchiveLog: Sendable {
    package let storage: any Storage
    package var header: LoadedHeader
    /// The commits up to the newest, generation 1 first, as far as they could be had.
    package var commits: [CommitRecord] = []
    /// The state after the newest commit.
    package var state = ArchiveState()
    /// What was found on the way.
    package var findings: [Finding] = []
    /// The valid heads, by position in `ArchiveLayout.heads`.
    package var heads: [CommitRecord?] = [nil, nil]
    /// Positions in the journal of the records that were followed, ascending.
    private var inJournal: [Int] = []
    /// A generation that is vouched for beside the heads.
    private var vouched: UInt64 = 0
    /// Where the journal ends.
    package var journalEnd = JournalEnd()
    /// The newest generation whose state root held; a lower one than `generation` when the chain was damaged.
    package var isForked = false

    /// Where the next commit goes, and what stands in the way.
    package struct JournalEnd: Sendable {
        /// The last journal file, 0 if there is none.
        package var file: UInt32 = 0
        /// Length of its valid records.
        package var validLength: UInt64 = 0
        /// Length of the file.
        package var length: UInt64 = 0
        /// Debris that the state does not list yet.
        package var unknownDebris: [JournalDebris] = []
    }

    package var archiveID: Bytes32 { header.archiveID }
    package var newest: CommitRecord? { commits.last }
    package var generation: UInt64 { newest?.commit.generation ?? 0 }
    package var newestHash: Bytes32 { newest?.hash ?? .zero }

    /// Opens an archive.
    ///
    /// With the root keys, one that has lost its header (E101) can be read still.
    package init(opening storage: any Storage, with root: RootKeys? = nil) throws(ArchiveError) {
        self.storage = storage
        var found: [Finding] = []
        var lost: ArchiveError?
        do throws(ArchiveError) {
            header = try LoadedHeader.load(storage, &found)
        } catch {
            guard error.code == .noHeader, let root else { throw error }
            header = LoadedHeader(of: root)
            lost = error
            found = [Finding(error.code, error.place, error.detail)]
        }
        findings = found
        var verifier = CommitVerifier(header: header.header, archiveID: header.archiveID)
        let causes = try readHeads(&verifier)
        let journal = try JournalScan(storage, header.archiveID, &verifier)
        follow(journal, &verifier)
        judgeHeads(causes)
        if let lost {
            // Keys of another archive find no commit.
            guard generation > 0 else { throw lost }
        } else {
            judgeHeader()
        }
        judgeDebris(journal)
    }

    /// Follows the journal alone, with the header of elsewhere and without heads, of which the highest would be `vouched`.
    init(journalOf storage: any Storage, header: LoadedHeader, vouched: UInt64) throws(ArchiveError) {
        self.storage = storage
        self.header = header
        self.vouched = vouched
        var verifier = CommitVerifier(header: header.header, archiveID: header.archiveID)
        let journal = try JournalScan(storage, header.archiveID, &verifier)
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

    private mutating func readHeads(_ verifier: inout CommitVerifier) throws(ArchiveError) -> [ArchiveCode?] {
        var causes: [ArchiveCode?] = [nil, nil]
        for (index, path) in ArchiveLayout.heads.enumerated() {
            guard let file = try readWhole(storage, path, limit: Limits.headFile + 1, &findings) else { continue }
            do throws(FormatError) {
                let record = try file.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                    try CommitRecord(parsingHead: UnsafeRawBufferPointer(buffer), archiveID: header.archiveID)
                }
                try verifier.verify(record)
                heads[index] = record
            } catch {
                causes[index] = error.code
            }
        }
        return causes
    }

    /// The highest generation in a valid head.
    package var headGeneration: UInt64 {
        heads.reduce(vouched) { max($0, $1?.commit.generation ?? 0) }
    }

    /// The checkpoint that the newest head names, if it is whole; otherwise E411, and the journal gives the state.
    private mutating func newestCheckpoint() -> Checkpoint? {
        let head = heads.compactMap { $0 }.max { $0.commit.generation < $1.commit.generation }
        guard let reference = head?.commit.checkpoint, let number = UInt32(exactly: reference.generation) else {
            return nil
        }
        let path = ArchiveLayout.checkpoint(number)
        var ignored: [Finding] = []
        let file = (try? readWhole(storage, path, limit: Limits.checkpoint + 1, &ignored)) ?? nil
        let checkpoint = file.flatMap { file in
            file.withUnsafeBytes { raw -> Checkpoint? in
                try? ArchiveLog.checkpoint(raw, reference)
            }
        }
        if checkpoint == nil {
            findings.append(Finding(.checkpoint, path.description, file == nil ? "missing" : "malformed"))
        }
        return checkpoint
    }

    /// A checkpoint file, which must be the one referred to (E411).
    static func checkpoint(
        _ file: UnsafeRawBufferPointer,
        _ reference: CheckpointReference
    ) throws(FormatError) -> Checkpoint {
        guard UInt64(file.count) == reference.length, TreeHasher.root(of: file) == reference.root else {
            throw FormatError(.checkpoint)
        }
        do throws(FormatError) {
            let checkpoint = try Checkpoint(parsing: file)
            guard checkpoint.generation == reference.generation else { throw FormatError(.checkpoint) }
            return checkpoint
        } catch {
            throw FormatError(.checkpoint, at: error.offset)
        }
    }

    private mutating func follow(_ journal: JournalScan, _ verifier: inout CommitVerifier) {
        let h = headGeneration
        var position = 0
        var previous = Bytes32.zero
        var generation: UInt64 = 1
        var inSegments: [UInt64: CommitRecord]?
        let checkpoint = newestCheckpoint()
        while true {
            let candidate = journal.items[position...].firstIndex { $0.record.commit.generation == generation }
            var fault = candidate == nil ? ArchiveCode.journal : nil
            var accepted: CommitRecord?
            if let candidate {
                let item = journal.items[candidate]
                fault = apply(item.record, after: previous, generation: generation, journalFile: item.file)
                if fault == nil { accepted = item.record }
            }
            var forced: CommitRecord?
            if accepted == nil, generation <= h {
                findings.append(Finding(fault ?? .journal, "generation \(generation)", "in the journal"))
                forced = candidate.map { journal.items[$0].record }
                var others = heads.compactMap { $0 }
                if inSegments == nil { inSegments = CommitCarver.commits(storage, header.archiveID, &verifier) }
                if let spare = inSegments?[generation] { others.append(spare) }
                for other in others where other.commit.generation == generation && accepted == nil {
                    forced = forced ?? other
                    if apply(other, after: previous, generation: generation, journalFile: nil) == nil {
                        accepted = other
                    }
                }
            }
            if accepted == nil, let forced {
                // A head vouches for it: what it says is read all the same, as damage.
                state.force(forced.commit, place: forced.place)
                accepted = forced
            }
            guard let accepted else {
                if generation <= h {
                    findings.append(
                        Finding(
                            .journal,
                            "generation \(generation)",
                            "no copy left; the archive is read up to \(generation - 1)"
                        )
                    )
                }
                break
            }
            if let candidate {
                position = candidate + 1
                inJournal.append(candidate)
            }
            commits.append(accepted)
            previous = accepted.hash
            if let checkpoint, checkpoint.generation == generation,
                checkpoint.commitHash != previous || checkpoint.state != state
            {
                findings.append(Finding(.checkpoint, "generation \(generation)", "not the state of its generation"))
            }
            generation += 1
        }
    }

    /// Applies a commit if it chains and obeys the rules; otherwise says what it breaks.
    private mutating func apply(
        _ record: CommitRecord,
        after previous: Bytes32,
        generation: UInt64,
        journalFile: UInt32?
    ) -> ArchiveCode? {
        do throws(FormatError) {
            state = try ArchiveLog.state(
                following: state,
                record,
                after: previous,
                generation: generation,
                journalFile: journalFile
            )
            return nil
        } catch {
            return error.code
        }
    }

    /// The state that a valid commit makes of the one before, all rules checked (Spec, format.md, section 7.2).
    static func state(
        following state: ArchiveState,
        _ record: CommitRecord,
        after previous: Bytes32,
        generation: UInt64,
        journalFile: UInt32?
    ) throws(FormatError) -> ArchiveState {
        guard record.commit.generation == generation else { throw FormatError(.generation) }
        guard record.commit.previous == previous else { throw FormatError(.chain) }
        if let journalFile, record.commit.journalFile != journalFile { throw FormatError(.commitRule) }
        var next = state
        try next.apply(record.commit, place: record.place)
        let encoded = next.encoded
        let root = encoded.withUnsafeBytes { TreeHasher.root(of: $0) }
        guard root == record.commit.stateRoot else { throw FormatError(.stateRoot) }
        return next
    }

    private mutating func judgeHeads(_ causes: [ArchiveCode?]) {
        let h = headGeneration
        if h == 0 {
            findings.append(Finding(.noHead, "head.a, journal/head.b", cause: causes[0] ?? causes[1]))
        }
        for (index, head) in heads.enumerated() {
            let name = ArchiveLayout.heads[index].description
            guard let head else {
                if h > 0 { findings.append(Finding(.headSpare, name, cause: causes[index], "torn or absent")) }
                continue
            }
            let own = head.commit.generation
            if own <= generation, own >= 1, commits[Int(own) - 1].hash != head.hash {
                findings.append(Finding(.fork, name, "generation \(own)"))
                isForked = true
            } else if own < h {
                findings.append(Finding(.headSpare, name, "generation \(own), the other \(h)"))
            }
        }
        if generation > h {
            findings.append(Finding(.headBehind, "generation \(h)", "the journal goes on to \(generation)"))
        }
    }

    private mutating func judgeHeader() {
        guard let newest else { return }
        let sequence = header.header.sequence
        if sequence < newest.commit.headerSequence {
            findings.append(
                Finding(.headerOlder, "sequence \(sequence)", "commit names \(newest.commit.headerSequence)")
            )
        } else if sequence > newest.commit.headerSequence {
            findings.append(Finding(.headerNewer, "sequence \(sequence)"))
        } else if header.hash != newest.commit.headerHash {
            findings.append(Finding(.headerDiffers, "sequence \(sequence)"))
        }
    }

    private mutating func judgeDebris(_ journal: JournalScan) {
        journalEnd.file = journal.lastFile
        journalEnd.length = journal.lastLength
        journalEnd.validLength = journal.lastLength
        // A commit beyond the newest, or a copy out of order, is debris like any other bytes.
        var regions = journal.gaps
        let followed = Set(inJournal)
        let good = inJournal.map { journal.items[$0] }
        for (index, item) in journal.items.enumerated() {
            if !followed.contains(index) {
                regions.append(
                    JournalScan.Region(file: item.file, offset: item.offset, length: UInt64(item.record.paddedLength))
                )
            }
        }
        for region in JournalScan.joined(regions) {
            if region.file == journal.lastFile, region.offset + region.length == journal.lastLength {
                journalEnd.validLength = region.offset
            }
            // Where generations are missing between the records around them, the bytes are those.
            let next = good.firstIndex { ($0.file, $0.offset) > (region.file, region.offset) }
            if let next {
                let before = next > 0 ? good[next - 1].record.commit.generation : 0
                if good[next].record.commit.generation != before + 1 { continue }
            }
            let root = journal.root(of: region)
            if state.journalDebris.contains(where: {
                $0.file == region.file && $0.offset == region.offset && $0.length == region.length && $0.root == root
            }) {
                continue
            }
            findings.append(
                Finding(
                    .debrisJournal,
                    "\(ArchiveLayout.journal(region.file)) at \(region.offset)",
                    "\(region.length) bytes"
                )
            )
            journalEnd.unknownDebris.append(
                JournalDebris(file: region.file, offset: region.offset, length: region.length, root: root)
            )
        }
    }
}
