import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// One run over one source (Spec, format.md, sections 8.4 and 8.5).
///
/// Worker threads read and prepare; this thread decides what is new, keeps the account and commits. What a source does
/// wrong (`ArchiveError` with the code `source`) is noted as rejected and the run goes on; any other error ends it.
final class ImportRun {
    let source: ImportSource
    let session: WriteSession
    let keys: AppendKeys
    let options: ImportOptions
    let naming: FolderNaming
    let pipeline: PreparePipeline
    var run: Run
    var rejects: [RejectReport] = []
    /// What was opened, other than files of one message: for the report.
    var openings: [OpenedSource] = []
    /// What is not as it should be in messages that were taken nevertheless.
    var notes: [String] = []
    /// What was left out on purpose.
    var skipped: [SkipReason: UInt64] = [:]
    /// How many items the source says its folders have.
    var expected: [Folder: UInt64] = [:]
    /// What the source is, when it is a file of one message.
    var messageKind = SourceFileKind.eml
    /// What the containers of the source have unpacked.
    let budget = ContainerBudget()
    /// Lists beside the mail, and what was met of what they name.
    let lists = MetLists()
    /// What the comparison with those lists has shown, at the end.
    var listShortfalls: [ListShortfall] = []
    /// Messages that the archive has, and of which no manifest has the envelope yet.
    var lacking: Set<Bytes32>
    /// Pieces of the MBOX under work that were met and cannot be read any more.
    var lostCount: UInt64 = 0
    private var folderCounts: [Folder: ImportCounts] = [:]
    private var folderOrder: [Folder] = []
    var nextFile: UInt64 = 0
    /// What an earlier part of the same run has done.
    let resume: Resume?
    /// Numbers of that part that were met again.
    var takenNumbers: Set<UInt64> = []
    /// Messages that are new with this run although the archive has them, until they are counted.
    var storedEarlier: Set<Bytes32>
    /// What of `skipped` and `expected` was told by stores that need not be read again.
    private var toldByStores: (skipped: [SkipReason: UInt64], expected: [Folder: UInt64]) = ([:], [:])
    /// Files that need the main thread's work, met by the workers, by how deep they lie: done when what was under way is
    /// stored, by the loop over the container that they lie in.
    var deferred: [[DeferredFile]] = [[]]
    /// Files that no worker could open, because too many were open: tried again when nothing else is under way.
    var crowdedOut: [(item: SourceItem, error: StorageError)] = []
    /// Whether the run was asked to stop within a file, which is left out then.
    private(set) var isStopping = false
    /// How many sources hold a file open, this one among them.
    var openSourceCount = 1
    /// The ordinal that the next piece of the file under work would have.
    var nextOrdinal: UInt64 = 0
    private let progress: (ImportCounts) -> Void
    private let shouldStop: () -> Bool

    init(
        _ source: ImportSource,
        _ session: WriteSession,
        _ options: ImportOptions,
        lacking: Set<Bytes32>,
        unplaced: Set<Bytes32> = [],
        resume: Resume? = nil,
        progress: @escaping (ImportCounts) -> Void,
        shouldStop: @escaping () -> Bool
    ) {
        self.source = source
        self.session = session
        self.options = options
        self.lacking = lacking
        self.progress = progress
        self.shouldStop = shouldStop
        naming = FolderNaming(options: options)
        keys = session.keys
        self.resume = resume
        storedEarlier = resume.map { unplaced.union($0.stored) } ?? []
        if let resume {
            run = resume.run
            for (reason, count) in run.skipped {
                guard let reason = SkipReason(rawValue: String(decoding: reason, as: UTF8.self)) else { continue }
                toldByStores.skipped[reason, default: 0] += count
            }
            for (folder, count) in run.expected { toldByStores.expected[folder, default: 0] += count }
            skipped = toldByStores.skipped
            expected = toldByStores.expected
            run.counts = ImportCounts()
            run.folders = []
            run.end = nil
            run.continuedCount += 1
            nextFile = resume.nextNumber
        } else {
            run = Run(id: Random.bytes(16), name: source.name, kind: source.runKind.rawValue, start: Clock.seconds())
            run.source = source.identity(options, session.keys)
        }
        run.program = Array("portable-archive 1".utf8)
        pipeline = PreparePipeline(
            keys: session.keys,
            known: session.known,
            lacking: lacking,
            resume: resume,
            jobs: options.jobs
        )
    }

    /// The proof of a file that was read whole; the run tells what its source is.
    func proof(of item: SourceItem, _ kind: SourceFileKind, _ hash: SerialHash) -> Bytes32 {
        if item.path.isEmpty, item.surroundings.nesting == 0 { tell(kind, hash.root()) }
        return hash.finish()
    }

    /// The run is one over a file of a kind.
    private func tell(_ kind: SourceFileKind, _ root: Bytes32) {
        run.sourceHash = root
        guard case .file = source.kind, kind != .unknown,
            let kind = SourceKind.allCases.first(where: { $0.fileKind == kind })
        else {
            return
        }
        run.kind = kind.runKind.rawValue
    }

