import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// The files of a source, and what is within them.
extension ImportRun {
    /// What is being read: the source's folder, or a store or container in it.
    final class Reading {
        /// The file that is read; nil for the folder.
        let store: SourceItem?
        let surroundings: SourceItem.Surroundings
        /// Items that were met.
        var count: UInt64 = 0
        /// Items of a store have these numbers, in their order.
        var ordinal: UInt64 = 0

        init(_ store: SourceItem? = nil, folder: [[UInt8]] = []) {
            self.store = store
            var surroundings = SourceItem.Surroundings()
            if let store {
                surroundings.nesting = store.surroundings.nesting + 1
                surroundings.path = store.path
                surroundings.folder = folder
                surroundings.numbers = store.numbers
            }
            self.surroundings = surroundings
        }
    }

    /// More is not told to a person.
    private static let mostNotes = 1000

    /// Tells a person what is not as it should be in a message that was taken.
    func note(_ texts: [String], _ place: String) {
        notes += texts.prefix(max(0, ImportRun.mostNotes - notes.count)).map { "\(place): \($0)" }
    }

    /// Takes a folder and all below it; `false` when asked to stop.
    func walk(_ path: [UInt8]) throws(ArchiveError) -> Bool {
        let reader: DirectoryReader
        do throws(StorageError) {
            reader = try DirectoryReader(path: path, name: source.name)
        } catch {
            guard error.cause != .tooManyOpenFiles else { throw ArchiveError(error) }
            // It was there when the import began: told and counted like a file that is gone, and the import goes on.
            let item = SourceItem(number: 0, path: [], name: source.name, content: .gone(error))
            unreadable(item, error.message)
            return true
        }
        let reading = Reading()
        while !isStopped() {
            pipeline.mostItems = mostItems(walkDepth: reader.depth)
            switch reader.step() {
            case .event(let event):
                try meet(event, in: reading)
                guard try finishDeferred(all: false, nesting: 0) else { return false }
            case .crowdedOut(let error, let isAgain):
                guard !isAgain else { throw ArchiveError(error) }
                guard try finishDeferred(all: true, nesting: 0) else { return false }
            case .end:
                if options.kind == nil { run.kind = reader.kind.runKind.rawValue }
                return try finishDeferred(all: true, nesting: 0)
            }
        }
        try drain(all: true)
        return false
    }

    /// Takes what a reader gives, and tells how many items that was; nil when asked to stop.
    ///
    /// - Parameters:
    ///   - store: the file that is read.
    ///   - folder: the folder that stands for it.
    func take(_ reader: any SourceReader, in store: SourceItem, folder: [[UInt8]]) throws(ArchiveError) -> UInt64? {
        let reading = Reading(store, folder: folder)
        let nesting = reading.surroundings.nesting
        // Whatever goes wrong with the store itself is told behind its items.
        defer { nextOrdinal = reading.ordinal }
        if deferred.count <= nesting { deferred.append([]) }
        while !isStopped() {
            guard let event = try reader.next() else {
                return try finishDeferred(all: true, nesting: nesting) ? reading.count : nil
            }
            try meet(event, in: reading)
            guard try finishDeferred(all: false, nesting: nesting) else { return nil }
        }
        try drain(all: true)
        return nil
    }

    private func meet(_ event: SourceEvent, in reading: Reading) throws(ArchiveError) {
        let base = reading.surroundings.folder
        lists.meet(event, below: reading.surroundings.path)
        switch event {
        case .file(let found):
            var item = SourceItem(
                number: 0,
                path: reading.surroundings.path + found.path,
                name: found.path.last ?? source.name,
                content: found.content,
                surroundings: reading.surroundings
            )
            item.place = found.place
            item.kind = found.kind
            if ExportLayout.place(found.path) == .byLabels, found.place.folder == nil { item.place.folder = [] }
            if let kind = options.kind, !kind.isDirectory, reading.store == nil { item.kind = kind }
            if try takeList(item, in: reading) { return }
            reading.count += 1
            number(&item)
            pipeline.submit(item)
        case .message(let found):
            reading.count += 1
            note(found.notes, found.path.map { shown($0) } ?? found.identifier)
            if let path = found.path { return try takeJoined(found, path, reading) }
            var item = SourceItem(
                number: reading.store?.number ?? 0,
                path: reading.surroundings.path + [Array(found.identifier.utf8)],
                name: reading.store?.name ?? source.name,
                content: .opened(found.bytes),
                surroundings: reading.surroundings
            )
            item.place = found.place
            item.kind = .eml
            item.maker = SourceItem.Maker(
                file: item.number,
                ordinal: reading.ordinal,
                identifier: found.identifier,
                record: found.record
            )
            reading.ordinal += 1
            pipeline.submit(item)
        case .failed(let found):
            reading.count += 1
            failed(found, in: reading)
        case .expected(let names, let count):
            expected[naming.folder(base + names), default: 0] += count
        case .kept(let found, let reason):
            var item = SourceItem(
                number: 0,
                path: reading.surroundings.path + found.path,
                name: found.path.last ?? source.name,
                content: found.content,
                surroundings: reading.surroundings
            )
            item.place = found.place
            try keepAside(item, reason)
        case .skipped(_, let reason):
            skipped[reason, default: 0] += 1
        }
    }

