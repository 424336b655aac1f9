import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Dispatch
import MailFormats
import Synchronization

/// Prepares messages on worker threads and gives them back in the order of submission.
final class PreparePipeline {
    struct MboxItem: Sendable {
        var message: MboxMessage
        var origin: Origin
    }

    enum Work: Sendable {
        case eml(any RandomAccessBytes, SourceFileEntry, Folder)
        case mbox(MboxBlock, [MboxItem], MboxDialect, Folder)
    }

    struct PreparedItem: Sendable {
        var message: PreparedMessage
        var origin: Origin
        var folder: Folder
    }

    enum Finished: Sendable {
        case eml(PreparedMessage, any RandomAccessBytes, SourceFileEntry, Folder)
        case unreadable(SourceFileEntry, String)
        case mbox([PreparedItem])
        /// Bytes that the scanner announced and did not hand over: the import must not go on.
        case lost(Origin)
    }

    private final class Job: Sendable {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<[Finished]?>(nil)
    }

    private let keys: AppendKeys
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.prepare", attributes: .concurrent)
    private var inFlight: [Job] = []
    private var ready: [Finished] = []
    private var batch: [Work] = []
    private var batchBytes: UInt64 = 0

    init(keys: AppendKeys, jobs: Int) {
        self.keys = keys
        mostInFlight = max(1, jobs) + 2
    }

    /// Small files are handed over in batches of about a mebibyte.
    func submit(_ work: Work) throws(ArchiveError) {
        batch.append(work)
        switch work {
        case .eml(let file, _, _): batchBytes += file.byteCount
        case .mbox: batchBytes += 1 << 20
        }
        if batchBytes >= 1 << 20 || batch.count >= 16 { dispatch() }
    }

    private func dispatch() {
        guard !batch.isEmpty else { return }
        let work = batch
        batch = []
        batchBytes = 0
        let job = Job()
        inFlight.append(job)
        queue.async { [keys] in
            var splitter = MIMESplitter(minimumByteCount: PreparedMessage.smallestPart)
            var scratch = ByteScratch()
            let results = work.map { PreparePipeline.prepare($0, keys, &splitter, &scratch) }
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

    private static func prepare(
        _ work: Work,
        _ keys: AppendKeys,
        _ splitter: inout MIMESplitter,
        _ scratch: inout ByteScratch
    ) -> Finished {
        switch work {
        case .eml(let file, let entry, let folder):
            do throws(StorageError) {
                let bytes = try file.read(at: 0, count: Int(clamping: file.byteCount))
                if UInt64(bytes.count) != file.byteCount { return .unreadable(entry, "it became shorter") }
                if let source = file as? SourceFile, try source.changedSinceOpened() {
                    return .unreadable(entry, "it changed while it was read")
                }
                let message = bytes.withUnsafeBytes {
                    PreparedMessage($0, keys: keys, splitter: &splitter, scratch: &scratch)
                }
                return .eml(message, file, entry, folder)
            } catch {
                return .unreadable(entry, error.message)
            }
        case .mbox(let block, let items, let dialect, let folder):
            var prepared: [PreparedItem] = []
            prepared.reserveCapacity(items.count)
            for item in items {
                var origin = item.origin
                let message = block.withBytes(of: item.message.content) { raw -> PreparedMessage in
                    guard item.message.traits.contains(.holdsFromLines) else {
                        return PreparedMessage(raw, keys: keys, splitter: &splitter, scratch: &scratch)
                    }
                    var bytes: [UInt8] = []
                    let undone = dialect.quoting.undo(raw, lineEnds: dialect.lineEnds, into: &bytes)
                    guard undone.changed else {
                        return PreparedMessage(raw, keys: keys, splitter: &splitter, scratch: &scratch)
                    }
                    origin.note(dialect.quoting, undone.exceptions)
                    return bytes.withUnsafeBytes {
                        PreparedMessage($0, keys: keys, splitter: &splitter, scratch: &scratch)
                    }
                }
                guard let message else { return .lost(item.origin) }
                prepared.append(PreparedItem(message: message, origin: origin, folder: folder))
            }
            return .mbox(prepared)
        }
    }
}

/// A hash over a file that grows on a queue of its own, while the file is worked on.
///
/// Unchecked: the hash state is touched on the serial queue only.
final class SerialHash: @unchecked Sendable {
    private let queue = DispatchQueue(label: "portable-archive.hash")
    private let limit = DispatchSemaphore(value: 4)
    private let hash: StreamingHash

    init(_ hasher: consuming Blake2b) {
        hash = StreamingHash(hasher)
    }

    func update(_ block: MboxBlock) {
        limit.wait()
        queue.async { [self] in
            _ = block.withBytes(of: block.offset..<block.offset + block.byteCount) { hash.update($0) }
            limit.signal()
        }
    }

    func update(_ bytes: [UInt8]) {
        queue.sync { bytes.withUnsafeBytes { hash.update($0) } }
    }

    func update(_ source: FileByteSource, _ range: Range<UInt64>) throws(ArchiveError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(min(4 << 20, range.upperBound - offset))
            let start = offset
            let bytes = try ImportSource.source { () throws(StorageError) in
                try source.file.read(at: start, count: count)
            }
            guard bytes.count == count else { throw ArchiveError(.source, source.file.displayName, "became shorter") }
            update(bytes)
            offset += UInt64(count)
        }
    }

    func finish() -> Bytes32 {
        queue.sync { hash.finish() }
    }
}
