/// One fault of a medium, in one place, long after the last write.
enum Fault: Hashable {
    case sector(Name, Int, Page)
    case cut(Name, to: Int)
    case grown(Name)
    case deleted(Name)
    case olderCopy(Name, [Page])

    var name: Name {
        switch self {
        case .sector(let name, _, _), .cut(let name, _), .grown(let name), .deleted(let name), .olderCopy(let name, _):
            name
        }
    }

    /// The first sector whose bytes are lost.
    var firstSector: Int {
        switch self {
        case .sector(_, let index, _): index
        case .cut(_, let length): length
        case .grown: .max
        case .deleted, .olderCopy: 0
        }
    }
}

extension Archive {
    /// Every single fault this archive can suffer.
    ///
    /// Older copies of files that only grow are the cut ones.
    func faults() -> [Fault] {
        var faults: [Fault] = []
        for name in disk.names {
            let pages = disk.pages(name) ?? []
            for (index, page) in pages.enumerated() {
                for damaged in [Page.zero, .garbage] where damaged != page {
                    faults.append(.sector(name, index, damaged))
                }
                faults.append(.cut(name, to: index))
            }
            faults += [.grown(name), .deleted(name)]
            if case .header = name, case .header(let sequence)? = pages.first, sequence > 1 {
                faults.append(.olderCopy(name, [.header(sequence - 1)]))
            }
            if case .head = name {
                let last = acknowledged.last.flatMap { commits[$0] }
                guard let own = Reading.head(pages, commits) ?? last else { continue }
                for id in acknowledged {
                    guard let commit = commits[id], commit.generation < own.generation else { continue }
                    let padding = Array(repeating: Page.zero, count: 2 - commit.pageCount)
                    faults.append(.olderCopy(name, commit.pages + padding))
                }
            }
        }
        return faults
    }

    func suffering(_ fault: Fault) -> Archive {
        var archive = self
        var pages = disk.pages(fault.name)
        switch fault {
        case .sector(_, let index, let page): pages?[index] = page
        case .cut(_, let length): pages = pages.map { Array($0.prefix(length)) }
        case .grown: pages?.append(.garbage)
        case .deleted: pages = nil
        case .olderCopy(_, let older): pages = older
        }
        archive.disk.settle(pages, as: fault.name)
        return archive
    }

    /// What the table must say of a fault: an error where it hits the acknowledged mail or its journal, nothing where
    /// it hits only what no commit owns, and at least a warning elsewhere.
    func leastVerdict(of fault: Fault, _ reading: Reading) -> Verdict {
        guard let last = acknowledged.last.flatMap({ commits[$0] }) else { return .error }
        switch fault.name {
        case .segment:
            if let live = last.live[fault.name] {
                // A removal that is committed but not acknowledged: the file is a leftover.
                if let newest = reading.newest, newest.live[fault.name] == nil { return .clean }
                if fault.firstSector < live.root.count { return .error }
                if live.lastCommit == last.id, reading.findings.contains(.unowned(fault.name)) { return .clean }
                return .warning
            }
            if reading.newest?.live[fault.name] != nil || reading.newest?.debris[fault.name] != nil { return .warning }
            return .clean
        case .journal(let number):
            var length = 0
            var verdict: Verdict = reading.newest?.debris[fault.name] != nil ? .warning : .clean
            for element in reading.journalFiles.first(where: { $0.number == number })?.elements ?? [] {
                if case .record(let id) = element, let commit = commits[id] {
                    let end = length + commit.pageCount
                    var isHit = fault.firstSector < end
                    if case .sector(_, let index, _) = fault { isHit = (length..<end).contains(index) }
                    if isHit { verdict = max(verdict, acknowledged.contains(id) ? .error : .warning) }
                    length = end
                } else {
                    length += 1
                }
            }
            if case .grown = fault { verdict = max(verdict, .warning) }
            return verdict
        case .head: return .warning
        case .header(let replica):
            // A replica that no commit names yet may fall back to the one that is named.
            let isNamed = (reading.headerReplicas[replica] ?? 0) <= (reading.newest?.headerSequence ?? 0)
            return isNamed ? .warning : .clean
        case .headerNew, .headerBad: return .clean
        }
    }
}
