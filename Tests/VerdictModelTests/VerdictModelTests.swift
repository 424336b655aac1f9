import Testing

/// The rules for segments, commits, heads and verdicts, tried on every state that crashes and a fault can leave.
///
/// A power cut keeps, loses or tears each unsynced sector and keeps or loses each unsynced name, in every combination;
/// a kill leaves everything unsynced to a later power cut. The sizes are small: one sector of mail a commit, records of
/// one or two sectors, journal files of four.
@Suite("The verdict table")
struct VerdictModelTests {
    static let sessions: [Session] = [.importing(2), .changingHeader, .removingOldest]

    /// One exploration for all promises: no, one or two crashes, then a whole session or one fault and a whole session.
    static let spec = Task {
        async let importing = exploration(from: [.importing(2)])
        async let others = exploration(from: [.changingHeader, .removingOldest])
        return await importing.joined(with: others)
    }

    private static func exploration(from sessions: [Session]) async -> Exploration {
        var exploration = Exploration(.spec)
        let new = Archive.new(.spec)
        let once = exploration.crash([new], in: sessions)
        exploration.finish(exploration.crash(once, in: [.importing(1)]))
        exploration.fault(once.union([new]))
        return exploration
    }

    @Test("every promise is kept in every state", arguments: Promise.allCases)
    func promiseIsKept(_ promise: Promise) async {
        let broken = await Self.spec.value.broken[promise]
        #expect(
            broken == nil,
            "\(promise.rawValue): \(broken?.count ?? 0) states, the first:\n\(broken?.example ?? "")"
        )
    }

    @Test("the exploration reaches thousands of crashes and faults, and every verdict")
    func explorationIsNotEmpty() async {
        let spec = await Self.spec.value
        print("verdict model: \(spec.visited) states, of them \(spec.faultCount) faults; distinct: \(spec.verdicts)")
        #expect(spec.visited > 20_000)
        #expect(spec.faultCount > 4_000)
        for verdict in [Verdict.clean, .warning, .error] { #expect((spec.verdicts[verdict] ?? 0) > 100) }
    }

    @Test("an archive at rest is clean, and each row of the table is met by some state")
    func everyRowIsMet() {
        let new = Archive.new(.spec)
        #expect(new.reading(.spec).findings.isEmpty)
        var rows: Set<String> = []
        var crashed = Self.sessions.reduce(into: Set([new])) { $0.formUnion(new.crashes(in: $1, .spec).distinct) }
        if let longer = crashed.compactMap({ $0.after(.importing(1), .spec) })
            .first(where: { $0.reading(.spec).newest?.debris.isEmpty == false })
        {
            crashed.insert(longer.settled)
        }
        for archive in crashed where archive == archive.settled {
            for state in archive.faults().map(archive.suffering) + [archive] {
                for finding in state.reading(.spec).findings {
                    rows.insert(String("\(finding)".prefix { $0 != "(" }))
                }
            }
        }
        // A fork takes a second writer or a forger, a lost newest record two faults, no header or only older ones three.
        #expect(
            rows == [
                "noValidHead", "liveFileDamaged", "journalRecordMissing", "headsBehind",
                "otherHeadBehind", "tailCopyDamaged", "unowned", "debrisChanged", "headerSpare",
            ]
        )
    }

    @Test("two signed commits of one generation are a fork, and no writer accepts them")
    func forkIsRefused() {
        var archive = Archive.new(.spec)
        guard var other = archive.acknowledged.last.flatMap({ archive.commits[$0] }) else { return }
        other.id = 99
        archive.commits[99] = other
        archive.disk.settle(other.pages, as: .journal(2))
        #expect(archive.reading(.spec).findings.contains(.fork(other.generation)))
        #expect(Writer(.importing(1), on: archive, rules: .spec) == nil)
    }

    @Test("a writer writes only heads, files it made, and the journal after its last record", arguments: sessions)
    func writerReusesNothing(_ session: Session) {
        let new = Archive.new(.spec)
        for archive in new.crashes(in: session, .spec).distinct {
            for next in Self.sessions {
                guard let writer = Writer(next, on: archive, rules: .spec) else { continue }
                var made: Set<Name> = []
                for step in writer.steps {
                    switch step {
                    case .create(let name):
                        if case .headerNew = name {} else { #expect(archive.disk.pages(name) == nil) }
                        made.insert(name)
                    case .write(_, .head, _): break
                    case .write(_, let name, let index):
                        #expect(made.contains(name) || index >= archive.disk.pages(name)?.count ?? 0)
                    case .delete(.segment(let number)):
                        let names = writer.commits.values.max { $0.id < $1.id }?.live
                        #expect(names?[.segment(number)] == nil)
                    case .delete(.headerNew), .delete(.headerBad): break
                    case .delete(let name): Issue.record("deletes \(name)")
                    case .rename(.header, .headerBad), .rename(.headerNew, .header): break
                    case .rename(let name, _): Issue.record("renames \(name)")
                    case .fsync, .fsyncDirectory, .acknowledge: break
                    }
                }
            }
        }
    }

    @Test("each rule is needed: without it a promise breaks", arguments: Omission.allCases)
    func ruleIsNeeded(_ omission: Omission) {
        var exploration = Exploration(omission.rules)
        let new = Archive.new(omission.rules)
        let once = exploration.crash([new], in: [omission.session])
        for archive in once where exploration.broken[omission.breaks] == nil {
            let states = omission.crashes == 2 ? exploration.crash([archive], in: [.importing(2)]) : [archive]
            if !omission.breaks.needsFault { exploration.finish(states) }
            guard omission.breaks.needsFault else { continue }
            for state in states where exploration.broken[omission.breaks] == nil && omission.canShow(in: state) {
                exploration.fault([state])
            }
        }
        #expect(exploration.broken[omission.breaks] != nil, "still kept: \(omission.breaks.rawValue)")
    }
}
