/// All states of an archive that some sessions, crashes and faults lead to, and the promises found broken on the way.
struct Exploration {
    let rules: Rules
    /// States visited, before equal ones were counted once.
    private(set) var visited = 0
    /// A broken promise with the first state that shows it, and how many do.
    private(set) var broken: [Promise: (count: Int, example: String)] = [:]
    private(set) var verdicts: [Verdict: Int] = [:]
    private(set) var faultCount = 0

    init(_ rules: Rules) { self.rules = rules }

    func joined(with other: Exploration) -> Exploration {
        var both = self
        both.visited += other.visited
        both.faultCount += other.faultCount
        both.verdicts.merge(other.verdicts, uniquingKeysWith: +)
        both.broken.merge(other.broken) { ($0.count + $1.count, $0.example) }
        return both
    }

    mutating func note(_ promise: Promise, _ archive: Archive, _ detail: String) {
        broken[promise, default: (0, "\(detail)\n\(archive.trace(rules))")].count += 1
    }

    /// The distinct states after a crash in each of `sessions`, begun on each of `archives`; every one keeps its promises.
    mutating func crash(_ archives: Set<Archive>, in sessions: [Session]) -> Set<Archive> {
        var states: Set<Archive> = []
        for archive in archives {
            for session in sessions {
                let crashes = archive.crashes(in: session, rules)
                visited += crashes.states
                if crashes.states == 0 { note(.nextWriterIsAccepted, archive, "\(session)") }
                states.formUnion(crashes.distinct)
            }
        }
        for state in states {
            let reading = state.reading(rules)
            verdicts[reading.verdict, default: 0] += 1
            for promise in state.brokenPromises(reading) { note(promise, state, "\(reading.findings)") }
        }
        return states
    }

    /// A whole session on each state: everything acknowledged stays, and the verdict is clean.
    mutating func finish(_ archives: Set<Archive>) {
        for archive in archives {
            guard let after = archive.after(.importing(1), rules) else { continue }
            visited += 1
            let reading = after.reading(rules)
            for promise in after.brokenPromises(reading) { note(promise, after, "\(reading.findings)") }
            if reading.verdict != .clean { note(.nextSessionCleans, after, "\(reading.findings)") }
        }
    }

    /// Every single fault on each settled state, and what the next writer makes of it.
    mutating func fault(_ archives: Set<Archive>) {
        for archive in archives where archive == archive.settled {
            let before = archive.reading(rules)
            for fault in archive.faults() {
                visited += 1
                faultCount += 1
                let damaged = archive.suffering(fault)
                let reading = damaged.reading(rules)
                verdicts[reading.verdict, default: 0] += 1
                let least = archive.leastVerdict(of: fault, before)
                if reading.verdict < least {
                    let promise = reading.verdict == .clean ? Promise.faultIsSeen : .faultOnMailIsError
                    note(promise, archive, "\(fault) gives \(reading.findings)")
                }
                let isLost = archive.acknowledged.contains { !reading.chain.values.contains($0) }
                if isLost, reading.verdict != .error { note(.lossIsError, archive, "\(fault)") }
                if reading.newest == nil, reading.verdict != .error { note(.tableIsComplete, archive, "\(fault)") }
                nextWriter(on: damaged, after: fault, reading)
            }
        }
    }

    private mutating func nextWriter(on damaged: Archive, after fault: Fault, _ reading: Reading) {
        guard let after = damaged.after(.importing(1), rules) else { return }
        let next = after.reading(rules)
        if !reading.records.intersection(damaged.acknowledged).isSubset(of: next.records) {
            note(.writerKeepsRecords, damaged, "\(fault), then \(next.findings)")
        }
        for finding in reading.findings {
            if case .liveFileDamaged = finding, !next.findings.contains(finding) {
                note(.writerHidesNothing, damaged, "\(fault), then \(next.findings)")
            }
        }
        let new = next.findings.subtracting(reading.findings).filter(\.isError)
        if !new.isEmpty { note(.writerMakesNoError, damaged, "\(fault), then \(new)") }
    }
}

extension Archive {
    /// The archive once everything unsynced has reached the medium.
    var settled: Archive {
        var archive = self
        for (name, entry) in disk.entries { archive.disk.settle(entry.file?.visible, as: name) }
        return archive
    }

    /// The state, for a person to read.
    func trace(_ rules: Rules) -> String {
        let reading = reading(rules)
        var lines = disk.names.map { "    \($0): \(disk.pages($0) ?? [])" }
        lines.append(
            "    acknowledged \(acknowledged), h \(reading.headGeneration ?? 0), N \(reading.newest?.generation ?? 0)"
        )
        return lines.joined(separator: "\n").replacing("VerdictModelTests.", with: "")
    }
}
