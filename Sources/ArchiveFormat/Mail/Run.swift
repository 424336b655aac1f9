/// The account of an import: found = stored + already there + rejected (schema `counts`).
public struct ImportCounts: Equatable, Sendable {
    /// Items found in the source.
    public var found: UInt64 = 0
    /// Messages that are new to the archive.
    public var stored: UInt64 = 0
    /// Messages that the archive had.
    public var alreadyThere: UInt64 = 0
    /// Items kept aside.
    public var rejected: UInt64 = 0
    /// Bytes read.
    public var byteCount: UInt64 = 0

    /// Makes an account of nothing.
    public init() {}

    /// Whether every item is accounted for.
    public var isBalanced: Bool { found == stored &+ alreadyThere &+ rejected }

    /// Adds another account to this one.
    public mutating func add(_ other: ImportCounts) {
        found &+= other.found
        stored &+= other.stored
        alreadyThere &+= other.alreadyThere
        rejected &+= other.rejected
        byteCount &+= other.byteCount
    }
}

/// What a run imported from.
public enum RunKind: UInt8, Sendable {
    /// One EML file.
    case emlFile = 1
    /// A folder.
    case folder = 2
    /// One MBOX file.
    case mboxFile = 3
    /// Standard input.
    case standardInput = 4
}

/// One import over one source (format.md, section 8.5; schema `run`).
public struct Run: Equatable, Sendable {
    /// Sixteen random bytes.
    public var id: [UInt8]
    /// Name of the source.
    public var name: [UInt8]
    /// What it was, by number.
    public var kind: UInt8
    /// Start, in seconds since 1970.
    public var start: Int64
    /// End, in seconds since 1970.
    public var end: Int64?
    /// Whether it came to its end.
    public var isComplete: Bool
    /// The account.
    public var counts: ImportCounts
    /// The account of each folder.
    public var folders: [(folder: Folder, counts: ImportCounts)] = []
    /// The program, as UTF-8.
    public var program: [UInt8] = []
    /// What tells the source from any other on the computer of the import; nil where nothing does.
    public var source: Bytes32?

    package init(id: [UInt8], name: [UInt8], kind: UInt8, start: Int64) {
        self.id = id
        self.name = name
        self.kind = kind
        self.start = start
        isComplete = false
        counts = ImportCounts()
    }

    /// Equal when all they say is equal.
    public static func == (left: Run, right: Run) -> Bool { left.encoded == right.encoded }

    /// Reads the CBOR of a run record.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        self.init(id: [], name: [], kind: 0, start: 0)
        var reader = CBORReader(bytes)
        var map = try reader.map()
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: id = Array(try reader.data(exactly: 16))
            case 1: name = Array(try reader.data(0...Limits.name))
            case 2: kind = UInt8(try reader.unsigned(1...255))
            case 3: start = try reader.integer()
            case 4: end = try reader.integer()
            case 5: isComplete = try reader.bool()
            case 6: counts = try ImportCounts(&reader)
            case 7:
                for _ in 0..<(try reader.array(0...Limits.recordPlaintext)) {
                    try reader.tuple(3)
                    let mailbox = Array(try reader.data(0...Limits.name))
                    let folder = Folder(mailbox: mailbox, path: try reader.path())
                    folders.append((folder, try ImportCounts(&reader)))
                }
            case -1: program = try reader.text(0...64)
            case -2: source = try reader.bytes32()
            default: try map.unknown(key, &reader)
            }
        }
        try reader.finish()
        guard present & 0b110_1111 == 0b110_1111 else { throw FormatError(.cborSchema, at: map.start) }
    }

    /// The CBOR of the run record.
    package var encoded: [UInt8] {
        var writer = CBORWriter()
        var count = 6
        if end != nil { count += 1 }
        if !folders.isEmpty { count += 1 }
        if !program.isEmpty { count += 1 }
        if source != nil { count += 1 }
        writer.map(count)
        writer.key(0)
        writer.data(id)
        writer.key(1)
        writer.data(name)
        writer.key(2)
        writer.unsigned(kind)
        writer.key(3)
        writer.integer(start)
        writer.optional(4, seconds: end)
        writer.key(5)
        writer.bool(isComplete)
        writer.key(6)
        counts.write(to: &writer)
        if !folders.isEmpty {
            writer.key(7)
            writer.array(folders.count)
            for entry in folders {
                writer.array(3)
                writer.data(entry.folder.mailbox)
                writer.names(entry.folder.path)
                entry.counts.write(to: &writer)
            }
        }
        if !program.isEmpty {
            writer.key(-1)
            writer.text(utf8: program)
        }
        if let source {
            writer.key(-2)
            writer.data(source)
        }
        return writer.bytes
    }
}

extension ImportCounts {
    init(_ reader: inout CBORReader) throws(FormatError) {
        try reader.tuple(5)
        found = try reader.unsigned()
        stored = try reader.unsigned()
        alreadyThere = try reader.unsigned()
        rejected = try reader.unsigned()
        byteCount = try reader.unsigned()
    }

    func write(to writer: inout CBORWriter) {
        writer.array(5)
        writer.unsigned(found)
        writer.unsigned(stored)
        writer.unsigned(alreadyThere)
        writer.unsigned(rejected)
        writer.unsigned(byteCount)
    }
}
