/// One row of the verdict table that applies.
enum Finding: Hashable {
    case noValidHead
    case liveFileDamaged(Name)
    case journalRecordMissing(Int)
    case fork(Int)
    case noValidHeader
    /// Every valid replica is older than the newest commit names.
    case headerOlder
    case newestCommitUnknown

    case headsBehind
    case otherHeadBehind
    case tailCopyDamaged(Name)
    case unowned(Name)
    case debrisChanged(Name)
    case headerSpare(Int)

    var isError: Bool {
        switch self {
        case .noValidHead, .liveFileDamaged, .journalRecordMissing, .fork, .noValidHeader, .headerOlder,
            .newestCommitUnknown:
            true
        default: false
        }
    }
}

enum Verdict: Int, Comparable {
    case clean, warning, error
    static func < (a: Verdict, b: Verdict) -> Bool { a.rawValue < b.rawValue }
}

/// What a reader finds in an archive: the newest commit and all rows of the verdict table that apply.
struct Reading {
    /// h: the highest generation in a valid head.
    var headGeneration: Int?
    /// N, by its id: the newest commit that the journal reaches from h without a gap.
    var newest: Commit?
    /// The commit of each generation.
    var chain: [Int: Int] = [:]
    /// The valid commit in head.a and head.b.
    var heads: [Commit?] = [nil, nil]
    var headerSequence = 0
    var headerReplicas: [Int?] = [nil, nil, nil]
    var journalFiles: [(number: Int, elements: [JournalElement])] = []
    /// Every commit record that is whole somewhere: in the journal, a head or a segment.
    var records: Set<Int> = []
    var findings: Set<Finding> = []

    var verdict: Verdict {
        findings.contains(where: \.isError) ? .error : findings.isEmpty ? .clean : .warning
    }

    enum JournalElement: Hashable {
        case record(Int)
        case junk
    }

    init(_ disk: Disk, commits: [Int: Commit], rules: Rules) {
        let names = disk.names
        // Heads and journal.
        for index in 0...1 {
            heads[index] = disk.pages(.head(index)).flatMap { Self.head($0, commits) }
        }
        headGeneration = heads.compactMap { $0?.generation }.max()
        for case .journal(let number) in names {
            journalFiles.append((number, Self.elements(disk.pages(.journal(number)) ?? [], commits)))
        }
        var copies: [Int: Set<Int>] = [:]
        var journal: [Int: Int] = [:]
        for file in journalFiles {
            for case .record(let id) in file.elements {
                guard let commit = commits[id] else { continue }
                copies[commit.generation, default: []].insert(id)
                journal[commit.generation] = id
            }
        }
        for case let commit? in heads { copies[commit.generation, default: []].insert(commit.id) }
        records = Set(copies.values.joined())
        for case .segment(let number) in names {
            for case .record(let id) in Self.elements(disk.pages(.segment(number)) ?? [], commits) {
                records.insert(id)
            }
        }
        chain = journal
        for case let commit? in heads where chain[commit.generation] == nil { chain[commit.generation] = commit.id }

        // N.
        var generation = headGeneration ?? 0
        while journal[generation + 1] != nil { generation += 1 }
        if headGeneration == nil { findings.insert(.noValidHead) }
        for (generation, ids) in copies where ids.count > 1 { findings.insert(.fork(generation)) }
        for (generation, id) in chain {
            if let previous = chain[generation - 1], commits[id]?.previous != previous {
                findings.insert(.fork(generation))
            }
        }
        guard let newest = chain[generation].flatMap({ commits[$0] }) else {
            findings.insert(.newestCommitUnknown)
            return
        }
        self.newest = newest
        chain = chain.filter { $0.key <= generation }
        let head = headGeneration ?? generation
        for k in stride(from: 1, through: head, by: 1) where journal[k] == nil {
            findings.insert(.journalRecordMissing(k))
        }
        if let headGeneration {
            if generation > headGeneration {
                findings.insert(.headsBehind)
            } else if heads.contains(where: { $0?.generation != headGeneration }) {
                findings.insert(.otherHeadBehind)
            }
        }
        checkDebris(disk, newest, head, commits, rules)
        checkSegments(disk, names, newest, commits, rules)
        checkHeaders(disk, newest)
    }

    /// A head is valid only when a whole record and nothing but zeros after it fill the file.
    static func head(_ pages: [Page], _ commits: [Int: Commit]) -> Commit? {
        guard pages.count == 2, let commit = record(pages[...], commits) else { return nil }
        return pages[commit.pageCount...].allSatisfy { $0 == .zero } ? commit : nil
    }

