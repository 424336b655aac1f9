import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import OutlookFormats
import PstWire

/// Reads a PST or OST file, item by item, through a helper process.
///
/// The helper can crash, hang, and run out of what it may use: that costs the item it was at, and another one goes on
/// behind it.
final class PstReader: SourceReader {
    /// A message made from an item.
    struct Made {
        /// The message, in the form of RFC 5322.
        var bytes: any RandomAccessBytes
        /// What the item tells of its state; the folder is the reader's to say.
        var place: FoundPlace
        /// The record that is kept beside it.
        var record: [UInt8]
        /// What of the item could not be read, its own losses among it.
        var losses: [String]
    }

    /// Makes a message of an item; the second argument is what a person knows it as.
    typealias Render = (MapiMessage, String) throws -> Made

    /// How long and how often the helper is borne with.
    struct Patience: Sendable {
        /// Without a sign, in seconds; the second for opening the store and the search for deleted items.
        var seconds = 60
        var secondsAtFirst = 900
        /// So many times in a row it may fail without a message between.
        var failuresInARow = 24
        var failures = 1000
    }

    /// Memory of the helper, in MiB: what it has at least, and what it gets for a very large item.
    private static let leastMemory: UInt64 = 160
    private static let mostMemory: UInt64 = 4096

    private let file: any DescriptorBytes
    private let render: Render
    private let recovers: Bool
    private let patience: Patience
    private let directory: String
    private let program: String

    /// Checks what libpff reads without looking; nil where nobody knows how.
    private let database: NodeDatabase?

    private var process: PstProcess?
    private var isOpen = false
    private var isDone = false
    private var events: [SourceEvent] = []
    private var omitted: (place: [[UInt8]], reason: SkipReason, count: Int)?

    private var after: UInt64 = 0
    private var avoided: [UInt64] = []
    private var isSingle = false
    private var failures = 0
    private var failuresInARow = 0

    private var step: Step?
    private var path: [[UInt8]] = []
    private var folderNode: UInt32 = 0
    /// The last step whose folder has been told of.
    private var lastAccount: UInt64?
    private var deliveredSinceStart = 0
    private var assembler: PstAssembler?

    private struct Step {
        var ordinal: UInt64
        var kind: PstWire.Step
        var node: UInt32
        var position: UInt32
        var isComplete = false
    }

    /// - Parameters:
    ///   - file: the store.
    ///   - recovers: whether deleted items are read too, into the folder `Recovered`.
    ///   - program: the helper; nil: where it should be.
    ///   - render: makes the bytes of a message.
    init(
        _ file: any RandomAccessBytes,
        recovers: Bool,
        program: String? = nil,
        patience: Patience = Patience(),
        directory: String? = nil,
        render: @escaping Render
    ) throws(ArchiveError) {
        self.program = if let program { program } else { try PstProgram.find() }
        let directory = directory ?? temporaryDirectory()
        if let file = file as? any DescriptorBytes {
            self.file = file
        } else {
            let spool = try storing { () throws(StorageError) in try Spool(in: directory, name: file.displayName) }
            try storing { () throws(StorageError) in try spool.append(contentsOf: file) }
            self.file = spool
        }
        self.render = render
        self.recovers = recovers
        self.patience = patience
        self.directory = directory
        var damage: [(String, NodeDatabase.Damage)] = []
        do throws(NodeDatabase.Damage) {
            database = try NodeDatabase(FileByteSource(file: self.file))
        } catch {
            database = nil
            damage.append(("header", error))
        }
        if let database {
            if let found = database.checkIndex() { damage.append(("index", found)) }
            // The names of properties, and the root folder with its lists.
            for node: UInt32 in [0x61, 0x122, 0x12D] {
                if let found = database.check(node: node) { damage.append((name(node), found)) }
            }
        }
        events = damage.map { .failed(FoundFailure(folder: [], identifier: $0.0, text: PstReader.text($0.1))) }
    }

    private static func text(_ damage: NodeDatabase.Damage) -> String {
        "the store is damaged: \(damage.text), at byte \(damage.offset)"
    }

    func next() throws(ArchiveError) -> SourceEvent? {
        while true {
            if !events.isEmpty { return events.removeFirst() }
            if let skipped = omitted {
                omitted = skipped.count > 1 ? (skipped.place, skipped.reason, skipped.count - 1) : nil
                return .skipped(path: skipped.place, skipped.reason)
            }
            if isDone { return nil }
            try advance()
        }
    }

    private func advance() throws(ArchiveError) {
        do throws(PstProcess.Failure) {
            let process = try running()
            let isSlow = !isOpen || step?.kind == .recovery
            let (kind, payload) = try process.next(within: isSlow ? patience.secondsAtFirst : patience.seconds)
            try take(kind, payload)
        } catch {
            process?.kill()
            process = nil
            try recover(from: error)
        }
    }

