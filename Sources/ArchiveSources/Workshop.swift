import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats
import Synchronization

/// What the worker threads do, with tools that are used again.
final class Workshop: Sendable {
    private let keys: AppendKeys
    private let known: Set<ObjectKey>
    private let lacking: Set<Bytes32>
    private let resume: Resume?
    private let idle = Mutex<[Bench]>([])
    /// Whether the ids of messages that the archive has are wanted: something beside the source names messages by them.
    let wantsMessageIDs = Atomic<Bool>(false)

    /// What the messages under way hold, whatever the number of threads.
    let memory = MemoryGauge(most: 256 << 20)

    /// The memory that mail takes while it is prepared: its bytes, and once more for what is decoded or put together.
    static func memory(forMail byteCount: UInt64) -> Int { 2 * Int(clamping: min(byteCount, 1 << 40)) }

    /// Bytes of mail that one batch may hold in memory; files beyond it are handed back.
    private static let batchByteCount = 8 << 20

    /// Unchecked: taken from the list by one thread at a time.
    private final class Bench: @unchecked Sendable {
        var splitter = MIMESplitter(minimumByteCount: PreparedMessage.smallestPart)
        var scratch = ByteScratch()
        var hashes = HashBatch()
    }

    /// - Parameters:
    ///   - known: Objects that the archive has: messages among them are not taken apart again.
    ///   - lacking: Messages among them whose envelope is wanted.
    init(_ keys: AppendKeys, _ known: Set<ObjectKey>, lacking: Set<Bytes32>, resume: Resume? = nil) {
        self.resume = resume
        self.keys = keys
        self.known = known
        self.lacking = lacking
    }

    private func withBench<Value>(_ body: (Bench) -> Value) -> Value {
        let bench = idle.withLock { $0.popLast() } ?? Bench()
        defer { idle.withLock { $0.append(bench) } }
        return body(bench)
    }

    // MARK: Files

    /// Reads files and prepares those that are one message; with the bytes taken from `memory`.
    func prepare(_ items: [SourceItem]) -> ([PreparePipeline.Finished], Int) {
        withBench { bench in
            var results: [PreparePipeline.Finished?] = []
            results.reserveCapacity(items.count)
            var drafts: [MessageDraft] = []
            var entries: [(SourceItem, SourceFileEntry?)] = []
            var room = Workshop.batchByteCount
            var taken = 0
            for item in items {
                guard room > 0 else {
                    results.append(.postponed(item))
                    continue
                }
                do throws(StorageError) {
                    let file = try item.open()
                    if item.isContinued, item.maker == nil, let resume {
                        results.append(.continued(item, resume.standing(of: item, file, keys)))
                        continue
                    }
                    let isLarge = file.byteCount > UInt64(PreparedMessage.largest)
                    let needed = isLarge ? 0 : Workshop.memory(forMail: file.byteCount)
                    guard memory.takeIfFree(needed) else {
                        room = 0
                        results.append(.postponed(item))
                        continue
                    }
                    var isKept = false
                    defer { if !isKept { memory.give(needed) } }
                    switch try look(item, file) {
                    case .message(let draft, let item, let kind):
                        isKept = true
                        taken += needed
                        room -= draft.raw.count
                        drafts.append(draft)
                        let entry = item.maker == nil ? item.entry(file, kind: kind, pieces: 1) : nil
                        entries.append((item, entry))
                        results.append(nil)
                    case .other(let kind): results.append(.other(item, (file as? SourceFile)?.identity, kind))
                    case .changed(let text): results.append(.unreadable(item, text))
                    }
                } catch {
                    let isCrowded = error.cause == .tooManyOpenFiles
                    results.append(isCrowded ? .crowdedOut(item, error) : .unreadable(item, error.message))
                }
            }
            var messages = finish(&drafts, bench).makeIterator()
            var entry = entries.makeIterator()
            let found = results.compactMap { result -> PreparePipeline.Finished? in
                if let result { return result }
                guard let message = messages.next(), let entry = entry.next() else { return nil }
                return .message(message, entry.0, entry.1)
            }
            return (found, taken)
        }
    }

