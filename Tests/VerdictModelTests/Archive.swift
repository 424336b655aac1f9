/// One archive on its medium, with what its owner remembers of it.
struct Archive: Hashable {
    var disk = Disk()
    /// Every commit record that was ever made: a record's bytes stand for these contents.
    var commits: [Int: Commit] = [:]
    /// The commits whose third barrier has passed, by id.
    var acknowledged: [Int] = []
    var sessionCount = 0

    /// The medium tells states apart well enough; the commits' tables would be long to hash.
    func hash(into hasher: inout Hasher) {
        hasher.combine(disk)
        hasher.combine(acknowledged.count)
    }

    /// One step of a writer.
    ///
    /// Between any two of them the power can go.
    enum Step: Hashable {
        case create(Name)
        case write(Page, Name, Int)
        case fsync(Name)
        case fsyncDirectory(Name)
        case rename(Name, Name)
        case delete(Name)
        case acknowledge(Int)

        var isSync: Bool {
            switch self {
            case .fsync, .fsyncDirectory: true
            default: false
            }
        }
    }

    mutating func apply(_ step: Step) {
        switch step {
        case .create(let name): disk.set(File(), as: name)
        case .write(let page, let name, let index): disk.write(page, to: name, at: index)
        case .fsync(let name): disk.fsync(name)
        case .fsyncDirectory(let name): disk.fsyncDirectory(of: name)
        case .rename(let old, let new):
            disk.set(disk.entries[old]?.file, as: new)
            disk.set(nil, as: old)
        case .delete(let name): disk.set(nil, as: name)
        case .acknowledge(let id): acknowledged.append(id)
        }
    }

    func reading(_ rules: Rules) -> Reading { Reading(disk, commits: commits, rules: rules) }

    /// The promises that hold whatever crashes came before, as far as they are broken.
    func brokenPromises(_ reading: Reading) -> [Promise] {
        var broken: [Promise] = []
        if reading.verdict == .error { broken.append(.crashIsNoError) }
        let chain = Set(reading.chain.values)
        if !chain.isSuperset(of: acknowledged) { broken.append(.acknowledgedStays) }
        let last = acknowledged.last.flatMap { commits[$0] }?.generation ?? 0
        if let newest = reading.newest, newest.generation > last + 1 { broken.append(.oneCommitInFlight) }
        return broken
    }

    /// The same archive with all debris made alike and lost records forgotten: no rule looks into debris.
    func canonical(_ rules: Rules) -> Archive {
        var result = self
        guard disk.entries.values.allSatisfy({ $0.file?.unsynced ?? 0 == 0 && !$0.isUnsynced }) else {
            return self
        }
        let reading = reading(rules)
        for (name, entry) in disk.entries {
            guard let pages = entry.file?.visible else { continue }
            switch name {
            case .head(let index) where reading.heads[index] == nil:
                result.disk.settle([.garbage, .garbage], as: name)
            case .segment:
                guard reading.newest?.debris[name] == nil else { continue }
                guard let live = reading.newest?.live[name] else {
                    result.disk.settle([.garbage], as: name)
                    continue
                }
                guard live.closedTail == nil, pages.starts(with: live.root) else { continue }
                let tail = Array(pages[live.root.count...])
                let copy = commits[live.lastCommit]?.pages ?? []
                if !tail.isEmpty && tail != copy {
                    result.disk.settle(live.root + (tail.starts(with: copy) ? copy : []) + [.garbage], as: name)
                }
            case .journal(let number) where reading.newest?.debris[name] == nil:
                let elements = reading.journalFiles.first { $0.number == number }?.elements ?? []
                let same = elements.flatMap { element -> [Page] in
                    if case .record(let id) = element { commits[id]?.pages ?? [] } else { [.garbage] }
                }
                result.disk.settle(same, as: name)
            default: break
            }
        }
        var kept: Set<Int> = Set(acknowledged).union(reading.newest?.live.values.map(\.lastCommit) ?? [])
        for entry in result.disk.entries.values {
            for case .record(let id, 0) in entry.file?.visible ?? [] { kept.insert(id) }
        }
        result.commits = commits.filter { kept.contains($0.key) }
        return result
    }
}
