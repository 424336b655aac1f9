import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Dispatch
import MailFormats
import Synchronization

/// Reads and prepares messages on worker threads and gives them back in the order of submission.
final class PreparePipeline {
    struct MboxItem: Sendable {
        var message: MboxMessage
        var origin: Origin
        /// The message's bytes, when they are kept; else they are read again.
        var bytes: OwnedBytes?
    }

    struct PreparedItem: Sendable {
        var message: PreparedMessage
        var origin: Origin
        var folder: Folder
    }

    enum Finished: Sendable {
        /// A file of one message.
        case eml(PreparedMessage, SourceFileEntry)
        /// A file that is none, or too long a message for memory, told by its first bytes; closed again: many may wait.
        case other(SourceItem, SourceFile.Identity?, MailKind)
        case unreadable(SourceItem, String)
        /// Not looked at: enough bytes of mail are in memory without it.
        case postponed(SourceItem)
        /// Not opened: the process, or the system, has too many files open.
        case crowdedOut(SourceItem, StorageError)
        case mbox([PreparedItem])
        /// A message that was met, and cannot be read any more.
        case lost(MboxItem, Folder, place: String)
    }

    private final class Job: Sendable {
        let done = DispatchSemaphore(value: 0)
        /// What was found, and how many bytes of memory it holds.
        let result = Mutex<(found: [Finished], byteCount: Int)?>(nil)
        let itemCount: Int

        init(itemCount: Int) { self.itemCount = itemCount }
    }

    private let workshop: Workshop
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.prepare", attributes: .concurrent)
    private var inFlight: [Job] = []
    private var ready: [Finished] = []
    private var batch: [SourceItem] = []
    private var itemsInFlight = 0
    /// The memory of what was handed out last.
    private var readyByteCount = 0

    /// How many files may be under way at most: each may keep a directory open.
    var mostItems = Int.max

    /// Files in a batch: enough to hash many at once.
    private var batchCount: Int { max(1, min(32, mostItems / 4)) }

    /// - Parameters:
    ///   - known: Objects that the archive has: messages among them are not taken apart again.
    ///   - lacking: Messages among them whose envelope is wanted.
    init(keys: AppendKeys, known: Set<ObjectKey>, lacking: Set<Bytes32>, jobs: Int) {
        workshop = Workshop(keys, known, lacking: lacking)
        mostInFlight = max(1, jobs) + 2
    }

    /// Files are handed over in batches.
    func submit(_ item: SourceItem) {
        batch.append(item)
        if batch.count >= batchCount { dispatch() }
    }

    /// Messages of one block of an MBOX.
    func submit(
        _ block: MboxBlock,
        _ items: [MboxItem],
        _ place: String,
        _ dialect: MboxDialect,
        _ folder: Folder
    ) {
        dispatch()
        let byteCount = Workshop.memory(forMail: block.byteCount)
        workshop.memory.take(byteCount)
        start { ($0.prepare(block, items, place, dialect, folder), byteCount) }
    }

    /// Messages of an MBOX that are read again; not more bytes than the longest message may have.
    func submit(_ source: FileByteSource, _ items: [MboxItem], _ dialect: MboxDialect, _ folder: Folder) {
        dispatch()
        let byteCount = items.reduce(0) {
            $0 + Workshop.memory(forMail: $1.message.content.upperBound - $1.message.content.lowerBound)
        }
        workshop.memory.take(byteCount)
        start { ($0.prepare(source, items, dialect, folder), byteCount) }
    }

    private func dispatch() {
        guard !batch.isEmpty else { return }
        let items = batch
        batch = []
        itemsInFlight += items.count
        start(itemCount: items.count) { $0.prepare(items) }
    }

    private func start(itemCount: Int = 0, _ work: @escaping @Sendable (Workshop) -> ([Finished], Int)) {
        let job = Job(itemCount: itemCount)
        inFlight.append(job)
        queue.async { [workshop] in
            let (found, byteCount) = work(workshop)
            job.result.withLock { $0 = (found, byteCount) }
            job.done.signal()
        }
    }

    /// Whether so much is under way that no more may be handed over.
    private var isFull: Bool {
        inFlight.count > mostInFlight || itemsInFlight + batch.count >= mostItems || workshop.memory.isOver
    }

    /// The next finished work, in order; waits for all that is under way, or only when too much is.
    func next(waiting: Bool) -> Finished? {
        if ready.isEmpty {
            workshop.memory.give(readyByteCount)
            readyByteCount = 0
            if waiting { dispatch() }
            guard let first = inFlight.first else { return nil }
            let isDone = first.result.withLock { $0 != nil }
            guard waiting || isDone || isFull else { return nil }
            first.done.wait()
            inFlight.removeFirst()
            itemsInFlight -= first.itemCount
            let result = first.result.withLock { $0.take() }
            readyByteCount = result?.byteCount ?? 0
            ready = (result?.found ?? []).reversed()
        }
        return ready.popLast()
    }
}
