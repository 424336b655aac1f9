import ArchiveFormat
import ArchiveReader
import ArchiveStorage

/// Gives what a source holds, item by item, always in the same order for the same source.
///
/// A reader is used by one thread. It holds at most a few MiB, whatever the source: long contents are spooled.
protocol SourceReader: AnyObject {
    /// What comes next; nil at the end.
    ///
    /// - Throws: `source` when nothing more can be read of the source; what one item lacks is `SourceEvent.failed`.
    func next() throws(ArchiveError) -> SourceEvent?
}

/// What a reader of a source meets.
enum SourceEvent {
    /// A file within the source, which is judged by its bytes: mail, a store, a container, or none of them.
    case file(FoundFile)
    /// A message made from the records of a store.
    case message(FoundMessage)
    /// An item that was met and cannot be read: counted as rejected.
    case failed(FoundFailure)
    /// A file that is no mail of its own, and is kept as it is: counted by its reason.
    case kept(FoundFile, SkipReason)
    /// How many items the source itself says a folder has.
    case expected(folder: [[UInt8]], count: UInt64)
    /// Something that is left out on purpose, since it is no mail and never was: counted by its reason.
    case skipped(path: [[UInt8]], SkipReason)
}

/// Where a message goes, and in what state it was.
struct FoundPlace: Sendable {
    /// The mailbox (its owner), where the source names one.
    var mailbox: [UInt8]?
    /// The folder below the source's own place; nil: the folder of the file's path.
    var folder: [[UInt8]]?
    /// Further folders that hold the same message, such as the other labels of Gmail.
    var otherFolders: [[[UInt8]]] = []
    /// Flags.
    var flags: MessageFlags = []
    /// Labels.
    var labels: [[UInt8]] = []
    /// When it came in, in seconds since 1970.
    var internalDate: Int64?
}

/// A file within a source.
struct FoundFile: Sendable {
    /// Its path below the source, name by name.
    var path: [[UInt8]]
    var content: SourceItem.Content
    /// What the surroundings of the file tell of it.
    var place = FoundPlace()
    /// What it must be, where its surroundings tell; nil: its bytes tell.
    var kind: SourceKind?
    /// The bytes end before the file does, since what holds it is damaged there; a `failed` follows that tells so.
    var isCut = false
}

/// A message that was made from the records of a store.
struct FoundMessage: Sendable {
    /// The message, in the form of RFC 5322.
    var bytes: any RandomAccessBytes
    var place: FoundPlace
    /// The item's id in the store, as people and tools write it.
    var identifier: String
    /// What the message does not say: the store's own record of the item, kept beside it; empty when there is none.
    ///
    /// With a `path`, the bytes of that file.
    var record: [UInt8] = []
    /// The file that it was made from, where that is a file of its own rather than a store.
    var path: [[UInt8]]?
    /// What is not as it should be, in words; the message is there nevertheless.
    var notes: [String] = []
}

/// An item that could not be read.
struct FoundFailure: Sendable {
    var folder: [[UInt8]]
    /// The item's path or id in the store.
    var identifier: String
    /// Why, in words.
    var text: String
}

/// Why something is left out.
package enum SkipReason: String, Sendable, CaseIterable {
    /// An index or cache that the mail program makes anew.
    case index = "index of the mail program"
    /// Copies of file attributes that macOS adds to archives.
    case resourceFork = "macOS resource fork"
    /// A marker file without mail.
    case marker = "marker file"
    /// Not yet delivered, or given up: a Maildir's `tmp`.
    case undelivered = "undelivered"
    /// A list that describes mail, read to check it.
    case list = "list that describes the mail"
    /// A link, which leads to what is met elsewhere or not part of the source.
    case link = "link"
    /// A device, pipe or socket, which has no bytes of its own.
    case special = "special file"
    /// Empty where mail programs leave empty files.
    case emptyMailbox = "empty mailbox"
    /// Settings, address books and other data of a mail program, within its profile.
    case program = "data of the mail program"
    /// An attachment beside a message that holds it, or that it was put back into.
    case attachment = "attachment of a message beside it"
    /// A message without its attachments, beside the same message with them.
    case partialTwin = "part of a message beside it"
    /// Views, rules and settings that a store keeps in a folder beside its items.
    case folderSettings = "settings of a folder"
    /// What was deleted and can still be found: taken when asked for.
    case deletedItem = "deleted item"
}