    func keepAside(_ item: SourceItem, _ reason: SkipReason) throws(ArchiveError) {
        var item = item
        do throws(ArchiveError) {
            let file = try ImportSource.source { () throws(StorageError) in try item.open() }
            number(&item, file)
            let entry = try keepWhole(item, file, as: .unknown, reason.rawValue)
            finish(entry, entry.size)
            skipped[reason, default: 0] += 1
        } catch {
            guard error.code == .source, !isStopping else { throw error }
            unreadable(item, error.detail)
        }
    }

    /// A message that was put together from several files: the one that has its name is kept as it was.
    private func takeJoined(
        _ found: FoundMessage,
        _ path: [[UInt8]],
        _ reading: Reading
    ) throws(ArchiveError) {
        let raw = MemoryBytes(found.record, name: shown(path))
        var item = SourceItem(
            number: 0,
            path: reading.surroundings.path + path,
            name: path.last ?? source.name,
            content: .opened(found.bytes),
            surroundings: reading.surroundings
        )
        item.place = found.place
        item.kind = .eml
        number(&item, raw)
        item.closing = try keepWhole(item, raw, as: .emlx, "the message without the attachments beside it")
        item.maker = SourceItem.Maker(file: item.number, ordinal: 0, identifier: "", record: [])
        pipeline.submit(item)
    }

    /// Takes what the workers have finished, then does what they left to this thread; `false` when asked to stop.
    ///
    /// - Parameter nesting: What lies less deep is left to the loop over its own container.
    func finishDeferred(all: Bool, nesting: Int) throws(ArchiveError) -> Bool {
        try drain(all: all)
        while true {
            while let depth = deferred.indices.last(where: { $0 >= nesting && !deferred[$0].isEmpty }) {
                if isStopped() {
                    try drain(all: true)
                    return false
                }
                guard try importSlowly(deferred[depth].removeFirst()) else { return false }
                if all { try drain(all: true) }
            }
            guard !crowdedOut.isEmpty else { return true }
            // What is under way has files open too.
            try drain(all: true)
            guard deferred[nesting...].allSatisfy(\.isEmpty) else { continue }
            let again = crowdedOut
            crowdedOut = []
            for (item, _) in again { pipeline.submit(item) }
            try drain(all: true)
            // Nothing else was under way, and yet not one could be opened: nothing will change that.
            if crowdedOut.count == again.count, let error = again.first?.error { throw ArchiveError(error) }
        }
    }

    /// Opens a file that a worker has looked at and closed; nil when that cannot be done, which is told.
    private func open(_ found: DeferredFile) throws(ArchiveError) -> (any RandomAccessBytes)? {
        var isRetry = false
        while true {
            do throws(StorageError) {
                let file = try found.item.open()
                if (file as? SourceFile)?.identity == found.identity { return file }
                unreadable(found.item, "it changed while it was read")
                return nil
            } catch {
                guard error.cause == .tooManyOpenFiles else {
                    unreadable(found.item, error.message)
                    return nil
                }
                guard !isRetry else { throw ArchiveError(error) }
                isRetry = true
                try drain(all: true)
            }
        }
    }

    private func importSlowly(_ found: DeferredFile) throws(ArchiveError) -> Bool {
        let item = found.item
        nextOrdinal = 0
        guard let file = try open(found) else { return true }
        do throws(ArchiveError) {
            switch found.kind {
            case .mail(.mbox): return try importMbox(item, file)
            case .mail(.emlx), .mail(.eml): try importLarge(item, file)
            case .mail(let kind): return try importStore(item, file, kind)
            case .empty: try rejectWhole(item, file, .empty, "the file is empty")
            case .unknown(let text): try rejectWhole(item, file, .notMail, text)
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

    func requireUnchanged(_ file: any RandomAccessBytes) throws(ArchiveError) {
        guard let file = file as? SourceFile else { return }
        let changed = try ImportSource.source { () throws(StorageError) in try file.changedSinceOpened() }
        if changed { throw ArchiveError(.source, file.displayName, "it changed while it was read") }
    }

    func finish(_ entry: SourceFileEntry, _ byteCount: UInt64) {
        session.manifest.add(file: entry, run: run.id)
        run.counts.byteCount += byteCount
    }
}
