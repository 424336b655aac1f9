import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// What an earlier run over the same source has done that was killed, unplugged or stopped: the run goes on with it.
struct Resume: Sendable {
    /// What was met in a file, in a folder.
    enum Piece {
        case message(Bytes32, byteCount: UInt64)
        case reject(RejectEntry)
    }

    /// The run as it was last written.
    let run: Run
    /// All files, by path, in the order of their numbers: a path may stand for several files of a container, and for what
    /// a file was before it changed.
    private let entries: [[[UInt8]]: [SourceFileEntry]]
    private let byNumber: [UInt64: SourceFileEntry]
    private let pieces: [UInt64: [(folder: Folder, piece: Piece)]]
    /// The content ids of messages that are all of a file.
    private let wholes: [UInt64: Bytes32]
    /// Messages that the archive did not have before this run.
    let stored: Set<Bytes32>
    /// Files that were changed, renamed or copied later than this may be others than those that were read.
    private let trusted: Int64
    /// The first number that no file has.
    let nextNumber: UInt64

    /// The newest run over a source that did not come to its end; nil when there is none.
    init?(_ catalogue: Catalogue, of source: Bytes32) {
        let candidates = catalogue.runs.indices.filter { catalogue.runs[$0].source == source }
        guard let position = candidates.max(by: { catalogue.runs[$0].start < catalogue.runs[$1].start }),
            !catalogue.runs[position].isComplete
        else { return nil }
        run = catalogue.runs[position]
        var byNumber: [UInt64: SourceFileEntry] = [:]
        for entry in catalogue.files where entry.run == position { byNumber[entry.number] = entry }
        var pieces: [UInt64: [(folder: Folder, piece: Piece)]] = [:]
        var wholes: [UInt64: Bytes32] = [:]
        var stored: Set<Bytes32> = []
        for message in catalogue.messages {
            // A message with several labels has several placements, and was met once.
            var met: Set<FilePiece> = []
            // The first placement of all is that of the import which stored the message.
            if message.placements.first?.run == position { stored.insert(message.content) }
            for placement in message.placements where placement.run == position {
                guard let origin = placement.origin,
                    met.insert(FilePiece(file: origin.file, ordinal: origin.ordinal)).inserted
                else { continue }
                let piece = Piece.message(message.content, byteCount: message.size)
                pieces[origin.file, default: []].append((catalogue.folders[placement.folder], piece))
                if origin.ordinal == 0, !origin.isMade { wholes[origin.file] = message.content }
            }
        }
        for reject in catalogue.rejects where reject.run == position && !reject.isKept {
            pieces[reject.file, default: []].append((catalogue.folders[reject.folder], .reject(reject)))
        }
        let last = [byNumber.keys.max(), pieces.keys.max()].compactMap { $0 }.max()
        nextNumber = last.map { $0 + 1 } ?? 0
        entries = Dictionary(grouping: byNumber.values, by: \.path).mapValues {
            $0.sorted { $0.number < $1.number }
        }
        self.byNumber = byNumber
        self.pieces = pieces
        self.wholes = wholes
        self.stored = stored
        // Times are kept in seconds, and by some file systems in steps of two.
        trusted = run.start - 2
    }

    private struct FilePiece: Hashable {
        let file: UInt64
        let ordinal: UInt64
    }

    // MARK: Is it the same file?

    /// Files that an item may be, as the earlier part of the run noted them.
    struct Standing: Sendable {
        /// All of it was dealt with: its bytes need not be worked on again.
        var done: [SourceFileEntry] = []
        /// It was begun, and is what it was: its pieces have the same numbers again.
        var begun: [SourceFileEntry] = []
    }

    /// Whether files with the item's path were met.
    func knows(_ item: SourceItem) -> Bool { !candidates(item).isEmpty }

    /// The newest first.
    private func candidates(_ item: SourceItem) -> [SourceFileEntry] {
        let all = entries[FolderNaming.bounded(item.path)] ?? []
        guard item.surroundings.nesting > 0 else { return all.reversed() }
        guard let numbers = item.surroundings.numbers else { return [] }
        return all.filter { numbers.contains($0.number) }
    }

