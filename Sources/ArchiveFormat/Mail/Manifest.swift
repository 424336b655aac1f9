/// A mailbox (its owner) and a folder in it, as byte strings from the source.
public struct Folder: Hashable, Sendable {
    /// The mailbox; empty where the source names none.
    public var mailbox: [UInt8]
    /// The path, component by component.
    public var path: [[UInt8]]

    /// Names a folder.
    public init(mailbox: [UInt8] = [], path: [[UInt8]]) {
        self.mailbox = mailbox
        self.path = path
    }
}

/// The kind of a source file.
///
/// Files of the kinds below 16 are made again from their pieces. From 16 on they are *opened* files: what was in them
/// is kept, they themselves are not.
public enum SourceFileKind: UInt8, Sendable, CaseIterable {
    /// Not recognised: all of it is a reject.
    case unknown = 0
    /// One message.
    case eml = 1
    /// Many messages.
    case mbox = 2
    /// One message of Apple Mail.
    case emlx = 3
    /// One item of Outlook.
    case msg = 4
    /// A store of Outlook.
    case pst = 16
    /// A copy of a mailbox by Outlook.
    case ost = 17
    /// A store of Outlook for Mac.
    case olm = 18
    /// Many files in one.
    case container = 19
    /// A list that describes mail.
    case list = 20
}

/// A file that was imported (schema `source-file`).
public struct SourceFileEntry: Equatable, Sendable {
    /// Position of the run in the manifest's table.
    public var run: Int
    /// Number of the file in the run, from 0.
    public var number: UInt64
    /// Path below the source; empty: the source itself.
    public var path: [[UInt8]]
    /// Size in bytes.
    public var size: UInt64
    /// Keyed hash of the whole file; `nil` where it is one message or reject.
    public var hash: Bytes32?
    /// What it is, as the number in the manifest.
    public var kind: UInt8
    /// MBOX dialect: 1 mboxo, 2 mboxrd, 3 mboxcl, 4 mboxcl2; 0 none.
    public var dialect: UInt8 = 0
    /// Number of pieces.
    public var pieceCount: UInt64
    /// Bytes behind the last piece.
    public var tail: [UInt8] = []
    /// Time of last change, in seconds since 1970.
    public var changed: Int64?
    /// What kind and dialect were told by, in words; UTF-8, at most 1024 bytes.
    public var evidence: [UInt8] = []
    /// Whether the import has not come to the end of the file yet.
    public var isUnfinished = false

    /// Whether it was opened for what is in it, and is not kept itself.
    public var isOpened: Bool { kind >= 16 }
    /// Whether it can be made again from its pieces.
    public var isMadeAgain: Bool { !isOpened && !isUnfinished }

    package init(
        run: Int,
        number: UInt64,
        path: [[UInt8]],
        size: UInt64,
        hash: Bytes32?,
        kind: UInt8,
        pieceCount: UInt64
    ) {
        self.run = run
        self.number = number
        self.path = path
        self.size = size
        self.hash = hash
        self.kind = kind
        self.pieceCount = pieceCount
    }
}

/// Flags of a placement (format.md, section 8.4).
public struct MessageFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public var rawValue: UInt64

    /// Takes the bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Read.
    public static let seen = MessageFlags(rawValue: 1)
    /// Answered.
    public static let answered = MessageFlags(rawValue: 2)
    /// Flagged.
    public static let flagged = MessageFlags(rawValue: 4)
    /// A draft.
    public static let draft = MessageFlags(rawValue: 8)
    /// Deleted in the source.
    public static let deleted = MessageFlags(rawValue: 16)
    /// Forwarded.
    public static let forwarded = MessageFlags(rawValue: 32)
}

/// What the source file had around a message (schema `origin`).
public struct Origin: Equatable, Sendable {
    /// Number of the file in its run.
    public var file: UInt64
    /// Ordinal of the piece in the file.
    public var ordinal: UInt64
    /// Bytes before the message.
    public var lead: [UInt8] = []
    /// Bytes behind the message.
    public var trail: [UInt8] = []
    /// 0 none, 1 lines beginning with `From `, 2 with `>`s and `From `.
    public var quoting: UInt8 = 0
    /// Numbers of the lines that are not to be quoted, ascending.
    public var exceptions: [UInt64] = []
    /// What begins a line: 0 after LF, 1 also after a lone CR.
    public var lineEnd: UInt8 = 0
    /// From this line on none is quoted.
    public var verbatimFrom: UInt64?
    /// The item's id in its store; at most 256 bytes.
    public var item: [UInt8] = []
    /// Whether the message was made from what the file holds; it is then no piece of the file.
    public var isMade = false

    package init(file: UInt64, ordinal: UInt64) {
        self.file = file
        self.ordinal = ordinal
    }
}