    static func record(_ pages: ArraySlice<Page>, _ commits: [Int: Commit]) -> Commit? {
        guard case .record(let id, 0)? = pages.first, let commit = commits[id] else { return nil }
        guard pages.count >= commit.pageCount else { return nil }
        for part in 1..<max(commit.pageCount, 2) where part < commit.pageCount {
            guard pages[pages.startIndex + part] == .record(commit: id, part: part) else { return nil }
        }
        return commit
    }

    /// Splits a journal file at 4 KiB boundaries into valid records and the sectors between them.
    static func elements(_ pages: [Page], _ commits: [Int: Commit]) -> [JournalElement] {
        var elements: [JournalElement] = []
        var index = 0
        while index < pages.count {
            if let commit = record(pages[index...], commits) {
                elements.append(.record(commit.id))
                index += commit.pageCount
            } else {
                if elements.last != .junk { elements.append(.junk) }
                index += 1
            }
        }
        return elements
    }

    private mutating func checkDebris(
        _ disk: Disk,
        _ newest: Commit,
        _ head: Int,
        _ commits: [Int: Commit],
        _ rules: Rules
    ) {
        var last = 0
        for (position, file) in journalFiles.enumerated() {
            let name = Name.journal(file.number)
            let isDebrisKnown = rules.debris == .named && newest.debris[name] == disk.pages(name)
            if file.elements.isEmpty, !isDebrisKnown { findings.insert(.unowned(name)) }
            for element in file.elements {
                switch element {
                case .record(let id): last = commits[id]?.generation ?? last
                case .junk:
                    if !rules.debrisSpansFiles, last + 1 <= head {
                        // The rule as first written: the next file must begin with the following generation.
                        let next = position + 1 < journalFiles.count ? journalFiles[position + 1].elements.first : nil
                        var isDebris = false
                        if case .record(let id)? = next { isDebris = commits[id]?.generation == last + 1 }
                        if !isDebris { findings.insert(.journalRecordMissing(last + 1)) }
                    }
                    let isOld = last + 1 <= newest.generation
                    if isDebrisKnown || (rules.debris == .ignored && isOld) { continue }
                    findings.insert(.unowned(name))
                }
            }
        }
        if rules.debris == .named {
            for (name, known) in newest.debris where disk.pages(name) != known {
                findings.insert(.debrisChanged(name))
            }
        }
    }

    private mutating func checkSegments(
        _ disk: Disk,
        _ names: [Name],
        _ newest: Commit,
        _ commits: [Int: Commit],
        _ rules: Rules
    ) {
        for case .segment(let number) in names where newest.live[.segment(number)] == nil {
            if rules.debris == .named, newest.debris[.segment(number)] != nil { continue }
            findings.insert(.unowned(.segment(number)))
        }
        for (name, live) in newest.live {
            guard let pages = disk.pages(name), pages.starts(with: live.root) else {
                findings.insert(.liveFileDamaged(name))
                continue
            }
            let tail = Array(pages[live.root.count...])
            if let closed = live.closedTail {
                switch rules.debris {
                case .warned: if !tail.isEmpty { findings.insert(.unowned(name)) }
                case .ignored: break
                case .named: if tail != closed { findings.insert(.debrisChanged(name)) }
                }
                continue
            }
            guard live.lastCommit == newest.id || rules.everyTailCopyIsChecked else { continue }
            guard let copy = commits[live.lastCommit] else { continue }
            if !tail.starts(with: copy.pages) {
                findings.insert(.tailCopyDamaged(name))
            } else if tail.count > copy.pageCount {
                findings.insert(.unowned(name))
            }
        }
    }

    private mutating func checkHeaders(_ disk: Disk, _ newest: Commit) {
        for replica in 0...2 {
            var pages = disk.pages(.header(replica))
            let spare = disk.pages(.headerNew(replica))
            if pages == nil { pages = spare }
            if spare != nil { findings.insert(.unowned(.headerNew(replica))) }
            if disk.pages(.headerBad(replica)) != nil { findings.insert(.unowned(.headerBad(replica))) }
            if let pages, pages.count == 1, case .header(let sequence) = pages[0] {
                headerReplicas[replica] = sequence
                headerSequence = max(headerSequence, sequence)
                if sequence != newest.headerSequence { findings.insert(.headerSpare(replica)) }
            } else {
                findings.insert(.headerSpare(replica))
            }
        }
        if headerSequence == 0 {
            findings.insert(.noValidHeader)
        } else if headerSequence < newest.headerSequence {
            findings.insert(.headerOlder)
        }
    }
}
