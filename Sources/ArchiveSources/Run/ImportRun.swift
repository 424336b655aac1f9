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
    /// What was left out on purpose.
    var skipped: [SkipReason: UInt64] = [:]
    /// How many items the source says its folders have.
    var expected: [Folder: UInt64] = [:]
    /// Messages that the archive has, and of which no manifest has the envelope yet.
    var lacking: Set<Bytes32>
    /// Pieces of the MBOX under work that were met and cannot be read any more.
    var lostCount: UInt64 = 0
    private var folderCounts: [Folder: ImportCounts] = [:]
    private var folderOrder: [Folder] = []
    private var nextFile: UInt64 = 0
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
        let kind: RunKind
        switch source.kind {
        case .file: kind = .emlFile
        case .directory: kind = .folder
        case .standardInput: kind = .standardInput
        }
        run = Run(id: Random.bytes(16), name: source.name, kind: kind.rawValue, start: Clock.seconds())
        run.program = Array("portable-archive 1".utf8)
        pipeline = PreparePipeline(keys: session.keys, known: session.known, lacking: lacking, jobs: options.jobs)
    }

    func start() {
        session.runs.append(run)
    }

    func end(isWhole: Bool) throws(ArchiveError) {
        run.end = Clock.seconds()
        run.isComplete = isWhole
        run.folders = folderOrder.map { ($0, folderCounts[$0] ?? ImportCounts()) }
        var written = run
        written.folders = Array(ImportRun.fitting(run.folders))
        note(written)
        try session.commit()
    }

    private func note(_ run: Run) {
        session.runs.removeAll { $0.id == run.id }
        session.runs.append(run)
    }

    /// As many folders as a run record holds well (Spec, format.md, section 8.5); the manifests have all of them.
    private static func fitting(
        _ folders: [(folder: Folder, counts: ImportCounts)]
    ) -> ArraySlice<(folder: Folder, counts: ImportCounts)> {
        var room = folderByteCount
        var count = 0
        for (folder, _) in folders {
            // Five counts of at most nine bytes, and the heads of the lists and strings.
            room -= folder.path.reduce(64 + folder.mailbox.count) { $0 + $1.count + 3 }
            guard room >= 0 else { break }
            count += 1
        }
        return folders.prefix(count)
    }

    private static let folderByteCount = 8_000_000

    func commitIfFull() throws(ArchiveError) {
        guard session.isFull else { return try session.writeFullManifests() }
        // Without its folders: they come with the end, or each commit would hold all of them again.
        note(run)
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

    func takeNumber() -> UInt64 {
        defer { nextFile += 1 }
        return nextFile
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
        var item = SourceItem(number: takeNumber(), path: [], name: source.name, content: .opened(file))
        item.kind = options.kind
        pipeline.submit(item)
        return try finishDeferred(all: true, nesting: 0)
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