/// Where a message lies: run, folder, flags, labels, origin (schema `placement`).
public struct Placement: Equatable, Sendable {
    /// Position of the run in the manifest's table.
    public var run: Int
    /// Position of the folder in the manifest's table.
    public var folder: Int
    /// Flags.
    public var flags: MessageFlags = []
    /// Labels, as the source had them.
    public var labels: [[UInt8]] = []
    /// Internal date in seconds since 1970.
    public var internalDate: Int64?
    /// The place in the source file.
    public var origin: Origin?
    /// The blobs that hold the store's own record of the item, in order.
    public var record: [BlobReference] = []

    package init(run: Int, folder: Int) {
        self.run = run
        self.folder = folder
    }
}

/// Header fields kept for listing: unfolded, undecoded (schema `mail-envelope`).
public struct MailEnvelope: Equatable, Sendable {
    /// Date in seconds since 1970.
    public var date: Int64?
    /// From.
    public var from: [UInt8]?
    /// To.
    public var to: [UInt8]?
    /// Cc.
    public var cc: [UInt8]?
    /// Subject.
    public var subject: [UInt8]?
    /// Message-ID.
    public var messageID: [UInt8]?
    /// In-Reply-To.
    public var inReplyTo: [UInt8]?
    /// Number of attachments.
    public var attachments: UInt64 = 0

    /// Makes an empty envelope.
    public init() {}
}

/// One message, once for each time it was met (schema `message`).
public struct MessageEntry: Equatable, Sendable {
    /// Id of the content.
    public var content: Bytes32
    /// Size in bytes.
    public var size: UInt64
    /// Where it lies.
    public var placements: [Placement]
    /// Header fields for listing; may stand in another entry of the same content.
    public var envelope: MailEnvelope?

    package init(content: Bytes32, size: UInt64, placements: [Placement], envelope: MailEnvelope?) {
        self.content = content
        self.size = size
        self.placements = placements
        self.envelope = envelope
    }
}

/// A blob: its id, and its size in bytes.
public struct BlobReference: Hashable, Sendable {
    /// Id of the object.
    public var id: Bytes32
    /// Size in bytes.
    public var size: UInt32

    package init(id: Bytes32, size: UInt32) {
        self.id = id
        self.size = size
    }
}

/// Why bytes were kept aside.
public enum RejectReason: UInt8, Sendable, CaseIterable {
    /// No bytes.
    case empty = 1
    /// No header field where one must be.
    case notMail = 2
    /// Between messages.
    case gap = 3
    /// Over a limit of the format.
    case overLimit = 4
    /// Cut short.
    case cutShort = 5
    /// The source could not be read, or changed meanwhile.
    case unreadable = 6
    /// Not rejected: it belongs to a message, or a message was made from it.
    case kept = 7
}

/// Bytes of a source that are no message, kept aside (schema `reject`).
public struct RejectEntry: Equatable, Sendable {
    /// Position of the run in the manifest's table.
    public var run: Int
    /// Number of the file in its run.
    public var file: UInt64
    /// Ordinal of the piece.
    public var ordinal: UInt64
    /// Offset in the source file.
    public var offset: UInt64
    /// Size in bytes.
    public var size: UInt64
    /// The reason, by number.
    public var reason: UInt8
    /// The reason in words, as UTF-8.
    public var text: [UInt8]
    /// The blobs that hold the bytes, in order.
    public var blobs: [(id: Bytes32, size: UInt32)]
    /// Position of the folder in the manifest's table.
    public var folder: Int
    /// The item's id in its store; at most 256 bytes.
    public var item: [UInt8] = []

    /// Whether it is kept for a message's sake, and counts as nothing that was rejected.
    public var isKept: Bool { reason == RejectReason.kept.rawValue }

    package init(file: UInt64, ordinal: UInt64, offset: UInt64, size: UInt64, reason: RejectReason, text: String) {
        run = 0
        self.file = file
        self.ordinal = ordinal
        self.offset = offset
        self.size = size
        self.reason = reason.rawValue
        // 250 characters of at most four bytes are within the limit, and no character is cut.
        self.text = Array(String(String.UnicodeScalarView(text.unicodeScalars.prefix(250))).utf8)
        blobs = []
        folder = 0
    }

    /// Orders nothing; equal in all fields.
    public static func == (left: RejectEntry, right: RejectEntry) -> Bool {
        guard left.blobs.count == right.blobs.count else { return false }
        for index in left.blobs.indices where left.blobs[index] != right.blobs[index] { return false }
        return left.run == right.run && left.file == right.file && left.ordinal == right.ordinal
            && left.offset == right.offset && left.size == right.size && left.reason == right.reason
            && left.text == right.text && left.folder == right.folder
            && left.item == right.item
    }
}

/// The messages of one commit, or of a share of it (format.md, section 8.4).
public struct Manifest: Equatable, Sendable {
    /// Ids of runs, 16 bytes each.
    public var runs: [[UInt8]] = []
    /// Folders.
    public var folders: [Folder] = []
    /// Source files that were finished.
    public var files: [SourceFileEntry] = []
    /// Messages.
    public var messages: [MessageEntry] = []
    /// Rejects.
    public var rejects: [RejectEntry] = []
    /// Entries and placements that pointed outside the tables and were left out.
    package var badPositionCount = 0

    package init() {}
}