    /// Holds a file against what is known of the files of its path.
    ///
    /// A file that was neither changed nor renamed since the run began is known by its size and time. Of any other the
    /// bytes are read, or another message with the name of this one would pass for it.
    func standing(of item: SourceItem, _ file: any RandomAccessBytes, _ keys: AppendKeys) -> Standing {
        var standing = Standing()
        let candidates = candidates(item)
        let same = candidates.filter { $0.size == file.byteCount }
        let isNested = item.surroundings.nesting > 0
        var isCertain = false
        if !isNested, let file = file as? SourceFile, file.identity.modifiedSeconds < trusted {
            isCertain = file.statusSeconds < trusted
            for entry in same where entry.changed == file.identity.modifiedSeconds {
                // What was begun is read again anyhow.
                if entry.isUnfinished {
                    standing.begun.append(entry)
                } else if isCertain {
                    standing.done.append(entry)
                }
            }
        }
        if !isCertain || standing.done.isEmpty, standing.begun.isEmpty {
            let content = ContentProof(file, keys)
            for entry in same {
                if entry.isUnfinished {
                    // What is within a container is what it was if the container is.
                    if isNested { standing.begun.append(entry) }
                } else if let hash = entry.hash {
                    guard content.hash == hash else { continue }
                    if isNested, entry.isOpened { standing.begun.append(entry) } else { standing.done.append(entry) }
                } else if let whole = wholes[entry.number], content.id == whole {
                    standing.done.append(entry)
                }
            }
        }
        standing.begun += candidates.filter { $0.isUnread && !standing.begun.contains($0) }
        return standing
    }

    /// Files of the item's path that could not be read.
    func unread(_ item: SourceItem) -> [SourceFileEntry] { candidates(item).filter(\.isUnread) }

    // MARK: What is within it

    /// The numbers that the files in a container have, which is not within another.
    func numbers(in entry: SourceFileEntry) -> Range<UInt64> {
        // What has the same path was met when this one had changed, in a later part of the run.
        let next = entries[entry.path]?.first { $0.number > entry.number }?.number
        return entry.number..<(next ?? .max)
    }

    /// The numbers of a finished file and of all files within it.
    func numbers(within entry: SourceFileEntry) -> [UInt64] {
        guard entry.isOpened else { return [entry.number] }
        let numbers = numbers(in: entry)
        return byNumber.values.filter {
            $0.path.count > entry.path.count && numbers.contains($0.number) && $0.path.starts(with: entry.path)
        }.map(\.number).sorted() + [entry.number]
    }

    /// What was met for a file.
    func pieces(ofFile number: UInt64) -> [(folder: Folder, piece: Piece)] { pieces[number] ?? [] }

    /// A file.
    func entry(_ number: UInt64) -> SourceFileEntry? { byNumber[number] }

    /// All files in which something was met.
    var numbers: [UInt64] { pieces.keys.sorted() }
}

extension SourceFileEntry {
    /// Whether it stands for a file that could not be read at all.
    var isUnread: Bool { isUnfinished && size == 0 && kind == SourceFileKind.unknown.rawValue }
}

/// What proves that a file has the bytes of another; read when it is asked for.
private final class ContentProof {
    private let file: any RandomAccessBytes
    private let keys: AppendKeys

    init(_ file: any RandomAccessBytes, _ keys: AppendKeys) {
        self.file = file
        self.keys = keys
    }

    /// The keyed hash of the file's tree hash (Spec, format.md, section 8.4); nil when it cannot be read.
    private(set) lazy var hash: Bytes32? = {
        let hash = FileHash(keys)
        return read { hash.update($0) } ? hash.finish() : nil
    }()

    /// The content id of all of it; nil when it cannot be read.
    private(set) lazy var id: Bytes32? = {
        let hash = StreamingHash(keys.contentHasher())
        return read { hash.update($0) } ? hash.finish() : nil
    }()

    private func read(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        var offset: UInt64 = 0
        while offset < file.byteCount {
            let count = Int(min(1 << 20, file.byteCount - offset))
            guard let bytes = try? file.read(at: offset, count: count), bytes.count == count else { return false }
            bytes.withUnsafeBytes(body)
            offset += UInt64(count)
        }
        return true
    }
}
extension ImportSource {
    /// What tells this source from any other on this computer, with what was asked of the import; nil for a stream.
    func identity(_ options: ImportOptions, _ keys: AppendKeys) -> Bytes32? {
        guard let place else { return nil }
        var text = Array("source".utf8)
        func add(_ bytes: [UInt8]) {
            text.append(littleEndian: UInt64(bytes.count))
            text += bytes
        }
        add(place.path)
        text.append(littleEndian: place.device)
        text.append(littleEndian: place.inode)
        add(options.mailbox)
        for names in [options.folder] + options.folderMap.flatMap({ [$0.old, $0.new] }) {
            text.append(littleEndian: UInt64(names.count))
            names.forEach(add)
        }
        add(Array((options.kind?.rawValue ?? "").utf8))
        add(Array((options.dialect?.text ?? "").utf8))
        text.append(options.recoversDeleted ? 1 : 0)
        return text.withUnsafeBytes { keys.contentID(of: $0) }
    }
}
