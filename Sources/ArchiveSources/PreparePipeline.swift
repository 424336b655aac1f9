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

    enum Work: Sendable {
        case file(SourceItem)
        case mbox(MboxBlock, [MboxItem], MboxDialect, Folder)
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
    private var batch: [Work] = []

    /// Files in a batch: enough that a batch takes milliseconds.
    private static let batchCount = 24

    /// - Parameters:
    ///   - known: Objects that the archive has: messages among them are not taken apart again.
    init(keys: AppendKeys, known: Set<ObjectKey>, jobs: Int) {
        workshop = Workshop(keys, known)
        mostInFlight = max(1, jobs) + 2
    }

    /// Files are handed over in batches.
    func submit(_ work: Work) {
        batch.append(work)
        if case .mbox = work {
            dispatch()
        } else if batch.count >= PreparePipeline.batchCount {
            dispatch()
        }
    }

    private func dispatch() {
        guard !batch.isEmpty else { return }
        let work = batch
        batch = []
        let job = Job()
        inFlight.append(job)
        queue.async { [workshop] in
            let results = workshop.prepare(work)
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

/// What the worker threads do, with tools that are used again.
private final class Workshop: Sendable {
    private let keys: AppendKeys
    private let known: Set<ObjectKey>
    private let idle = Mutex<[Bench]>([])

    /// Unchecked: taken from the list by one thread at a time.
    private final class Bench: @unchecked Sendable {
        var splitter = MIMESplitter(minimumByteCount: PreparedMessage.smallestPart)
        var scratch = ByteScratch()
    }

    init(_ keys: AppendKeys, _ known: Set<ObjectKey>) {
        self.keys = keys
        self.known = known
    }

    func prepare(_ work: [PreparePipeline.Work]) -> [PreparePipeline.Finished] {
        let bench = idle.withLock { $0.popLast() } ?? Bench()
        defer { idle.withLock { $0.append(bench) } }
        return work.map { work in
            switch work {
            case .file(let item): prepare(item, bench)
            case .mbox(let block, let items, let dialect, let folder): prepare(block, items, dialect, folder, bench)
            }
        }
    }

    private func prepare(_ item: SourceItem, _ bench: Bench) -> PreparePipeline.Finished {
        do throws(StorageError) {
            let file = try item.open()
            guard file.byteCount <= UInt64(PreparedMessage.largest) else {
                let prefix = try file.read(at: 0, count: MailKind.prefixByteCount)
                return .other(item, file, prefix.withUnsafeBytes { MailKind.sniff(prefix: $0, nameHint: item.hint) })
            }
            let object = try PreparedMessage.readWhole(file)
            let kind = object.withUnsafeBytes { object -> MailKind in
                let raw = object.slice(PreparedMessage.lead, object.count - PreparedMessage.lead)
                return MailKind.sniff(
                    prefix: raw.slice(0, min(raw.count, MailKind.prefixByteCount)),
                    nameHint: item.hint
                )
            }
            guard object.count == PreparedMessage.lead + Int(file.byteCount) else {
                return .unreadable(item, "it became shorter while it was read")
            }
            guard kind == .eml else { return .other(item, file, kind) }
            let message = PreparedMessage(whole: object, keys, known, &bench.splitter, &bench.scratch)
            if let source = file as? SourceFile, try source.changedSinceOpened() {
                return .unreadable(item, "it changed while it was read")
            }
            return .eml(message, item.entry(file, kind: .eml, pieces: 1))
        } catch {
            return .unreadable(item, error.message)
        }
    }

    private func prepare(
        _ block: MboxBlock,
        _ items: [PreparePipeline.MboxItem],
        _ dialect: MboxDialect,
        _ folder: Folder,
        _ bench: Bench
    ) -> PreparePipeline.Finished {
        var prepared: [PreparePipeline.PreparedItem] = []
        prepared.reserveCapacity(items.count)
        for item in items {
            var origin = item.origin
            let message = block.withBytes(of: item.message.content) { raw -> PreparedMessage in
                guard item.message.traits.contains(.holdsFromLines) else {
                    return PreparedMessage(raw, keys, known, &bench.splitter, &bench.scratch)
                }
                var bytes: [UInt8] = []
                let undone = dialect.quoting.undo(raw, lineEnds: dialect.lineEnds, into: &bytes)
                guard undone.changed else {
                    return PreparedMessage(raw, keys, known, &bench.splitter, &bench.scratch)
                }
                origin.note(dialect.quoting, undone.exceptions)
                return bytes.withUnsafeBytes {
                    PreparedMessage($0, keys, known, &bench.splitter, &bench.scratch)
                }
            }
            guard let message else { return .lost(item.origin) }
            prepared.append(PreparePipeline.PreparedItem(message: message, origin: origin, folder: folder))
        }
        return .mbox(prepared)
    }
}
