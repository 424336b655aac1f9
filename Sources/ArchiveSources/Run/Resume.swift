import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// What an earlier run over the same source has done that was killed, unplugged or stopped: the run goes on with it.
struct Resume: Sendable {
    /// The account of one finished file: a folder, and what was met for it there.
    typealias Account = [(folder: Folder, counts: ImportCounts)]

    private struct FilePiece: Hashable {
        let file: UInt64
        let ordinal: UInt64
    }

    /// The run as it was last written.
    let run: Run
    /// All files, by path, in the order of their numbers: a path may stand for several files of a container.
    private let entries: [[[UInt8]]: [SourceFileEntry]]
    /// Files that were changed later than this may have been changed again since they were read.
    private let trusted: Int64
    private let accounts: [UInt64: Account]
    /// The first number that no file has.
    let nextNumber: UInt64

    /// The newest run over a source that did not come to its end; nil when there is none.
    init?(_ catalogue: Catalogue, of source: Bytes32) {
        let candidates = catalogue.runs.indices.filter { catalogue.runs[$0].source == source }
        guard let position = candidates.max(by: { catalogue.runs[$0].start < catalogue.runs[$1].start }),
            !catalogue.runs[position].isComplete
        else { return nil }
        run = catalogue.runs[position]
        var entries: [[[UInt8]]: [SourceFileEntry]] = [:]
        var last: UInt64?
        for entry in catalogue.files where entry.run == position {
            entries[entry.path, default: []].append(entry)
            last = max(last ?? 0, entry.number)
        }
        var accounts: [UInt64: [Folder: ImportCounts]] = [:]
        for message in catalogue.messages {
            // A message with several labels has several placements, and was met once.
            var met: Set<FilePiece> = []
            for (index, placement) in message.placements.enumerated() where placement.run == position {
                guard let origin = placement.origin,
                    met.insert(FilePiece(file: origin.file, ordinal: origin.ordinal)).inserted
                else { continue }
                let folder = catalogue.folders[placement.folder]
                accounts[origin.file, default: [:]][folder, default: ImportCounts()].found += 1
                accounts[origin.file]?[folder]?.byteCount += message.size
                // The first placement of all is that of the import which stored the message.
                if index == 0 {
                    accounts[origin.file]?[folder]?.stored += 1
                } else {
                    accounts[origin.file]?[folder]?.alreadyThere += 1
                }
                last = max(last ?? 0, origin.file)
            }
        }
        for reject in catalogue.rejects where reject.run == position && !reject.isKept {
            let folder = catalogue.folders[reject.folder]
            accounts[reject.file, default: [:]][folder, default: ImportCounts()].found += 1
            accounts[reject.file]?[folder]?.rejected += 1
            accounts[reject.file]?[folder]?.byteCount += reject.size
            last = max(last ?? 0, reject.file)
        }
        nextNumber = last.map { $0 + 1 } ?? 0
        self.accounts = accounts.mapValues { folders in
            folders.sorted { $0.key.path.count < $1.key.path.count }.map { ($0.key, $0.value) }
        }
        self.entries = entries.mapValues { $0.sorted { $0.number < $1.number } }
        // A file that was changed in the second in which it was read shows no change.
        trusted = run.start - 2
    }

    /// What an earlier part of the run knows of a file.
    enum Standing {
        /// All of it was dealt with: its bytes need not be read again.
        case done(SourceFileEntry)
        /// It was begun, and is what it was: its pieces have the same numbers again.
        case begun
        /// It is not what it was, or that cannot be told: a file of its own.
        case other
    }

    /// Holds a file against what is known of the file with the same number.
    func standing(of item: SourceItem, _ file: any RandomAccessBytes) -> Standing {
        // What is within a container is what it was if the container is.
        if item.surroundings.nesting > 0 {
            guard let entry = entry(of: item.path, item.number), !entry.isUnfinished, entry.size == file.byteCount
            else { return .begun }
            return .done(entry)
        }
        return standing(of: item.path, item.number, file)
    }

    private func entry(of path: [[UInt8]], _ number: UInt64) -> SourceFileEntry? {
        entries[FolderNaming.bounded(path)]?.first { $0.number == number }
    }

    private func standing(of path: [[UInt8]], _ number: UInt64, _ file: any RandomAccessBytes) -> Standing {
        guard let file = file as? SourceFile,
            let entry = entry(of: path, number),
            let changed = entry.changed, changed < trusted, changed == file.identity.modifiedSeconds,
            entry.size == file.byteCount
        else { return .other }
        return entry.isUnfinished ? .begun : .done(entry)
    }

    /// The numbers that the files of a path had.
    func numbers(of path: [[UInt8]]) -> [UInt64] { entries[path]?.map(\.number) ?? [] }

    /// The numbers of a finished file and of all files within it.
    func numbers(within entry: SourceFileEntry) -> [UInt64] {
        guard entry.isOpened else { return [entry.number] }
        let inner = entries.filter { $0.key.count > entry.path.count && $0.key.starts(with: entry.path) }
        return [entry.number] + inner.values.joined().map(\.number)
    }

    /// What was met for a file.
    func account(ofFile number: UInt64) -> Account { accounts[number] ?? [] }
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
