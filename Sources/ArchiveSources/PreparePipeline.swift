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
    }

    /// Where the messages of an MBOX go.
    struct MboxPlace: Sendable {
        /// What stands beside the file tells this of all its messages.
        var place: FoundPlace
        /// The folder of the container around it.
        var base: [[UInt8]]
        /// The path of the file below the source.
        var path: [[UInt8]]
    }

    enum Finished: Sendable {
        /// A message of a file of its own, with the file's entry, or one that was made from a store.
        case message(PreparedMessage, SourceItem, SourceFileEntry?)
        /// A file that is none, or too long a message for memory, told by its first bytes; closed again: many may wait.
        case other(SourceItem, SourceFile.Identity?, Judgement)
        case unreadable(SourceItem, String)
        /// Held against what an earlier part of the run knows of files of its path.
        case continued(SourceItem, Resume.Standing)
        /// Not looked at: enough bytes of mail are in memory without it.
        case postponed(SourceItem)
        /// Not opened: the process, or the system, has too many files open.
        case crowdedOut(SourceItem, StorageError)
        case mbox([PreparedItem], MboxPlace)
        /// A message that was met, and cannot be read any more.
        case lost(MboxItem, MboxPlace, name: String)
    }

    private final class Job: Sendable {
        let done = DispatchSemaphore(value: 0)
        /// What was found, and how many bytes of memory it holds.
        let result = Mutex<(found: [Finished], byteCount: Int)?>(nil)
        let itemCount: Int
        let heldByteCount: Int

        init(itemCount: Int, heldByteCount: Int) {
            self.itemCount = itemCount
            self.heldByteCount = heldByteCount
        }
    }

    private let workshop: Workshop
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.prepare", attributes: .concurrent)
    private var inFlight: [Job] = []
    private var ready: [Finished] = []
    private var batch: [SourceItem] = []
    private var batchByteCount = 0
    private var itemsInFlight = 0
    /// Bytes that files under way hold although no worker has read them: those out of containers.
    private var heldInFlight = 0
    /// The memory of what was handed out last.
    private var readyByteCount = 0

    /// A batch that holds so many bytes waits for no more.
    private static let mostBatchByteCount = 4 << 20
    private static let mostHeldByteCount = 32 << 20

    /// How many files may be under way at most: each may keep a directory open.
    var mostItems = Int.max

    /// Files in a batch: enough to hash many at once.
    private var batchCount: Int { max(1, min(32, mostItems / 4)) }

    /// - Parameters:
    ///   - known: Objects that the archive has: messages among them are not taken apart again.
    ///   - lacking: Messages among them whose envelope is wanted.
    init(keys: AppendKeys, known: Set<ObjectKey>, lacking: Set<Bytes32>, resume: Resume? = nil, jobs: Int) {
        workshop = Workshop(keys, known, lacking: lacking, resume: resume)
        mostInFlight = max(1, jobs) + 2
    }

    /// Has the ids of messages read that the archive has already, of those submitted from now on.
    func wantMessageIDs() { workshop.wantsMessageIDs.store(true, ordering: .relaxed) }

    /// Files are handed over in batches.
    func submit(_ item: SourceItem) {
        batch.append(item)
        batchByteCount += item.heldByteCount
        if batch.count >= batchCount || batchByteCount >= PreparePipeline.mostBatchByteCount { dispatch() }
    }

    /// Messages of one block of an MBOX.
    func submit(
        _ block: MboxBlock,
        _ items: [MboxItem],
        _ place: String,
        _ dialect: MboxDialect,
        _ box: MboxPlace
    ) {
        dispatch()
        let byteCount = Workshop.memory(forMail: block.byteCount)
        workshop.memory.take(byteCount)
        start { ($0.prepare(block, items, place, dialect, box), byteCount) }
    }

    /// Messages of an MBOX that are read again; not more bytes than the longest message may have.
    func submit(_ source: FileByteSource, _ items: [MboxItem], _ dialect: MboxDialect, _ box: MboxPlace) {
        dispatch()
        let byteCount = items.reduce(0) {
            $0 + Workshop.memory(forMail: $1.message.content.upperBound - $1.message.content.lowerBound)
        }
        workshop.memory.take(byteCount)
        start { ($0.prepare(source, items, dialect, box), byteCount) }
    }

    private func dispatch() {
        guard !batch.isEmpty else { return }
        let items = batch
        batch = []
        let held = batchByteCount
        batchByteCount = 0
        itemsInFlight += items.count
        heldInFlight += held
        start(itemCount: items.count, heldByteCount: held) { $0.prepare(items) }
    }

    private func start(
        itemCount: Int = 0,
        heldByteCount: Int = 0,
        _ work: @escaping @Sendable (Workshop) -> ([Finished], Int)
    ) {
        let job = Job(itemCount: itemCount, heldByteCount: heldByteCount)
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
            || heldInFlight > PreparePipeline.mostHeldByteCount
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
            heldInFlight -= first.heldByteCount
            let result = first.result.withLock { $0.take() }
            readyByteCount = result?.byteCount ?? 0
            ready = (result?.found ?? []).reversed()
        }
        return ready.popLast()
    }
}
