/// Where a live file stands in its life (format.md, section 6).
public enum FileState: UInt8, Sendable {
    /// May be extended by its session.
    case open = 1
    /// Final, with a footer.
    case sealed = 2
    /// Final, left behind by a session that broke off.
    case closed = 3
    /// No segment.
    case plain = 4
}

/// One live file (schema `live-file`).
public struct LiveFile: Equatable, Sendable {
    /// The kind of file.
    public var kind: FileKind
    /// Its number.
    public var number: UInt32
    /// Committed length in bytes.
    public var length: UInt64
    /// Root of the committed bytes.
    public var root: Bytes32
    /// Open, sealed, closed, or no segment.
    public var state: FileState
    /// Pages of the commit record behind the committed length.
    public var tailPages: UInt8
    /// The commit that last added, extended or sealed it.
    public var generation: UInt64
    /// The envelope of the segment key.
    public var envelope: [UInt8] = []
    /// One sealed list of pointers for each commit that added, extended or sealed it.
    public var pointers: [PointerBlob] = []
    /// Bytes behind the committed length that are known debris.
    public var debrisLength: UInt64 = 0
    /// Root of these bytes.
    public var debrisRoot: Bytes32 = .zero
}

/// A sealed list of pointers, and the commit that it belongs to.
public struct PointerBlob: Equatable, Sendable {
    /// The generation that its seal is bound to.
    public var generation: UInt64
    /// Nonce and sealed bytes.
    public var blob: [UInt8]
}

/// One writer known to the archive.
public struct WriterState: Equatable, Sendable {
    /// The public key of the writer.
    public var key: Bytes32
    /// The certificate with its signature.
    public var certificate: [UInt8]
    /// Whether it was revoked.
    public var isRevoked: Bool
}

/// The live files and writers after a commit (format.md, section 7.2; schema `state`).
public struct ArchiveState: Equatable, Sendable {
    /// Ascending by kind and number.
    public package(set) var files: [LiveFile] = []
    /// Ascending by key.
    public package(set) var writers: [WriterState] = []
    /// Known debris in the journal.
    public package(set) var journalDebris: [JournalDebris] = []
    /// Position of the first file that changed since the state was encoded last (`StateEncoding`).
    var firstChanged = 0

    /// The state before generation 1.
    public init() {}

    /// States are equal whenever they say the same.
    public static func == (left: ArchiveState, right: ArchiveState) -> Bool {
        left.files == right.files && left.writers == right.writers && left.journalDebris == right.journalDebris
    }

    mutating func touch(_ position: Int) { firstChanged = min(firstChanged, position) }

    mutating func insert(_ file: LiveFile) {
        let position = insertion(file.kind, file.number)
        touch(position)
        files.insert(file, at: position)
    }

    /// The live file of a kind and number.
    public func file(_ kind: FileKind, _ number: UInt32) -> LiveFile? {
        guard let index = index(kind, number) else { return nil }
        return files[index]
    }

    func index(_ kind: FileKind, _ number: UInt32) -> Int? {
        let position = insertion(kind, number)
        guard position < files.count, files[position].kind == kind, files[position].number == number else { return nil }
        return position
    }

    func insertion(_ kind: FileKind, _ number: UInt32) -> Int {
        var low = 0
        var high = files.count
        while low < high {
            let middle = (low + high) / 2
            let file = files[middle]
            if file.kind < kind || (file.kind == kind && file.number < number) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
