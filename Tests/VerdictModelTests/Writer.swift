/// What a session does after its opening.
enum Session: Hashable {
    /// Commits so many times; the last commit seals the segment.
    case importing(Int)
    /// Replaces the header replicas, then commits that.
    case changingHeader
    /// Commits that the oldest live segment is removed, then deletes it.
    case removingOldest
}

/// A writer: looks once at the archive it finds, then does the steps of one session, the same whatever happens to it.
struct Writer {
    private(set) var steps: [Archive.Step] = []
    private(set) var commits: [Int: Commit]
    private let rules: Rules
    private var heads: [Int?]
    private var journal: Int
    private var journalLength: Int
    private var journalIsFresh = false
    private var newest: Commit

    /// The steps of a session over what `archive` shows, or nil when the writer refuses.
    init?(_ session: Session, on archive: Archive, rules: Rules) {
        let reading = archive.reading(rules)
        guard let newest = reading.newest, Self.accepts(reading) else { return nil }
        self.rules = rules
        self.newest = newest
        commits = archive.commits
        heads = reading.heads.map { $0?.generation }
        journal = reading.journalFiles.last?.number ?? 0
        if rules.neverReusesNumbers {
            for case .journal(let number) in newest.debris.keys { journal = max(journal, number) }
        }
        journalLength = archive.disk.pages(.journal(journal))?.count ?? .max

        open(archive, reading)
        if rules.levelsHeadersFirst { levelHeaders(archive, reading, to: reading.headerSequence, force: false) }

        // Debris: new files, and the old ones named as they are.
        var live = newest.live
        for (name, file) in live {
            guard let pages = archive.disk.pages(name), file.closedTail == nil else { continue }
            // A sealed segment of N itself can have lost its copy S, too.
            let isTorn = Array(pages.dropFirst(file.root.count)) != newest.pages
            guard !file.isSealed || (rules.closesTornSeals && file.lastCommit == newest.id && isTorn) else { continue }
            if !rules.closingRepeatsTheRoot { live[name]?.root = Array(pages.prefix(file.root.count)) }
            live[name]?.closedTail = Array(pages.dropFirst(file.root.count))
            live[name]?.isSealed = true
        }
        var debris = newest.debris
        for file in reading.journalFiles where file.elements.isEmpty || file.elements.contains(.junk) {
            let name = Name.journal(file.number)
            if debris[name] == nil { debris[name] = archive.disk.pages(name) }
        }
        for case .segment(let number) in archive.disk.names where live[.segment(number)] == nil {
            let name = Name.segment(number)
            if debris[name] == nil { debris[name] = archive.disk.pages(name) }
        }
        if let last = reading.journalFiles.last, last.number == journal,
            last.elements.last == .junk || last.elements.isEmpty,
            rules.opensNewJournalAfterDebris
        {
            journalLength = .max
        }

        var segment = 1
        for case .segment(let number) in archive.disk.names { segment = max(segment, number + 1) }
        if rules.neverReusesNumbers {
            for case .segment(let number) in newest.live.keys { segment = max(segment, number + 1) }
            for case .segment(let number) in newest.debris.keys { segment = max(segment, number + 1) }
        }
        var sequence = max(reading.headerSequence, newest.headerSequence)
        var count = 1
        var removed: Name?
        switch session {
        case .importing(let commits): count = commits
        case .changingHeader:
            sequence += 1
            if rules.replacesHeadersBeforeTheCommit {
                levelHeaders(archive, reading, to: sequence, force: true)
            }
        case .removingOldest:
            removed = live.keys.min()
            if let removed { live[removed] = nil }
        }

        let name = Name.segment(segment)
        var written: [Page] = []
        for ordinal in 1...count {
            let id = archive.sessionCount * 10 + ordinal
            written.append(.data(id))
            live[name] = LiveFile(root: written, lastCommit: id, isSealed: ordinal == count)
            let commit = Commit(
                id: id,
                generation: self.newest.generation + 1,
                previous: self.newest.id,
                headerSequence: sequence,
                live: live,
                debris: debris
            )
            write(commit, to: name, isNew: ordinal == 1, at: written.count)
            written += commit.pages
        }
        if session == .changingHeader, !rules.replacesHeadersBeforeTheCommit {
            levelHeaders(archive, reading, to: sequence, force: true)
        }
        if let removed, !rules.writesBothHeadsBeforeDeletion { delete(removed) }
        writeHead(self.newest, at: olderHead)
        if let removed, rules.writesBothHeadsBeforeDeletion { delete(removed) }
        for replica in 0...2 {
            delete(.headerNew(replica))
            delete(.headerBad(replica))
        }
    }

    /// A writer refuses a fork, and an archive whose newest commit record is not in the journal.
    static func accepts(_ reading: Reading) -> Bool {
        guard let newest = reading.newest else { return false }
        return !reading.findings.contains { finding in
            switch finding {
            case .fork, .newestCommitUnknown, .noValidHeader: true
            case .journalRecordMissing(let generation):
                generation == newest.generation && !reading.heads.contains { $0?.id == newest.id }
            default: false
            }
        }
    }

