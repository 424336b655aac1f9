/// One rule left out, and the promise that then breaks.
enum Omission: CaseIterable {
    case debrisSpansFiles, everyTailCopyIsChecked, debrisIsNamed, debrisIsWatched
    case fsyncsWhatItFound, writesHeadsAtOpening, fsyncsDirectories, fsyncsDataFirst, fsyncsJournalBeforeHead
    case writesTheOlderHead, opensNewJournalAfterDebris, levelsHeadersFirst, fsyncsBetweenReplicas
    case replacesHeadersBeforeTheCommit, closingRepeatsTheRoot, restoresJournalFromHeads, neverReusesNumbers
    case closesTornSeals

    var rules: Rules {
        var rules = Rules.spec
        switch self {
        case .debrisSpansFiles: rules.debrisSpansFiles = false
        case .everyTailCopyIsChecked: rules.everyTailCopyIsChecked = false
        case .debrisIsNamed: rules.debris = .warned
        case .debrisIsWatched: rules.debris = .ignored
        case .fsyncsWhatItFound: rules.fsyncsWhatItFound = false
        case .writesHeadsAtOpening: rules.writesHeadsAtOpening = false
        case .fsyncsDirectories: rules.fsyncsDirectories = false
        case .fsyncsDataFirst: rules.fsyncsDataFirst = false
        case .fsyncsJournalBeforeHead: rules.fsyncsJournalBeforeHead = false
        case .writesTheOlderHead: rules.writesTheOlderHead = false
        case .opensNewJournalAfterDebris: rules.opensNewJournalAfterDebris = false
        case .levelsHeadersFirst: rules.levelsHeadersFirst = false
        case .fsyncsBetweenReplicas: rules.fsyncsBetweenReplicas = false
        case .replacesHeadersBeforeTheCommit: rules.replacesHeadersBeforeTheCommit = false
        case .closingRepeatsTheRoot: rules.closingRepeatsTheRoot = false
        case .restoresJournalFromHeads: rules.restoresJournalFromHeads = false
        case .neverReusesNumbers: rules.neverReusesNumbers = false
        case .closesTornSeals: rules.closesTornSeals = false
        }
        return rules
    }

    var breaks: Promise {
        switch self {
        case .debrisSpansFiles, .fsyncsDirectories, .fsyncsDataFirst, .fsyncsJournalBeforeHead,
            .fsyncsBetweenReplicas, .replacesHeadersBeforeTheCommit:
            .crashIsNoError
        case .everyTailCopyIsChecked: .faultIsSeen
        case .debrisIsNamed, .debrisIsWatched, .opensNewJournalAfterDebris, .levelsHeadersFirst, .closesTornSeals:
            .nextSessionCleans
        case .fsyncsWhatItFound: .acknowledgedStays
        case .writesHeadsAtOpening: .oneCommitInFlight
        case .writesTheOlderHead: .lossIsError
        case .closingRepeatsTheRoot, .neverReusesNumbers: .writerHidesNothing
        case .restoresJournalFromHeads: .writerKeepsRecords
        }
    }

    /// The session in which the first crash shows it.
    var session: Session {
        switch self {
        case .levelsHeadersFirst, .fsyncsBetweenReplicas, .replacesHeadersBeforeTheCommit: .changingHeader
        default: .importing(2)
        }
    }

    /// How many crashes it takes.
    var crashes: Int {
        switch self {
        case .everyTailCopyIsChecked, .writesTheOlderHead, .closingRepeatsTheRoot, .neverReusesNumbers,
            .closesTornSeals, .debrisIsNamed:
            1
        default: 2
        }
    }

    /// Whether a fault in this state can show it: only where the heads differ and a record has lost its copy S.
    func canShow(in archive: Archive) -> Bool {
        guard self == .restoresJournalFromHeads else { return true }
        let heads = archive.reading(rules).heads.compactMap { $0 }
        let segments = archive.disk.names.filter { if case .segment = $0 { true } else { false } }
        return heads.count == 2 && heads[0].id != heads[1].id
            && heads.contains { head in
                !segments.contains { archive.disk.pages($0)?.contains(.record(commit: head.id, part: 0)) ?? false }
            }
    }
}
