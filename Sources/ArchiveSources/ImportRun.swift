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
    let pipeline: PreparePipeline
    var run: Run
    var rejects: [RejectReport] = []
    /// Messages that the archive has, and of which no manifest has the envelope yet.
    private(set) var lacking: Set<Bytes32>
    /// Pieces of the MBOX under work that were met and cannot be read any more.
    var lostCount: UInt64 = 0
    private var folderCounts: [Folder: ImportCounts] = [:]
    private var folderOrder: [Folder] = []
    private var nextFile: UInt64 = 0
    /// Files that need the main thread's work, met by the workers: done when what was under way is stored.
    private var deferred: [(SourceItem, SourceFile.Identity?, MailKind)] = []
    /// Files that no worker could open, because too many were open: tried again when nothing else is under way.
    private var crowdedOut: [(item: SourceItem, error: StorageError)] = []
    /// Whether the run was asked to stop within a file, which is left out then.
    private(set) var isStopping = false
    /// How many sources hold a file open, this one among them.
    var openSourceCount = 1
    private var lastFolder: (path: ArraySlice<[UInt8]>, folder: Folder)?
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

    /// How many files may be under way, each with a directory open of its own; the archive's own files need some too.
    private func mostItems(walkDepth: Int) -> Int {
        let limit = OpenFiles.limit
        return max(1, limit - min(64, limit / 2) - options.jobs - openSourceCount - walkDepth)
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
        pipeline.submit(SourceItem(number: takeNumber(), path: [], name: source.name, content: .opened(file)))
        return try finishDeferred(all: true)
    }

    private func walk(_ path: [UInt8]) throws(ArchiveError) -> Bool {
        var walker: SourceDirectoryWalker
        do throws(StorageError) {
            walker = try SourceDirectoryWalker(path: path)
        } catch {
            guard error.cause != .tooManyOpenFiles else { throw ArchiveError(error) }
            // It was there when the import began: told and counted like a file that is gone, and the import goes on.
            let item = SourceItem(number: takeNumber(), path: [], name: source.name, content: .gone(error))
            unreadable(item, error.message)
            return true
        }
        var crowdedPath: [UInt8]?
        while let entry = walker.next() {
            if isStopped() {
                try drain(all: true)
                return false
            }
            pipeline.mostItems = mostItems(walkDepth: walker.depth)
            if case .unreadable(let error) = entry.kind, error.cause == .tooManyOpenFiles {
                guard crowdedPath != entry.path else { throw ArchiveError(error) }
                crowdedPath = entry.path
                guard try finishDeferred(all: true) else { return false }
                walker.stepBack()
                continue
            }
            if case .directory = entry.kind { continue }
            let item = SourceItem(
                number: takeNumber(),
                path: entry.path.split(separator: UInt8(ascii: "/")).map { Array($0) },
                name: Array(entry.name),
                content: .met(entry)
            )
            switch entry.kind {
            case .file: pipeline.submit(item)
            case .unreadable(let error): unreadable(item, error.message)
            default: unreadable(item, "neither file nor folder")
            }
            guard try finishDeferred(all: false) else { return false }
        }
        return try finishDeferred(all: true)
    }

    /// Takes what the workers have finished, then does what they left to this thread; `false` when asked to stop.
    private func finishDeferred(all: Bool) throws(ArchiveError) -> Bool {
        try drain(all: all)
        while true {
            while !deferred.isEmpty {
                if isStopped() {
                    try drain(all: true)
                    return false
                }
                let (item, identity, kind) = deferred.removeFirst()
                guard try importSlowly(item, identity, kind) else { return false }
                if all { try drain(all: true) }
            }
            guard !crowdedOut.isEmpty else { return true }
            // What is under way has files open too.
            try drain(all: true)
            guard deferred.isEmpty else { continue }
            let again = crowdedOut
            crowdedOut = []
            for (item, _) in again { pipeline.submit(item) }
            try drain(all: true)
            // Nothing else was under way, and yet not one could be opened: nothing will change that.
            if crowdedOut.count == again.count, let error = again.first?.error { throw ArchiveError(error) }
        }
    }

    /// Opens a file that a worker has looked at and closed; nil when that cannot be done, which is told.
    private func open(
        _ item: SourceItem,
        _ identity: SourceFile.Identity?
    ) throws(ArchiveError) -> (any RandomAccessBytes)? {
        var isRetry = false
        while true {
            do throws(StorageError) {
                let file = try item.open()
                if (file as? SourceFile)?.identity == identity { return file }
                unreadable(item, "it changed while it was read")
                return nil
            } catch {
                guard error.cause == .tooManyOpenFiles else {
                    unreadable(item, error.message)
                    return nil
                }
                guard !isRetry else { throw ArchiveError(error) }
                isRetry = true
                try drain(all: true)
            }
        }
    }

    private func importSlowly(
        _ item: SourceItem,
        _ identity: SourceFile.Identity?,
        _ kind: MailKind
    ) throws(ArchiveError) -> Bool {
        guard let file = try open(item, identity) else { return true }
        do throws(ArchiveError) {
            switch kind {
            case .mbox: return try importMbox(item, file)
            case .eml: try importLarge(item, file)
            case .empty: try rejectWhole(item, file, .empty, "the file is empty")
            case .unknown(let reason): try rejectWhole(item, file, .notMail, reason.text)
            }
        } catch {
            guard error.code == .source else { throw error }
            try settle()
            if isStopping { return false }
            unreadable(item, error.detail, ordinal: nextOrdinal)
        }
        return true
    }

    /// Stores what is under way, whatever is wrong with the source.
    private func settle() throws(ArchiveError) {
        while true {
            do throws(ArchiveError) {
                return try drain(all: true)
            } catch {
                guard error.code == .source else { throw error }
            }
        }
    }

    /// The ordinal that the next piece of the file under work would have.
    var nextOrdinal: UInt64 = 0

    func folder(of item: SourceItem, isMbox: Bool = false) -> Folder {
        guard isMbox else { return folder(ofFileAt: item.path) }
        var names = Array(item.path.dropLast())
        var name = item.name
        let suffix = Array(".mbox".utf8)
        if name.count > suffix.count, name.suffix(suffix.count).elementsEqual(suffix) {
            name.removeLast(suffix.count)
        }
        names.append(name)
        return folder(named: names)
    }

    private func folder(ofFileAt path: [[UInt8]]) -> Folder {
        let directory = path.dropLast()
        if let lastFolder, lastFolder.path == directory { return lastFolder.folder }
        let folder = folder(named: Array(directory))
        lastFolder = (directory, folder)
        return folder
    }

    private func folder(named names: [[UInt8]]) -> Folder {
        Folder(mailbox: options.mailbox, path: Array((options.folder + names).prefix(Limits.components)))
    }

    // MARK: Messages

    /// A message too long for memory, in a file of its own.
    private func importLarge(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) {
        nextOrdinal = 0
        let folder = folder(of: item)
        var large = LargeMessage(
            source: FileByteSource(file: file),
            range: 0..<file.byteCount,
            quoting: .none,
            lineEnds: .lf
        )
        let stored = try large.store(in: session, keys: keys, goOn: goOn) { () throws(ArchiveError) in
            try requireUnchanged(file)
        }
        add(stored.id, stored.size, stored.envelope, stored.isNew, folder, Origin(file: item.number, ordinal: 0))
        finish(item.entry(file, kind: .eml, pieces: 1), file.byteCount)
        try commitIfFull()
    }

    func requireUnchanged(_ file: any RandomAccessBytes) throws(ArchiveError) {
        guard let file = file as? SourceFile else { return }
        let changed = try ImportSource.source { () throws(StorageError) in try file.changedSinceOpened() }
        if changed { throw ArchiveError(.source, file.displayName, "it changed while it was read") }
    }

    func finish(_ entry: SourceFileEntry, _ byteCount: UInt64) {
        session.manifest.add(file: entry, run: run.id)
        run.counts.byteCount += byteCount
    }

    func add(
        _ id: Bytes32,
        _ size: UInt64,
        _ envelope: MailEnvelope,
        _ isNew: Bool,
        _ folder: Folder,
        _ origin: Origin
    ) {
        let lacksEnvelope = lacking.remove(id) != nil
        var placement = Placement(run: 0, folder: 0)
        placement.origin = origin
        session.manifest.add(
            content: id,
            size: size,
            envelope: isNew || lacksEnvelope ? envelope : nil,
            run: run.id,
            folder: folder,
            placement: placement
        )
        count(folder, bytes: size) { counts in
            counts.found += 1
            if isNew { counts.stored += 1 } else { counts.alreadyThere += 1 }
        }
    }

    private func store(_ message: PreparedMessage) throws(ArchiveError) -> Bool {
        let key = ObjectKey(message.id, .content)
        guard let object = message.object, !session.isKnown(key) else { return false }
        for part in message.parts { try session.add(ObjectKey(part.id, .part), part.bytes) }
        try session.add(key, object)
        return true
    }

    /// Takes what the workers have finished, in order.
    func drain(all: Bool) throws(ArchiveError) {
        while let finished = pipeline.next(waiting: all) {
            switch finished {
            case .eml(let message, let entry):
                let isNew = try store(message)
                let item = Origin(file: entry.number, ordinal: 0)
                add(message.id, message.size, message.envelope, isNew, folder(ofFileAt: entry.path), item)
                finish(entry, entry.size)
            case .other(let item, let identity, let kind): deferred.append((item, identity, kind))
            case .crowdedOut(let item, let error): crowdedOut.append((item, error))
            case .unreadable(let item, let text): unreadable(item, text)
            case .postponed(let item): pipeline.submit(item)
            case .lost(let item, let folder, let place):
                lose(item.message.range, item.origin.ordinal, ofFile: item.origin.file, folder, place)
            case .mbox(let block):
                for item in block {
                    let message = item.message
                    let isNew = try store(message)
                    add(message.id, message.size, message.envelope, isNew, item.folder, item.origin)
                }
            }
            try commitIfFull()
        }
    }
}