    private enum Look {
        /// A message, with what the file around it told.
        case message(MessageDraft, SourceItem, SourceFileKind)
        case other(Judgement)
        case changed(String)
    }

    private func look(_ item: SourceItem, _ file: any RandomAccessBytes) throws(StorageError) -> Look {
        guard file.byteCount <= UInt64(PreparedMessage.largest) else {
            let prefix = try file.read(at: 0, count: Judgement.prefixByteCount)
            return .other(prefix.withUnsafeBytes { Judgement(prefix: $0, of: item) })
        }
        let draft = try MessageDraft(reading: file)
        guard UInt64(draft.raw.count) == file.byteCount else { return .changed("it became shorter while it was read") }
        if let source = file as? SourceFile, try source.changedSinceOpened() {
            return .changed("it changed while it was read")
        }
        let prefix = draft.raw.slice(0, min(draft.raw.count, Judgement.prefixByteCount))
        let kind = Judgement(prefix: prefix, of: item)
        if kind == .mail(.eml) {
            var draft = draft
            // A store has told the state of its items; what a header says of it is of some other mailbox.
            if item.maker == nil { draft.readMarks() }
            return .message(draft, item, .eml)
        }
        guard kind == .mail(.emlx), let emlx = EmlxFile(draft.raw), emlx.isShort else { return .other(kind) }
        var item = item
        item.place.apply(emlx)
        item.lead = draft.raw.bytes(0..<emlx.message.lowerBound)
        item.trail = draft.raw.bytes(emlx.message.upperBound..<UInt64(draft.raw.count))
        let hash = FileHash(keys)
        hash.update(draft.raw)
        item.fileHash = hash.finish()
        item.notes = emlx.troubles.map(\.text)
        let message = draft.raw.slice(Int(emlx.message.lowerBound), Int(emlx.message.count))
        var within = MessageDraft(message, within: draft)
        within.readMarks()
        return .message(within, item, .emlx)
    }

    /// Hashes all messages at once, takes those apart that are new, then hashes all parts at once.
    private func finish(_ drafts: inout [MessageDraft], _ bench: Bench) -> [PreparedMessage] {
        for index in drafts.indices { bench.hashes.add(content: drafts[index].raw, tag: index) }
        bench.hashes.run(keys) { drafts[$0].id = $1 }
        var parts: [OwnedBytes] = []
        var firstPart: [Int?] = []
        for index in drafts.indices {
            let id = drafts[index].id
            guard !known.contains(ObjectKey(id, .content)) || lacking.contains(id) else {
                firstPart.append(nil)
                continue
            }
            drafts[index].takeApart(&bench.splitter, &bench.scratch)
            firstPart.append(parts.count)
            parts += drafts[index].parts
        }
        for index in parts.indices { bench.hashes.add(content: parts[index].bytes, tag: index) }
        var ids = [Bytes32](repeating: .zero, count: parts.count)
        bench.hashes.run(keys) { ids[$0] = $1 }
        // The messages stand in the drafts, and the parts in the array, until here.
        let readsIDs = wantsMessageIDs.load(ordering: .relaxed)
        return withExtendedLifetime(parts) {
            zip(drafts, firstPart).map { draft, first in
                guard let first else { return readsIDs ? draft.knownWithEnvelope : draft.known }
                return draft.finished(ids[first..<first + draft.parts.count])
            }
        }
    }

    // MARK: MBOX