    private mutating func open(_ archive: Archive, _ reading: Reading) {
        if rules.fsyncsWhatItFound {
            for name in archive.disk.entries.keys.sorted() {
                steps.append(.fsync(name))
                steps.append(.fsyncDirectory(name))
            }
        }
        restoreJournal(reading)
        guard rules.writesHeadsAtOpening else { return }
        let first = olderHead
        writeHead(newest, at: first)
        if !archive.acknowledged.contains(newest.id) { steps.append(.acknowledge(newest.id)) }
        writeHead(newest, at: 1 - first)
    }

    /// Before a head is overwritten, the records that only heads hold are appended to a new journal file.
    private mutating func restoreJournal(_ reading: Reading) {
        guard rules.restoresJournalFromHeads else { return }
        let missing = reading.heads.compactMap { $0 }.sorted { $0.generation < $1.generation }.filter {
            reading.findings.contains(.journalRecordMissing($0.generation))
        }
        guard !missing.isEmpty else { return }
        journal += 1
        journalLength = 0
        steps.append(.create(.journal(journal)))
        for commit in missing where reading.chain[commit.generation] == commit.id {
            for page in commit.pages {
                steps.append(.write(page, .journal(journal), journalLength))
                journalLength += 1
            }
        }
        steps += [.fsync(.journal(journal)), .fsyncDirectory(.journal(journal))]
    }

    /// The head that is invalid, else older, else head.a.
    private var olderHead: Int {
        guard let a = heads[0] else { return 0 }
        guard let b = heads[1] else { return 1 }
        let older = b < a ? 1 : 0
        return rules.writesTheOlderHead ? older : (a > b ? 0 : 1)
    }

    private mutating func writeHead(_ commit: Commit, at index: Int) {
        let pages = commit.pages + Array(repeating: Page.zero, count: 2 - commit.pageCount)
        for (position, page) in pages.enumerated() { steps.append(.write(page, .head(index), position)) }
        steps.append(.fsync(.head(index)))
        heads[index] = commit.generation
    }

    private mutating func write(_ commit: Commit, to segment: Name, isNew: Bool, at length: Int) {
        commits[commit.id] = commit
        // Barrier 1: the data.
        if isNew { steps.append(.create(segment)) }
        steps.append(.write(.data(commit.id), segment, length - 1))
        if rules.fsyncsDataFirst { steps.append(.fsync(segment)) }
        if isNew, rules.fsyncsDirectories { steps.append(.fsyncDirectory(segment)) }
        // Barrier 2: the copies S and J.
        var isNewJournal = false
        if journalLength >= Self.journalCapacity {
            journal += 1
            journalLength = 0
            isNewJournal = true
            steps.append(.create(.journal(journal)))
        }
        for (position, page) in commit.pages.enumerated() {
            steps.append(.write(page, segment, length + position))
            steps.append(.write(page, .journal(journal), journalLength + position))
        }
        journalLength += commit.pageCount
        let barrier: [Archive.Step] =
            [.fsync(segment), .fsync(.journal(journal))]
            + (isNewJournal && rules.fsyncsDirectories ? [.fsyncDirectory(.journal(journal))] : [])
        if rules.fsyncsJournalBeforeHead { steps += barrier }
        // Barrier 3: the head.
        writeHead(commit, at: olderHead)
        if !rules.fsyncsJournalBeforeHead { steps += barrier }
        steps.append(.acknowledge(commit.id))
        newest = commit
    }

    /// A journal file is full after so many sectors.
    static let journalCapacity = 4

    private mutating func levelHeaders(_ archive: Archive, _ reading: Reading, to sequence: Int, force: Bool) {
        for replica in 0...2 {
            let name = Name.header(replica)
            let new = Name.headerNew(replica)
            let isNamed = archive.disk.pages(name) != nil
            if !force, isNamed, reading.headerReplicas[replica] == sequence { continue }
            if force || reading.headerReplicas[replica] != sequence {
                steps += [.create(new), .write(.header(sequence), new, 0), .fsync(new), .fsyncDirectory(new)]
            }
            if isNamed || force { steps.append(.rename(name, .headerBad(replica))) }
            steps.append(.rename(new, name))
            if rules.fsyncsBetweenReplicas { syncReplica(replica) }
        }
        for replica in 0...2 where !rules.fsyncsBetweenReplicas { syncReplica(replica) }
    }

    private mutating func syncReplica(_ replica: Int) {
        for name in [Name.header(replica), .headerNew(replica), .headerBad(replica)] {
            steps.append(.fsyncDirectory(name))
        }
    }

    private mutating func delete(_ name: Name) {
        steps += [.delete(name), .fsyncDirectory(name)]
    }
}
