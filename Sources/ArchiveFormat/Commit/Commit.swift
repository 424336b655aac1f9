/// A kind of file that commits name (format.md, section 7.2).
public struct FileKind: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number of the kind: 1 to 99.
    public var rawValue: UInt8

    /// Names a kind by its number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A segment.
    public static let segment = FileKind(rawValue: 1)
    /// A checkpoint.
    public static let checkpoint = FileKind(rawValue: 2)
    /// A derived file.
    public static let derived = FileKind(rawValue: 3)

    /// Orders by number.
    public static func < (left: FileKind, right: FileKind) -> Bool { left.rawValue < right.rawValue }
}

/// What a commit does to a file (format.md, section 7.2).
public enum FileOperation: UInt8, Sendable {
    /// Now live; a segment is open.
    case added = 1
    /// An open segment grew.
    case extended = 2
    /// A segment is final, with its footer.
    case sealed = 3
    /// A segment that a session left open, or a segment file that no commit named, is final.
    case closed = 4
    /// No longer live.
    case removed = 5
}

/// One file change of a commit (schema `file-change`).
public struct FileChange: Equatable, Sendable {
    /// What is done.
    public var operation: FileOperation
    /// The kind of file.
    public var kind: FileKind
    /// The number of the file.
    public var number: UInt32
    /// Committed length in bytes (added, extended, sealed).
    public var length: UInt64 = 0
    /// Root of the committed bytes (added, extended, sealed).
    public var root: Bytes32 = .zero
    /// The envelope of the segment key, 176 bytes (segments).
    public var envelope: [UInt8] = []
    /// The sealed pointers to the records that this commit adds (segments).
    public var pointers: [UInt8] = []
    /// Bytes behind the committed length (closed).
    public var debrisLength: UInt64 = 0
    /// Root of these bytes (closed).
    public var debrisRoot: Bytes32 = .zero

    package init(_ operation: FileOperation, _ kind: FileKind, _ number: UInt32) {
        self.operation = operation
        self.kind = kind
        self.number = number
    }

    /// Whether it carries length and root.
    var carriesContent: Bool { operation.rawValue <= FileOperation.sealed.rawValue }
}

/// The newest checkpoint at a commit.
public struct CheckpointReference: Equatable, Sendable {
    /// The generation whose state it holds.
    public var generation: UInt64
    /// Length of the file in bytes.
    public var length: UInt64
    /// Root of the file.
    public var root: Bytes32

    package init(generation: UInt64, length: UInt64, root: Bytes32) {
        self.generation = generation
        self.length = length
        self.root = root
    }
}

/// Bytes in a journal file that are no commit, and are known.
public struct JournalDebris: Equatable, Sendable {
    /// The number of the journal file.
    public var file: UInt32
    /// Offset of the bytes.
    public var offset: UInt64
    /// Their length.
    public var length: UInt64
    /// Their root.
    public var root: Bytes32

    package init(file: UInt32, offset: UInt64, length: UInt64, root: Bytes32) {
        self.file = file
        self.offset = offset
        self.length = length
        self.root = root
    }
}

/// The body of a commit record (format.md, section 7.2; schema `commit`).
public struct Commit: Equatable, Sendable {
    /// Its number: the previous one's plus 1.
    public var generation: UInt64
    /// Hash of the previous commit, zeros in generation 1.
    public var previous: Bytes32
    /// Seconds since 1970, a multiple of 60.
    public var time: UInt64
    /// Sequence of the header.
    public var headerSequence: UInt64
    /// Hash of the header.
    public var headerHash: Bytes32
    /// The certificate of the writer, with its signature.
    public var certificate: [UInt8]
    /// Number of the journal file in which copy J stands.
    public var journalFile: UInt32
    /// What happens to files, ascending by kind and number.
    public var changes: [FileChange]
    /// Root of the state after this commit.
    public var stateRoot: Bytes32
    /// The newest checkpoint.
    public var checkpoint: CheckpointReference?
    /// Further certificates, with their signatures.
    public var certificates: [[UInt8]] = []
    /// Revocations, with their signatures.
    public var revocations: [[UInt8]] = []
    /// Journal debris that becomes known.
    public var journalDebris: [JournalDebris] = []
    /// The program that wrote it, as UTF-8; empty if not stated.
    public var program: [UInt8] = []

    package init(
        generation: UInt64,
        previous: Bytes32,
        time: UInt64,
        headerSequence: UInt64,
        headerHash: Bytes32,
        certificate: [UInt8],
        journalFile: UInt32,
        changes: [FileChange],
        stateRoot: Bytes32,
        checkpoint: CheckpointReference?
    ) {
        self.generation = generation
        self.previous = previous
        self.time = time
        self.headerSequence = headerSequence
        self.headerHash = headerHash
        self.certificate = certificate
        self.journalFile = journalFile
        self.changes = changes
        self.stateRoot = stateRoot
        self.checkpoint = checkpoint
    }
}