    /// Prepares messages of a resident block; `lost` are those that the block does not hold.
    func prepare(
        _ block: MboxBlock,
        _ items: [PreparePipeline.MboxItem],
        _ place: String,
        _ dialect: MboxDialect,
        _ box: PreparePipeline.MboxPlace
    ) -> [PreparePipeline.Finished] {
        let range = block.offset..<block.offset + block.byteCount
        let held = items.filter { block.isResident && range.contains($0.message.content) }
        let lost = items.filter { !block.isResident || !range.contains($0.message.content) }
        let finished = block.withBytes(of: range) { bytes -> PreparePipeline.Finished in
            let found = held.map { item in
                let content = item.message.content
                let start = Int(content.lowerBound - block.offset)
                return bytes.slice(start, Int(content.upperBound - content.lowerBound))
            }
            return prepare(found, held, dialect, box)
        }
        return (finished.map { [$0] } ?? []) + lost.map { .lost($0, box, name: place) }
    }

    /// Prepares messages whose bytes are kept or read again; `lost` are those that are not there any more.
    func prepare(
        _ source: FileByteSource,
        _ items: [PreparePipeline.MboxItem],
        _ dialect: MboxDialect,
        _ box: PreparePipeline.MboxPlace
    ) -> [PreparePipeline.Finished] {
        var contents: [OwnedBytes] = []
        var held: [PreparePipeline.MboxItem] = []
        var lost: [PreparePipeline.Finished] = []
        for item in items {
            let range = item.message.content
            let count = Int(clamping: range.upperBound - range.lowerBound)
            let read = { () throws(ByteSourceError) in
                try OwnedBytes(capacity: count) { (out) throws(ByteSourceError) in
                    try source.read(at: range.lowerBound, into: out)
                }
            }
            guard let content = try? item.bytes ?? read(), content.count == count else {
                lost.append(.lost(item, box, name: source.file.displayName))
                continue
            }
            contents.append(content)
            held.append(item)
        }
        let finished = withExtendedLifetime(contents) { prepare(contents.map(\.bytes), held, dialect, box) }
        return [finished] + lost
    }

    private func prepare(
        _ contents: [UnsafeRawBufferPointer],
        _ items: [PreparePipeline.MboxItem],
        _ dialect: MboxDialect,
        _ box: PreparePipeline.MboxPlace
    ) -> PreparePipeline.Finished {
        withBench { bench in
            var origins: [Origin] = []
            var unquoted: [OwnedBytes] = []
            var drafts: [MessageDraft] = []
            for (item, content) in zip(items, contents) {
                var origin = item.origin
                var raw = content
                if item.message.traits.contains(.holdsFromLines) {
                    var without: [UInt8] = []
                    let undone = dialect.quoting.undo(raw, lineEnds: dialect.lineEnds, into: &without)
                    if undone.changed {
                        origin.note(dialect.quoting, undone.exceptions)
                        let copy = OwnedBytes(without)
                        unquoted.append(copy)
                        raw = copy.bytes
                    }
                }
                var draft = MessageDraft(raw)
                draft.readMarks()
                drafts.append(draft)
                origins.append(origin)
            }
            let messages = withExtendedLifetime(unquoted) { finish(&drafts, bench) }
            return .mbox(
                zip(messages, zip(origins, items)).map { message, met in
                    var message = message
                    let (origin, item) = met
                    let line = origin.lead.suffix(Int(item.message.separator.count))
                    if let date = line.withUnsafeBytes({ SeparatorDate.parse($0) }) {
                        message.marks = (message.marks ?? FoundPlace()).received(date)
                    }
                    return PreparePipeline.PreparedItem(message: message, origin: origin)
                },
                box
            )
        }
    }
}

extension Range {
    fileprivate func contains(_ other: Range) -> Bool {
        other.isEmpty
            ? contains(other.lowerBound) || other.lowerBound == upperBound
            : lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func bytes(_ range: Range<UInt64>) -> [UInt8] {
        Array(self[Int(range.lowerBound)..<Int(range.upperBound)])
    }
}

extension EmlxFile {
    /// Whether what stands around the message can be kept with it.
    var isShort: Bool {
        !message.isEmpty && message.lowerBound <= UInt64(Limits.lead) && propertyList.count <= Limits.lead
    }
}
