import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// A file of a source, or a message of a store, on its way through an import.
struct SourceItem: Sendable {
    enum Content: Sendable {
        /// Met on a walk, not opened yet.
        case met(SourceEntry)
        case opened(any RandomAccessBytes)
        /// Not to be had any more.
        case gone(StorageError)
    }

    /// What a message was made from.
    struct Maker: Sendable {
        /// Number of the store's file in the run.
        let file: UInt64
        /// Its place in the order of the store's items.
        let ordinal: UInt64
        /// The item's id in the store.
        let identifier: String
        /// The store's own record of the item.
        let record: [UInt8]
    }

    /// The store or container that an item lies in; for the outermost ones, the source itself.
    struct Surroundings: Sendable {
        /// How many stores and containers are around it.
        var nesting = 0
        /// The path of the container below the source.
        var path: [[UInt8]] = []
        /// The folder that stands for the container.
        var folder: [[UInt8]] = []
        /// The numbers that an earlier part of the run gave to the files in the same container; nil: it did not read it.
        var numbers: Range<UInt64>?
    }

    /// Its number in the run, in the order of the walk; of a made message that of its store.
    var number: UInt64
    /// An earlier part of the run met files of its path: whether it is one of them is to be seen, and it has no number yet.
    var isContinued = false
    /// As in `Surroundings`, for what is within it.
    var numbers: Range<UInt64>?
    /// Its path below the source, name by name; empty when it is the source itself.
    let path: [[UInt8]]
    /// Its name, also when it is the source itself.
    let name: [UInt8]
    let content: Content
    var surroundings = Surroundings()
    /// What stands beside the file tells this of it.
    var place = FoundPlace()
    /// What it must be; nil: its bytes tell.
    var kind: SourceKind?
    var maker: Maker?
    /// The entry of the file that the message was made from: the file is done when the message is stored, not before.
    var closing: SourceFileEntry?
    /// What the file has before and behind the message.
    var lead: [UInt8] = []
    var trail: [UInt8] = []
    /// The proof of a file that is more than the message in it.
    var fileHash: Bytes32?
    /// What is not as it should be, in words.
    var notes: [String] = []

    func open() throws(StorageError) -> any RandomAccessBytes {
        switch content {
        case .met(let entry): try entry.open()
        case .opened(let file): file
        case .gone(let error): throw error
        }
    }

    /// Bytes of memory that it holds while it waits.
    var heldByteCount: Int {
        guard case .opened(let bytes as MemoryBytes) = content else { return 0 }
        return bytes.bytes.count + (maker?.record.count ?? 0)
    }

    /// The ordinal under which it is told that the item cannot be read: not that of the file's own bytes,
    /// if they are kept, nor that of what the message lacks.
    var firstFree: UInt64 { (maker?.ordinal ?? 0) + (closing == nil ? 0 : 2) }

    /// What the name promises of the content.
    var hint: MailKind.NameHint {
        if kind == .eml { return .eml }
        let lower = name.suffix(5).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        if lower.suffix(4).elementsEqual(".eml".utf8) { return .eml }
        if lower.elementsEqual(".mbox".utf8) { return .mbox }
        return .none
    }

    /// The folder of its messages, in the words of the source.
    var folderNames: [[UInt8]] {
        surroundings.folder + (place.folder ?? Array(path.dropFirst(surroundings.path.count).dropLast()))
    }

    /// The folder of what is within it, when it is a file of many messages; the source itself adds no name.
    ///
    /// - Parameter suffixes: Endings of the name that say only what kind of file it is.
    func inner(without suffixes: [String]) -> [[UInt8]] {
        guard !path.isEmpty else { return folderNames }
        if place.folder != nil { return folderNames }
        var name = name
        for suffix in suffixes where name.count > suffix.utf8.count {
            let end = name.suffix(suffix.utf8.count).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
            guard end.elementsEqual(suffix.utf8) else { continue }
            name.removeLast(suffix.utf8.count)
            break
        }
        return folderNames + [name]
    }

    /// The entry of the manifest; the run is set there (Spec, format.md, section 8.4).
    func entry(_ file: any RandomAccessBytes, kind: SourceFileKind, pieces: UInt64) -> SourceFileEntry {
        var entry = SourceFileEntry(
            run: 0,
            number: number,
            path: FolderNaming.bounded(path),
            size: file.byteCount,
            hash: nil,
            kind: kind.rawValue,
            pieceCount: pieces
        )
        entry.changed = (file as? SourceFile)?.identity.modifiedSeconds
        return entry
    }
}