    private func running() throws(PstProcess.Failure) -> PstProcess {
        if let process { return process }
        let extra = min(file.byteCount >> 26, PstReader.mostMemory)
        let memory = isSingle ? PstReader.mostMemory : PstReader.leastMemory + extra
        var options = [PstWire.Option.after, "\(after)", PstWire.Option.memory, "\(memory)"]
        for ordinal in avoided { options += [PstWire.Option.avoid, "\(ordinal)"] }
        if isSingle { options += [PstWire.Option.single, "1"] }
        if recovers { options += [PstWire.Option.recover, "1"] }
        isOpen = false
        if let step, step.isComplete { account(step.ordinal) }
        step = nil
        assembler = nil
        path = []
        deliveredSinceStart = 0
        let result = file.withDescriptor { descriptor in
            Result { () throws(PstProcess.Failure) in try PstProcess(program, options, descriptor: descriptor) }
        }
        let started = try result.get()
        process = started
        return started
    }

    private func take(_ kind: PstWire.Kind, _ payload: [UInt8]) throws(PstProcess.Failure) {
        var reader = WireReader(payload)
        guard isOpen || kind == .opened || kind == .unreadable else { throw .senseless("not opened") }
        switch kind {
        case .opened:
            guard !isOpen, reader.number(UInt16.self) == PstWire.version else { throw .senseless("another version") }
            isOpen = true
        case .step: try begin(&reader)
        case .folder: try folder(&reader)
        case .message, .recipient, .attachment, .end, .property, .value, .valueStart, .chunk, .valueEnd, .content,
            .loss:
            try assemble(kind, payload)
        case .failed:
            guard let step, !step.isComplete else { throw .senseless("a failure of nothing") }
            complete(failure: text(payload))
        case .folderLoss:
            guard isFirstAccount else { break }
            events.append(.failed(FoundFailure(folder: path, identifier: name(folderNode), text: text(payload))))
        case .omitted: try omit(&reader)
        case .wantsMemory:
            guard let step, !step.isComplete, !isSingle else { throw .senseless("memory for nothing") }
            isSingle = true
            stop()
        case .handover:
            guard deliveredSinceStart > 0 || isSingle else { throw .senseless("nothing done") }
            isSingle = false
            stop()
        case .done:
            isDone = true
            stop()
        case .unreadable: throw .unreadable(text(payload))
        }
    }

    private func stop() {
        process?.kill()
        process = nil
    }

    private func begin(_ reader: inout WireReader) throws(PstProcess.Failure) {
        guard let ordinal: UInt64 = reader.number(), let code: UInt8 = reader.number(),
            let node: UInt32 = reader.number(),
            let position: UInt32 = reader.number(), let kind = PstWire.Step(rawValue: code)
        else { throw .senseless("a step") }
        // As many steps as this no store of its length can hold.
        guard ordinal <= file.byteCount / 8 + 1024, !avoided.contains(ordinal) else {
            throw .senseless("a step too far")
        }
        if let step {
            let isSame = step.ordinal == ordinal && step.kind == kind && !step.isComplete
            guard ordinal > step.ordinal || isSame else { throw .senseless("a step back") }
            if ordinal > step.ordinal { account(step.ordinal) }
        } else if ordinal > 0 {
            account(0)
        }
        if kind == .message || kind == .recovered {
            guard ordinal > after else { throw .senseless("a step back") }
        }
        step = Step(ordinal: ordinal, kind: kind, node: node, position: position)
        assembler = nil
    }

    /// Whether what is told of a folder is told for the first time, and not by a helper that was started again.
    private var isFirstAccount: Bool {
        guard let lastAccount else { return true }
        return (step?.ordinal ?? 0) > lastAccount
    }

    private func account(_ ordinal: UInt64) { lastAccount = max(lastAccount ?? 0, ordinal) }

    private func folder(_ reader: inout WireReader) throws(PstProcess.Failure) {
        guard let depth: UInt16 = reader.number(), let isCounted: UInt8 = reader.number(),
            let expected: UInt32 = reader.number(), reader.number(UInt32.self) != nil
        else { throw .senseless("a folder") }
        guard Int(depth) <= path.count + 1, depth > 0 || path.isEmpty else { throw .senseless("a folder too deep") }
        folderNode = step?.node ?? 0
        if depth > 0 {
            let own = reader.rest()
            path = path.prefix(Int(depth) - 1) + [own.isEmpty ? Array(name(folderNode).utf8) : own]
        }
        if isFirstAccount { checkLists() }
        if isFirstAccount, isCounted != 0, depth > 0 || expected > 0 {
            events.append(.expected(folder: path, count: UInt64(expected)))
        }
    }

