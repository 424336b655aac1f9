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
    }

    struct PreparedItem: Sendable {
        var message: PreparedMessage
        var origin: Origin
        var folder: Folder
    }

    enum Finished: Sendable {
        /// A file of one message.
        case eml(PreparedMessage, SourceFileEntry)
        /// A file that is none, or too long a message for memory: opened, and told by its first bytes.
        case other(SourceItem, any RandomAccessBytes, MailKind)
        case unreadable(SourceItem, String)
        /// Not looked at: the batch had enough bytes of mail without it.
        case postponed(SourceItem)
        case mbox([PreparedItem])
        /// Bytes that the scanner announced and did not hand over.
        case lost(Origin)
    }

    private final class Job: Sendable {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<[Finished]?>(nil)
    }

    private let workshop: Workshop
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.prepare", attributes: .concurrent)
    private var inFlight: [Job] = []
    private var ready: [Finished] = []
    private var batch: [SourceItem] = []

    /// Files in a batch: enough to hash many at once.
    private static let batchCount = 32

    /// - Parameters:
    ///   - known: Objects that the archive has: messages among them are not taken apart again.
    init(keys: AppendKeys, known: Set<ObjectKey>, jobs: Int) {
        workshop = Workshop(keys, known)
        mostInFlight = max(1, jobs) + 2
    }

    /// Files are handed over in batches.
    func submit(_ item: SourceItem) {
        batch.append(item)
        if batch.count >= PreparePipeline.batchCount { dispatch() }
    }

    /// Messages of one block of an MBOX.
    func submit(_ block: MboxBlock, _ items: [MboxItem], _ dialect: MboxDialect, _ folder: Folder) {
        dispatch()
        start { [$0.prepare(block, items, dialect, folder)] }
    }

    /// Messages of an MBOX that are read again; not more bytes than the longest message may have.
    func submit(_ source: FileByteSource, _ items: [MboxItem], _ dialect: MboxDialect, _ folder: Folder) {
        dispatch()
        start { [$0.prepare(source, items, dialect, folder)] }
    }

    private func dispatch() {
        guard !batch.isEmpty else { return }
        let items = batch
        batch = []
        start { $0.prepare(items) }
    }

    private func start(_ work: @escaping @Sendable (Workshop) -> [Finished]) {
        let job = Job()
        inFlight.append(job)
        queue.async { [workshop] in
            let results = work(workshop)
            job.result.withLock { $0 = results }
            job.done.signal()
        }
    }

    /// The next finished work, in order; waits for all that is under way, or only when too much is.
    func next(waiting: Bool) -> Finished? {
        if ready.isEmpty {
            if waiting { dispatch() }
            guard let first = inFlight.first else { return nil }
            let isDone = first.result.withLock { $0 != nil }
            guard waiting || isDone || inFlight.count > mostInFlight else { return nil }
            first.done.wait()
            inFlight.removeFirst()
            ready = (first.result.withLock { $0 } ?? []).reversed()
        }
        return ready.popLast()
    }
}