    /// One message in a file: its own id is all the proof that is kept, so the file is hashed for the run.
    private func tellMessage(_ file: any RandomAccessBytes) throws(ArchiveError) {
        guard run.sourceHash == nil, run.counts.found > 0 else { return }
        let hash = SerialHash(keys)
        try hash.update(FileByteSource(file: file), 0..<file.byteCount, goOn)
        tell(messageKind, hash.root())
    }

    func start() {
        session.runs.append(run)
    }

    func end(isWhole: Bool) throws(ArchiveError) {
        run.end = Clock.seconds()
        run.isComplete = isWhole
        if isWhole { countMissing() }
        run.folders = folderOrder.map { ($0, folderCounts[$0] ?? ImportCounts()) }
        // A folder tells again what it told when the run goes on.
        let skipped = isWhole ? skipped : toldByStores.skipped
        let expected = isWhole ? expected : toldByStores.expected
        list(skipped, expected)
        if isWhole { compareLists() }
        let written = run.fitting()
        note(written)
        try session.commit()
    }

    private func list(_ skipped: [SkipReason: UInt64], _ expected: [Folder: UInt64]) {
        run.skipped = skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            (Array($0.key.rawValue.utf8), $0.value)
        }
        run.expected = expected.sorted {
            $0.key.path.lexicographicallyPrecedes($1.key.path) { $0.lexicographicallyPrecedes($1) }
        }.map { ($0.key, $0.value) }
    }

    /// Notes what a store that was read to its end told besides its items, with the entry that it was read.
    ///
    /// - Parameter before: What was told before it.
    func noteTold(since before: (skipped: [SkipReason: UInt64], expected: [Folder: UInt64])) {
        for (reason, count) in skipped {
            toldByStores.skipped[reason, default: 0] += count - (before.skipped[reason] ?? 0)
        }
        for (folder, count) in expected {
            toldByStores.expected[folder, default: 0] += count - (before.expected[folder] ?? 0)
        }
        list(toldByStores.skipped, toldByStores.expected)
        note(run.fitting())
    }

    private func note(_ run: Run) {
        session.runs.removeAll { $0.id == run.id }
        session.runs.append(run)
    }

    func commitIfFull() throws(ArchiveError) {
        guard session.isFull else { return try session.writeFullManifests() }
        // Without its folders: they come with the end, or each commit would hold all of them again.
        note(run.fitting())
        try session.commit()
    }

    /// Counts an item, for the run and for its folder.
    ///
    /// - Parameter bytes: what the item has; the run counts bytes by files instead, as it reads them.
    func count(_ folder: Folder, bytes: UInt64, _ change: (inout ImportCounts) -> Void) {
        if folderCounts[folder] == nil { folderOrder.append(folder) }
        change(&folderCounts[folder, default: ImportCounts()])
        folderCounts[folder]?.byteCount &+= bytes
        change(&run.counts)
    }

    /// Folders in which fewer items were met than the source says it has.
    var shortfalls: [FolderShortfall] {
        expected.compactMap { folder, count in
            let found = folderCounts[folder]?.found ?? 0
            return found < count ? FolderShortfall(folder: folder, found: found, expected: count) : nil
        }
        .sorted { $0.folder.path.lexicographicallyPrecedes($1.folder.path) { $0.lexicographicallyPrecedes($1) } }
    }

    /// Tells how far it is; whether to stop here.
    func isStopped() -> Bool {
        progress(run.counts)
        return shouldStop()
    }

    /// Ends the file under work when the run was asked to stop; to be called for each few MiB.
    ///
    /// - Throws: `source`; what catches that looks at `isStopping`.
    func goOn(_ place: String) throws(ArchiveError) {
        guard isStopped() else { return }
        isStopping = true
        throw ArchiveError(.source, place, "stopped")
    }

    /// Works through the source; `false` when it was asked to stop.
    func work() throws(ArchiveError) -> Bool {
        switch source.kind {
        case .file(let file): return try importAlone(file)
        case .standardInput(let spool): return try importAlone(spool)
        case .directory(let path): return try walk(path)
        }
    }

    private func importAlone(_ file: any RandomAccessBytes) throws(ArchiveError) -> Bool {
        var item = SourceItem(number: 0, path: [], name: source.name, content: .opened(file))
        item.kind = options.kind
        number(&item)
        pipeline.submit(item)
        guard try finishDeferred(all: true, nesting: 0) else { return false }
        do throws(ArchiveError) {
            try tellMessage(file)
        } catch {
            // All that was in it has been dealt with.
            guard error.code == .source else { throw error }
        }
        return true
    }

    /// How many files may be under way, each with a directory open of its own; the archive's own files need some too.
    func mostItems(walkDepth: Int) -> Int {
        let limit = OpenFiles.limit
        return max(1, limit - min(64, limit / 2) - options.jobs - openSourceCount - walkDepth)
    }
}

/// A file that a worker has looked at and left to the main thread, closed again: many may wait.
struct DeferredFile {
    let item: SourceItem
    let identity: SourceFile.Identity?
    let kind: Judgement
}
