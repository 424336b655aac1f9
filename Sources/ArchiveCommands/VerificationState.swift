import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The ledger of an archive in the user's state directory: read once, written anew, whole or not at all.
final class VerificationState: Sendable {
    private struct State {
        var ledger: VerificationLedger
        var lastSaved: UInt64 = 0
        var hasFailed = false
    }

    private let level: VerificationLedger.Level
    private let state: Mutex<State>
    private let name: ArchivePath?
    private let isWanted: Bool

    /// Seconds between two savings while a verification runs: what is lost at most when the machine stops.
    private static let interval: UInt64 = 5
    /// A ledger of a million segments is smaller.
    private static let limit = 64 << 20

    /// Reads the ledger of an archive.
    ///
    /// `wanted`: the user asked for what it says, so it is told when it cannot be read or kept.
    init(_ archiveID: Bytes32, _ level: VerificationLedger.Level, wanted: Bool) {
        self.level = level
        isWanted = wanted
        name = ArchivePath("\(archiveID.hex).cbor")
        var ledger = VerificationLedger(archiveID: archiveID)
        if let name, let directory = Machine.stateDirectory,
            let storage = try? PosixStorage(opening: directory), (try? storage.exists(name)) == true
        {
            let bytes = try? storage.openForReading(name).readAll(limit: VerificationState.limit)
            if let found = bytes.flatMap({ VerificationLedger($0, archiveID: archiveID) }) {
                ledger = found
            } else if wanted {
                Output.tell("what was verified earlier cannot be read; all begins anew")
            }
        }
        state = Mutex(State(ledger: ledger))
    }

    static var now: UInt64 { UInt64(clamping: time(nil)) }

    /// When everything was begun to be verified, and not ended.
    var unfinished: UInt64? { state.withLock { $0.ledger.unfinishedRound(level) } }

    func plan(_ files: [LiveFile], _ extent: VerificationPlan.Extent) -> VerificationPlan {
        state.withLock { VerificationPlan(files, $0.ledger, level, extent, now: VerificationState.now) }
    }

    /// A verification of everything begins or goes on.
    func begin(_ plan: VerificationPlan) {
        if let start = plan.start { state.withLock { $0.ledger.setRound(level, start) } }
    }

    /// A segment was found good.
    func note(_ file: LiveFile) {
        let now = VerificationState.now
        state.withLock { state in
            state.ledger.note(file, level, at: now)
            if now >= state.lastSaved + VerificationState.interval { save(&state, now) }
        }
    }

    /// Nothing more is verified; `isWhole`: nothing is left to go on with.
    func end(_ files: [LiveFile], isWhole: Bool) {
        state.withLock { state in
            if isWhole { state.ledger.setRound(level, nil) }
            state.ledger.keep(files)
            save(&state, VerificationState.now)
        }
    }

    /// The segments that were never verified, and when the one was that was verified first of all others.
    func summary(_ files: [LiveFile]) -> (neverCount: Int, oldest: UInt64?) {
        state.withLock { state in
            let segments = files.filter { $0.kind == .segment && $0.length > 0 }
            let times = segments.compactMap { state.ledger.time(of: $0, level) }
            return (segments.count - times.count, times.min())
        }
    }

    /// What cannot be kept is no error: the verification itself does not need it.
    private func save(_ state: inout State, _ now: UInt64) {
        guard let name, !state.hasFailed else { return }
        state.lastSaved = now
        guard let directory = Machine.stateDirectory else { return }
        do throws(StorageError) {
            Machine.makeDirectories(directory)
            let storage = try PosixStorage(opening: directory)
            guard let new = ArchivePath("\(name).new") else { return }
            if try storage.exists(new) { try storage.remove(new) }
            let file = try storage.createFile(new)
            try file.append(state.ledger.encoded)
            try file.sync()
            try file.close()
            try storage.rename(new, to: name, replacing: true)
        } catch {
            state.hasFailed = true
            guard isWanted else { return }
            Output.tell("what was verified cannot be noted: \(error.place): \(error.message)")
        }
    }
}