    /// A damaged list of messages or folders may hide some of them.
    private func checkLists() {
        guard folderNode != 0, let database else { return }
        let lists = [folderNode, folderNode & ~0x1F | 0x0D, folderNode & ~0x1F | 0x0E]
        for damage in lists.compactMap({ database.check(node: $0) }).prefix(1) {
            let text = PstReader.text(damage)
            events.append(.failed(FoundFailure(folder: path, identifier: name(folderNode), text: text)))
        }
    }

    private func omit(_ reader: inout WireReader) throws(PstProcess.Failure) {
        guard let code: UInt8 = reader.number(), let count: UInt32 = reader.number(),
            let omission = PstWire.Omission(rawValue: code)
        else { throw .senseless("an omission") }
        guard isFirstAccount, count > 0, omitted == nil else { return }
        let reason: SkipReason = omission == .associated ? .folderSettings : .deletedItem
        omitted = (omission == .associated ? path : [], reason, min(Int(count), 1 << 20))
    }

    private func assemble(_ kind: PstWire.Kind, _ payload: [UInt8]) throws(PstProcess.Failure) {
        guard let step, !step.isComplete, step.kind == .message || step.kind == .recovered else {
            throw .senseless("a message of no step")
        }
        var current =
            assembler
            ?? PstAssembler(fileByteCount: file.byteCount, directory: directory)
        // Held here alone while it grows.
        assembler = nil
        do throws(PstAssembler.Failure) {
            try current.take(kind, payload)
        } catch {
            switch error {
            case .senseless(let text): throw .senseless(text)
            case .storage(let error): throw .senseless(error.message)
            }
        }
        guard let message = current.message else { return assembler = current }
        deliver(message, step)
    }

    private func deliver(_ message: MapiMessage, _ step: Step) {
        let folder = step.kind == .recovered ? [Array("Recovered".utf8)] : path
        do {
            var made = try render(message, "\(file.displayName): \(name(step.node))")
            made.place.folder = folder
            // What is left of a deleted item is seldom all of it: the record says what is missing.
            var losses = step.kind == .recovered ? [] : made.losses
            if step.kind == .message, let damage = database?.check(node: step.node) {
                losses.insert(PstReader.text(damage), at: 0)
            }
            if step.kind == .recovered { made.place.flags.insert(.deleted) }
            events.append(
                .message(
                    FoundMessage(
                        bytes: made.bytes,
                        place: made.place,
                        identifier: name(step.node),
                        record: made.record
                    )
                )
            )
            if let first = losses.first {
                let more = losses.count > 1 ? ", and \(losses.count - 1) more" : ""
                let text = "the message was stored, but not all of it could be read: \(first)\(more)"
                events.append(.failed(FoundFailure(folder: folder, identifier: "\(name(step.node))/lost", text: text)))
            }
            complete(failure: nil)
        } catch {
            complete(failure: "it cannot be written as a message: \(error)")
        }
        failuresInARow = 0
    }

    /// The step is done, or has failed for good.
    private func complete(failure: String?) {
        guard var step else { return }
        step.isComplete = true
        self.step = step
        assembler = nil
        deliveredSinceStart += 1
        if step.kind == .message || step.kind == .recovered {
            after = max(after, step.ordinal)
        } else if failure != nil {
            avoided.append(step.ordinal)
        }
        guard let failure else { return }
        let identifier =
            step.node == 0 ? "\(step.kind == .folder ? "folder" : "item") \(step.position + 1)" : name(step.node)
        let folder = step.kind == .recovered || step.kind == .recovery ? [Array("Recovered".utf8)] : path
        events.append(.failed(FoundFailure(folder: folder, identifier: identifier, text: failure)))
    }

    /// Goes on after a helper that is no more.
    private func recover(from failure: PstProcess.Failure) throws(ArchiveError) {
        failures += 1
        failuresInARow += 1
        guard isOpen, let step, !step.isComplete else {
            throw ArchiveError(.source, file.displayName, failure.text)
        }
        guard failures <= patience.failures, failuresInARow <= patience.failuresInARow else {
            throw ArchiveError(
                .source,
                file.displayName,
                "\(failure.text); it failed at \(failuresInARow) items in a row"
            )
        }
        if step.kind == .folder || step.kind == .recovery || isSingle { isSingle = false }
        complete(failure: failure.text)
    }

    private func name(_ node: UInt32) -> String { "0x" + String(node, radix: 16) }

    private func text(_ payload: [UInt8]) -> String {
        String(decoding: payload.prefix(512).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}

extension Spool {
    /// Adds all of some other bytes.
    fileprivate func append(contentsOf file: any RandomAccessBytes) throws(StorageError) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var offset: UInt64 = 0
        while offset < file.byteCount {
            let count = try file.read(at: offset, into: chunk)
            guard count > 0 else { return }
            try append(UnsafeRawBufferPointer(rebasing: chunk[0..<count]))
            offset += UInt64(count)
        }
    }
}
