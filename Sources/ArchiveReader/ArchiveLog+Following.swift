import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage

extension ArchiveLog {
    /// Where following stands.
    struct Position {
        /// The generation that comes next.
        var generation: UInt64 = 1
        /// The hash of the commit before; `nil` when no copy of it is left.
        var previous: Bytes32? = .zero
        /// Where in the journal the search goes on.
        var item = 0
        /// Whether the state is proven to be that of the generation before.
        var isSure = true
    }

    /// Follows the commits one after the other, steps 3 to 6 of format.md, section 7.7.
    mutating func follow(
        _ journal: JournalScan,
        _ verifier: inout CommitVerifier,
        after begin: Checkpoint? = nil,
        at item: Int = 0
    ) {
        var position = Position()
        if let begin {
            position = Position(generation: begin.generation + 1, previous: begin.commitHash, item: item)
        }
        let checkpoint = begin ?? newestCheckpoint()
        var carved: [UInt64: [CommitRecord]]?
        while true {
            if begin == nil, let checkpoint, checkpoint.generation + 1 == position.generation {
                compare(checkpoint, &position)
            }
            dismissRevokedHeads(from: position.generation)
            let isVouched = position.generation <= headGeneration
            let found = journal.generations[position.generation] ?? []
            // In their order, then those that were put back.
            let candidates =
                found.filter { $0 >= position.item && !journal.items[$0].isPutBack }
                + found.filter { journal.items[$0].isPutBack }
            var fault: ArchiveCode?
            var accepted: (record: CommitRecord, item: Int?)?
            for index in candidates {
                let item = journal.items[index]
                guard let code = take(item.record, position, in: item.file) else {
                    accepted = (item.record, index)
                    break
                }
                fault = fault ?? code
            }
            if accepted == nil, isVouched {
                // The short way does not mend: the long one does.
                if begin != nil {
                    findings.append(Finding(.journal, "generation \(position.generation)"))
                    return
                }
                if carved == nil { carved = CommitCarver.commits(storage, header.archiveID, &verifier) }
                accepted = mend(journal, found, candidates, fault, carved ?? [:], &position)
            }
            if let accepted {
                if let index = accepted.item {
                    if journal.items[index].isPutBack {
                        putBack[position.generation] = index
                    } else {
                        position.item = index + 1
                        inJournal.append(index)
                    }
                }
                commits.append(accepted.record)
                position.previous = accepted.record.hash
                position.generation += 1
                continue
            }
            guard isVouched else { break }
            skip(journal, carved ?? [:], checkpoint, &position)
        }
        if !position.isSure {
            doubt = doubt ?? Finding(.journal, "generation \(generation)", "commits before it are lost")
        }
    }

    /// The state of the checkpoint, which must be that of the commits so far, or stands in for those that are lost.
    private mutating func compare(_ checkpoint: Checkpoint, _ position: inout Position) {
        if !position.isSure {
            state = checkpoint.state
            stateRoot.reset()
            position.previous = checkpoint.commitHash
            position.isSure = true
        } else if checkpoint.commitHash != position.previous || checkpoint.state != state {
            let place = "generation \(checkpoint.generation)"
            findings.append(Finding(.checkpoint, place, "not the state of its generation"))
        }
    }

    /// What is left of a commit that a head vouches for and that the journal does not have as it should be.
    private mutating func mend(
        _ journal: JournalScan,
        _ found: [Int],
        _ candidates: [Int],
        _ fault: ArchiveCode?,
        _ carved: [UInt64: [CommitRecord]],
        _ position: inout Position
    ) -> (record: CommitRecord, item: Int?)? {
        let generation = position.generation
        if position.isSure || candidates.isEmpty {
            findings.append(Finding(fault ?? .journal, "generation \(generation)", "in the journal"))
        }
        let inHeads = heads.compactMap { $0 }.filter { $0.commit.generation == generation }
        // Copies in other places of the journal were put back there, or are planted.
        let elsewhere = found.filter { !candidates.contains($0) }.map { journal.items[$0].record }
        let others = inHeads + elsewhere + (carved[generation] ?? [])
        for other in others where take(other, position, in: nil) == nil {
            if found.isEmpty, inHeads.contains(other) { onlyInHeads.append(other) }
            return (other, candidates.first)
        }
        // It breaks a rule, and a head vouches for it: what it says is read all the same, as damage.
        let all = candidates.map { ($0, journal.items[$0].record) } + others.map { (nil, $0) }
        for (item, record) in all where isPermitted(record) {
            let finding = Finding(fault ?? .journal, "generation \(generation)")
            doubt = doubt ?? finding
            force(record, &position)
            return (record, item)
        }
        return nil
    }

