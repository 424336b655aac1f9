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
public enum RunKind: UInt8, Sendable, CaseIterable {
    /// One EML file.
    case emlFile = 1
    /// A folder.
    case folder = 2
    /// One MBOX file.
    case mboxFile = 3
    /// Standard input.
    case standardInput = 4
    /// One EMLX file.
    case emlxFile = 5
    /// One MSG file.
    case msgFile = 6
    /// A PST file.
    case pst = 7
    /// An OST file.
    case ost = 8
    /// An OLM file.
    case olm = 9
    /// A ZIP, TAR or the like.
    case container = 10
    /// A Maildir or Maildir++.
    case maildir = 11
    /// A folder of MH.
    case mh = 12
    /// A profile of Thunderbird.
    case thunderbird = 13
    /// A folder of Apple Mail.
    case appleMail = 14
    /// A folder of Evolution.
    case evolution = 15
    /// A folder that readpst made.
    case readpst = 16
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
    /// What was left out on purpose: the reason, as UTF-8 of at most 1024 bytes, and how often.
    public var skipped: [(reason: [UInt8], count: UInt64)] = []
    /// The tree hash of the source (format.md, section 2), if it is one file; not keyed.
    public var sourceHash: Bytes32?
    /// How many items the source itself says a folder has; folders of which it says nothing are absent.
    public var expected: [(folder: Folder, count: UInt64)] = []
    /// How often the import was continued after it had been broken off.
    public var continuedCount: UInt64 = 0
    /// The program, as UTF-8.
    public var program: [UInt8] = []
    /// What tells the source from any other on the computer of the import; nil where nothing does.
    public var source: Bytes32?
    /// Lists beside the mail, by their path below the source: how many items each names, and how many of them were met.
    public var lists: [(path: [[UInt8]], listed: UInt64, met: UInt64)] = []

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
            case 8:
                for _ in 0..<(try reader.array(0...Limits.recordPlaintext)) {
                    try reader.tuple(2)
                    skipped.append((try reader.text(0...1024), try reader.unsigned()))
                }
            case 9: sourceHash = try reader.bytes32()
            case 10:
                for _ in 0..<(try reader.array(0...Limits.recordPlaintext)) {
                    try reader.tuple(3)
                    let mailbox = Array(try reader.data(0...Limits.name))
                    let folder = Folder(mailbox: mailbox, path: try reader.path())
                    expected.append((folder, try reader.unsigned()))
                }
            case 11: continuedCount = try reader.unsigned()
            case -1: program = try reader.text(0...64)
            case -2: source = try reader.bytes32()
            case -3:
                for _ in 0..<(try reader.array(0...Limits.recordPlaintext)) {
                    try reader.tuple(3)
                    lists.append((try reader.path(), try reader.unsigned(), try reader.unsigned()))
                }
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
        if !skipped.isEmpty { count += 1 }
        if sourceHash != nil { count += 1 }
        if !expected.isEmpty { count += 1 }
        if continuedCount != 0 { count += 1 }
        if !program.isEmpty { count += 1 }
        if source != nil { count += 1 }
        if !lists.isEmpty { count += 1 }
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
        if !skipped.isEmpty {
            writer.key(8)
            writer.array(skipped.count)
            for entry in skipped {
                writer.array(2)
                writer.text(utf8: entry.reason)
                writer.unsigned(entry.count)
            }
        }
        if let sourceHash {
            writer.key(9)
            writer.data(sourceHash)
        }
        if !expected.isEmpty {
            writer.key(10)
            writer.array(expected.count)
            for entry in expected {
                writer.array(3)
                writer.data(entry.folder.mailbox)
                writer.names(entry.folder.path)
                writer.unsigned(entry.count)
            }
        }
        writer.optional(11, number: continuedCount)
        if !program.isEmpty {
            writer.key(-1)
            writer.text(utf8: program)
        }
        if let source {
            writer.key(-2)
            writer.data(source)
        }
        if !lists.isEmpty {
            writer.key(-3)
            writer.array(lists.count)
            for entry in lists {
                writer.array(3)
                writer.names(entry.path)
                writer.unsigned(entry.listed)
                writer.unsigned(entry.met)
            }
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

extension Run {
    /// The run with as many of its lists as one record holds well (format.md, section 8.5); the manifests name every folder.
    ///
    /// What lists and the source itself say goes first, then the account of the folders, then what was left out.
    package func fitting(byteCount: Int = 8_000_000) -> Run {
        // Five counts of at most nine bytes, and the heads of the lists and strings.
        func size(_ folder: Folder) -> Int { folder.path.reduce(64 + folder.mailbox.count) { $0 + $1.count + 3 } }
        var room = byteCount
        func prefix<Entry>(_ entries: [Entry], _ size: (Entry) -> Int) -> [Entry] {
            var count = 0
            for entry in entries {
                room -= size(entry)
                guard room >= 0 else { break }
                count += 1
            }
            return Array(entries.prefix(count))
        }
        var run = self
        run.lists = prefix(lists) { $0.path.reduce(32) { $0 + $1.count + 3 } }
        run.expected = prefix(expected) { size($0.folder) }
        run.folders = prefix(folders) { size($0.folder) }
        run.skipped = prefix(skipped) { $0.reason.count + 16 }
        return run
    }
}

extension String {
    /// The text as UTF-8, cut before the character that would pass `byteCount` bytes.
    package func utf8(upTo byteCount: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in unicodeScalars {
            guard bytes.count + UTF8.width(scalar) <= byteCount else { break }
            bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
        return bytes
    }
}
