import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// Reads a folder given as SOURCE: what programs keep mail in is seen as a whole, each file for what it is.
///
/// The order is that of the walk: depth first, names sorted bytewise, lists that describe mail before what is beside
/// them. Nothing that is met goes without an event.
final class DirectoryReader: SourceReader {
    /// What comes next, with the difference that matters to who holds files open.
    enum Step {
        case event(SourceEvent)
        /// Something could not be opened, since too many files are open: the next call tries the same again.
        ///
        /// When the same is met twice, with nothing closed in between, there is no way on.
        case crowdedOut(StorageError, again: Bool)
        case end
    }

    /// What made the folder, as far as seen: at first by the folder itself, then by the first profile met in it.
    private(set) var kind: SourceKind
    private var walker: SourceDirectoryWalker
    /// The layouts of the directories on the way; the first is the folder itself.
    private var layouts: [DirectoryLayout]
    /// Events that belong to what was met already.
    private var pending: [SourceEvent] = []
    private var crowdedPath: [UInt8]?
    /// What `Attachments` directories hold for which message.
    private var attachments = AppleAttachments()

    /// Begins in a directory.
    ///
    /// - Parameter name: The folder's own name.
    init(path: [UInt8], name: [UInt8] = []) throws(StorageError) {
        walker = try SourceDirectoryWalker(path: path) { ExpectedItems.isList(named: $0) }
        layouts = [DirectoryLayout.root(walker.names, named: name)]
        kind = layouts[0].kind
        do throws(StorageError) {
            try readSideFile()
        } catch {
            pending.append(failure([name], "the flags of its messages cannot be read: \(error.message)"))
        }
    }

    /// How many directories the reader has open.
    var depth: Int { walker.depth }

    func next() throws(ArchiveError) -> SourceEvent? {
        switch step() {
        case .event(let event): return event
        case .end: return nil
        case .crowdedOut(let error, _): throw ArchiveError(error)
        }
    }

    /// What comes next.
    func step() -> Step {
        if !pending.isEmpty { return .event(pending.removeFirst()) }
        while let entry = walker.next() {
            do throws(StorageError) {
                guard let event = try event(entry) else { continue }
                crowdedPath = nil
                return .event(event)
            } catch {
                let isAgain = crowdedPath == entry.path
                crowdedPath = entry.path
                return .crowdedOut(error, again: isAgain)
            }
        }
        return .end
    }

    /// - Throws: only `tooManyOpenFiles`, with the walk set back before the entry.
    private func event(_ entry: SourceEntry) throws(StorageError) -> SourceEvent? {
        let path = entry.path.split(separator: UInt8(ascii: "/")).map { Array($0) }
        layouts.removeLast(max(0, layouts.count - entry.depth - 1))
        let layout = layouts[layouts.count - 1]
        switch entry.kind {
        case .directory:
            let entered = layout.entering(entry.name, walker.names)
            layouts.append(entered)
            if kind == .folder { kind = entered.kind }
            do throws(StorageError) {
                try readSideFile()
            } catch {
                if error.cause == .tooManyOpenFiles {
                    walker.stepOut()
                    throw error
                }
                return failure(path, "the flags of its messages cannot be read: \(error.message)")
            }
            return nil
        case .file: return try file(entry, path, layout)
        case .symlink: return .skipped(path: path, .link)
        case .special: return failure(path, "neither file nor folder")
        case .unreadable(let error):
            if error.cause == .tooManyOpenFiles {
                walker.stepBack()
                throw error
            }
            return failure(path, error.message)
        }
    }

    private func failure(_ path: [[UInt8]], _ text: String) -> SourceEvent {
        let identifier = path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        let folder = layouts.last.map { $0.folder } ?? []
        return .failed(FoundFailure(folder: folder, identifier: identifier, text: text))
    }

    private func readSideFile() throws(StorageError) {
        let last = layouts.count - 1
        guard let name = layouts[last].sideFile else { return }
        let file = try walker.open(Array(name.utf8))
        guard file.byteCount <= UInt64(MHSequences.maximumByteCount) else {
            throw StorageError(.read, file.displayName, .fileTooLarge)
        }
        let text = try file.read(at: 0, count: Int(file.byteCount))
        if layouts[last].form == .mh {
            layouts[last].sequences = MHSequences(text)
        } else {
            layouts[last].keywords = MaildirName.keywords(text)
        }
    }

    private func file(
        _ entry: SourceEntry,
        _ path: [[UInt8]],
        _ layout: DirectoryLayout
    ) throws(StorageError) -> SourceEvent {
        let found = { (place: FoundPlace, kind: SourceKind?) in
            SourceEvent.file(FoundFile(path: path, content: .met(entry), place: place, kind: kind))
        }
        switch layout.role(of: entry.name) {
        case .skipped(let reason): return .skipped(path: path, reason)
        case .file(let place, let kind): return found(place, kind)
        case .mailFile(let place, let kind):
            return entry.byteCount == 0 ? .skipped(path: path, .emptyMailbox) : found(place, kind)
        case .attachment(let place):
            do throws(StorageError) {
                let isHeld = try attachments.isHeld(path, layouts, walker)
                let file = FoundFile(path: path, content: .met(entry), place: place)
                return isHeld ? .kept(file, .attachment) : found(place, nil)
            } catch {
                if error.cause == .tooManyOpenFiles {
                    walker.stepBack()
                    throw error
                }
                return found(place, nil)
            }
        case .partial(let place):
            do throws(StorageError) {
                guard let joined = try attachments.join(entry, path, place, walker) else { return found(place, .emlx) }
                return .message(joined)
            } catch {
                if error.cause == .tooManyOpenFiles {
                    walker.stepBack()
                    throw error
                }
                // What was left out as its attachment is not stored: told.
                pending.append(failure(path, "its attachments cannot be put back: \(error.message)"))
                return found(place, .emlx)
            }
        }
    }
}