    /// Applies a commit that chains and obeys the rules; otherwise says what it breaks.
    ///
    /// Where commits before it are lost, the rules cannot be judged, and only its own writer is.
    private mutating func take(_ record: CommitRecord, _ position: Position, in file: UInt32?) -> ArchiveCode? {
        guard position.isSure else {
            // Forced by `mend`; behind the heads only what chains goes on.
            return position.generation <= headGeneration || record.commit.previous != position.previous
                || !isPermitted(record) ? .chain : takeUnsure(record)
        }
        var next = state
        do throws(FormatError) {
            try next.advance(by: record, after: position.previous, generation: position.generation, in: file)
        } catch {
            return error.code
        }
        guard stateRoot.root(of: &next) == record.commit.stateRoot else {
            stateRoot.reset()
            return .stateRoot
        }
        state = next
        return nil
    }

    private mutating func takeUnsure(_ record: CommitRecord) -> ArchiveCode? {
        state.force(record.commit, place: record.place, removing: false)
        return nil
    }

    private func isPermitted(_ record: CommitRecord) -> Bool {
        guard let certificate = try? Certificate(parsingSigned: record.commit.certificate) else { return false }
        return !state.isRevoked(certificate.writerKey) && record.commit.isPermitted(by: certificate.capabilities)
    }

    /// Follows a commit without its rules.
    ///
    /// Where its state root holds, the state is what the writer meant, removals too.
    private mutating func force(_ record: CommitRecord, _ position: inout Position) {
        var next = state
        next.force(record.commit, place: record.place, removing: true)
        stateRoot.reset()
        if stateRoot.root(of: &next) == record.commit.stateRoot {
            state = next
            position.isSure = true
        } else {
            state.force(record.commit, place: record.place, removing: false)
            stateRoot.reset()
        }
    }

    /// No copy of a commit is left: goes on with the next of which one is, or with the checkpoint.
    private mutating func skip(
        _ journal: JournalScan,
        _ carved: [UInt64: [CommitRecord]],
        _ checkpoint: Checkpoint?,
        _ position: inout Position
    ) {
        let lost = position.generation
        // A head may name any generation: what lies between is one step, not many.
        var next = headGeneration + 1
        for generation in journal.generations.keys where generation > lost { next = min(next, generation) }
        for generation in carved.keys where generation > lost { next = min(next, generation) }
        for head in heads {
            if let head, head.commit.generation > lost { next = min(next, head.commit.generation) }
        }
        if let checkpoint, checkpoint.generation >= lost { next = min(next, checkpoint.generation + 1) }
        let range = next - 1 == lost ? "generation \(lost)" : "generations \(lost) to \(next - 1)"
        findings.append(Finding(.journal, range, "no copy left"))
        position.generation = next
        position.previous = nil
        position.isSure = false
    }

    /// The state that a valid commit makes of the one before, all rules checked (Spec, format.md, section 7.2).
    static func state(
        following state: ArchiveState,
        _ record: CommitRecord,
        after previous: Bytes32,
        generation: UInt64,
        journalFile: UInt32?
    ) throws(FormatError) -> ArchiveState {
        var next = state
        try next.advance(by: record, after: previous, generation: generation, in: journalFile)
        var stateRoot = StateRoot()
        guard stateRoot.root(of: &next) == record.commit.stateRoot else { throw FormatError(.stateRoot) }
        return next
    }
}

extension ArchiveState {
    /// Applies a commit that must chain; its state root is the caller's to check.
    fileprivate mutating func advance(
        by record: CommitRecord,
        after previous: Bytes32?,
        generation: UInt64,
        in journalFile: UInt32?
    ) throws(FormatError) {
        guard record.commit.generation == generation else { throw FormatError(.generation) }
        guard record.commit.previous == previous else { throw FormatError(.chain) }
        // A record that was put back stands in a later file than it names.
        if let journalFile, record.commit.journalFile > journalFile { throw FormatError(.commitRule) }
        try apply(record.commit, place: record.place)
    }
}
