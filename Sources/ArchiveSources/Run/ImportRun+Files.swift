import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// The files of a source, and what is within them.
extension ImportRun {
    func walk(_ path: [UInt8]) throws(ArchiveError) -> Bool {
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
                guard try finishDeferred(all: true, nesting: 0) else { return false }
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
            guard try finishDeferred(all: false, nesting: 0) else { return false }
        }
        return try finishDeferred(all: true, nesting: 0)
    }

    /// Takes what a reader gives; `false` when asked to stop.
    ///
    /// - Parameters:
    ///   - store: the file that is read.
    ///   - folder: the folder that stands for it.
    func take(_ reader: any SourceReader, in store: SourceItem, folder: [[UInt8]]) throws(ArchiveError) -> Bool {
        let nesting = store.surroundings.nesting + 1
        let surroundings = SourceItem.Surroundings(nesting: nesting, path: store.path, folder: folder)
        if deferred.count <= nesting { deferred.append([]) }
        var ordinal: UInt64 = 0
        while true {
            if isStopped() {
                try drain(all: true)
                return false
            }
            guard let event = try reader.next() else { break }
            switch event {
            case .file(let found):
                var item = SourceItem(
                    number: takeNumber(),
                    path: store.path + found.path,
                    name: found.path.last ?? store.name,
                    content: found.content,
                    surroundings: surroundings
                )
                item.place = found.place
                item.kind = found.kind
                pipeline.submit(item)
            case .message(let found):
                var item = SourceItem(
                    number: store.number,
                    path: store.path + [Array(found.identifier.utf8)],
                    name: store.name,
                    content: .opened(found.bytes),
                    surroundings: surroundings
                )
                item.place = found.place
                item.kind = .eml
                item.maker = SourceItem.Maker(
                    file: store.number,
                    ordinal: ordinal,
                    identifier: found.identifier,
                    record: found.record
                )
                ordinal += 1
                pipeline.submit(item)
            case .failed(let found):
                failed(found, in: store, naming.folder(folder + found.folder), ordinal)
                ordinal += 1
            case .expected(let names, let count):
                expected[naming.folder(folder + names), default: 0] += count
            case .skipped(_, let reason):
                skipped[reason, default: 0] += 1
            }
            guard try finishDeferred(all: false, nesting: nesting) else { return false }
        }
        return try finishDeferred(all: true, nesting: nesting)
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
