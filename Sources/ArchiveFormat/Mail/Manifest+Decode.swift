extension Manifest {
    /// Reads a manifest record.
    ///
    /// Positions of runs and folders are checked against the tables (E607).
    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        try self.init(salvaging: bytes)
        guard badPositionCount == 0 else { throw FormatError(.objectLayout) }
    }

    /// Reads a manifest record and leaves out what points outside its tables, counting it: the other messages are good.
    package init(salvaging bytes: UnsafeRawBufferPointer) throws(FormatError) {
        self.init()
        let most = Limits.recordPlaintext
        var reader = CBORReader(bytes)
        var map = try reader.map()
        var found = 0
        while let key = try map.next(&reader) {
            if key >= 0 { found += 1 }
            switch key {
            case 0:
                for _ in 0..<(try reader.array(0...most)) { runs.append(Array(try reader.data(exactly: 16))) }
            case 1:
                for _ in 0..<(try reader.array(0...most)) { folders.append(try Folder(&reader)) }
            case 2:
                let count = try reader.array(0...most)
                files.reserveCapacity(count)
                for _ in 0..<count { files.append(try SourceFileEntry(&reader)) }
            case 3:
                let count = try reader.array(0...most)
                messages.reserveCapacity(count)
                for _ in 0..<count { messages.append(try MessageEntry(&reader)) }
            case 4:
                for _ in 0..<(try reader.array(0...most)) { rejects.append(try RejectEntry(&reader)) }
            default: try map.unknown(key, &reader)
            }
        }
        try reader.finish()
        guard found == 5 else { throw FormatError(.cborSchema, at: map.start) }
        let before = files.count + rejects.count
        let (runCount, folderCount) = (runs.count, folders.count)
        files.removeAll { $0.run >= runCount }
        rejects.removeAll { $0.run >= runCount || $0.folder >= folderCount }
        badPositionCount = before - files.count - rejects.count
        for index in messages.indices {
            let count = messages[index].placements.count
            guard messages[index].placements.contains(where: { $0.run >= runCount || $0.folder >= folderCount }) else {
                continue
            }
            messages[index].placements.removeAll { $0.run >= runCount || $0.folder >= folderCount }
            badPositionCount += count - messages[index].placements.count
        }
    }
}

extension CBORReader {
    mutating func names(_ counts: ClosedRange<Int>, _ sizes: ClosedRange<Int>) throws(FormatError) -> [[UInt8]] {
        let count = try array(counts)
        var names: [[UInt8]] = []
        names.reserveCapacity(count)
        for _ in 0..<count { names.append(Array(try data(sizes))) }
        return names
    }

    mutating func path() throws(FormatError) -> [[UInt8]] {
        try names(0...Limits.components, 0...Limits.name)
    }

    /// A key that is there to say yes, and absent otherwise.
    mutating func yes() throws(FormatError) -> Bool {
        let start = offset
        guard try bool() else { throw FormatError(.cborSchema, at: start) }
        return true
    }

    /// A position in a table, checked when all of the manifest was read.
    mutating func position() throws(FormatError) -> Int {
        Int(clamping: try unsigned())
    }
}

extension Folder {
    init(_ reader: inout CBORReader) throws(FormatError) {
        let start = reader.offset
        let fields = try reader.array(0...3)
        guard fields >= 2 else { throw FormatError(.cborSchema, at: start) }
        mailbox = Array(try reader.data(0...Limits.name))
        path = try reader.path()
        if fields == 3 { _ = try reader.text(0...Limits.name) }
    }
}

extension SourceFileEntry {
    init(_ reader: inout CBORReader) throws(FormatError) {
        self.init(run: 0, number: 0, path: [], size: 0, hash: nil, kind: 0, pieceCount: 0)
        var map = try reader.map()
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: run = try reader.position()
            case 1: number = try reader.unsigned()
            case 2: path = try reader.path()
            case 3: size = try reader.unsigned()
            case 4: hash = try reader.bytes32()
            case 5: kind = UInt8(try reader.unsigned(0...255))
            case 6: dialect = UInt8(try reader.unsigned(0...255))
            case 7: pieceCount = try reader.unsigned()
            case 8: tail = Array(try reader.data(0...Limits.lead))
            case 9: changed = try reader.integer()
            case 10: evidence = try reader.text(1...1024)
            case 11: isUnfinished = try reader.yes()
            default: try map.unknown(key, &reader)
            }
        }
        guard present & 0b1010_1111 == 0b1010_1111 else { throw FormatError(.cborSchema, at: map.start) }
    }
}

extension MessageEntry {
    init(_ reader: inout CBORReader) throws(FormatError) {
        var map = try reader.map()
        var content: Bytes32?
        var size: UInt64?
        placements = []
        while let key = try map.next(&reader) {
            switch key {
            case 0: content = try reader.bytes32()
            case 1: size = try reader.unsigned()
            case 2:
                for _ in 0..<(try reader.array(1...Limits.recordPlaintext)) {
                    placements.append(try Placement(&reader))
                }
            case 3: envelope = try MailEnvelope(&reader)
            default: try map.unknown(key, &reader)
            }
        }
        self.content = try map.require(content)
        self.size = try map.require(size)
        guard !placements.isEmpty else { throw FormatError(.cborSchema, at: map.start) }
    }
}

extension Placement {
    init(_ reader: inout CBORReader) throws(FormatError) {
        self.init(run: 0, folder: 0)
        var map = try reader.map()
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: run = try reader.position()
            case 1: folder = try reader.position()
            case 2: flags = MessageFlags(rawValue: try reader.unsigned())
            case 3: labels = try reader.names(1...1024, 0...1024)
            case 4: internalDate = try reader.integer()
            case 5: origin = try Origin(&reader)
            case 6:
                for _ in 0..<(try reader.array(1...Limits.recordPlaintext)) {
                    try reader.tuple(2)
                    let id = try reader.bytes32()
                    let size = UInt32(try reader.unsigned(1...UInt64(Limits.object)))
                    record.append(BlobReference(id: id, size: size))
                }
            default: try map.unknown(key, &reader)
            }
        }
        guard present & 0b11 == 0b11 else { throw FormatError(.cborSchema, at: map.start) }
    }
}

extension Origin {
    init(_ reader: inout CBORReader) throws(FormatError) {
        self.init(file: 0, ordinal: 0)
        var map = try reader.map()
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: file = try reader.unsigned()
            case 1: ordinal = try reader.unsigned()
            case 2: lead = Array(try reader.data(0...Limits.lead))
            case 3: trail = Array(try reader.data(0...Limits.lead))
            case 4: quoting = UInt8(try reader.unsigned(1...2))
            case 5:
                for _ in 0..<(try reader.array(1...Limits.recordPlaintext)) {
                    let start = reader.offset
                    let number = try reader.unsigned()
                    if let last = exceptions.last, last >= number { throw FormatError(.cborSchema, at: start) }
                    exceptions.append(number)
                }
            case 6: lineEnd = UInt8(try reader.unsigned(0...1))
            case 7: verbatimFrom = try reader.unsigned()
            case 8: item = Array(try reader.data(1...Limits.item))
            case 9: isMade = try reader.yes()
            default: try map.unknown(key, &reader)
            }
        }
        guard present & 0b11 == 0b11 else { throw FormatError(.cborSchema, at: map.start) }
    }
}

extension MailEnvelope {
    init(_ reader: inout CBORReader) throws(FormatError) {
        self.init()
        var map = try reader.map()
        while let key = try map.next(&reader) {
            switch key {
            case 0: date = try reader.integer()
            case 1: from = try reader.field()
            case 2: to = try reader.field()
            case 3: cc = try reader.field()
            case 4: subject = try reader.field()
            case 5: messageID = try reader.field()
            case 6: inReplyTo = try reader.field()
            case 7: attachments = try reader.unsigned()
            default: try map.unknown(key, &reader)
            }
        }
    }
}

extension CBORReader {
    fileprivate mutating func field() throws(FormatError) -> [UInt8] { Array(try data(0...Limits.field)) }
}

extension RejectEntry {
    init(_ reader: inout CBORReader) throws(FormatError) {
        run = 0
        file = 0
        ordinal = 0
        offset = 0
        size = 0
        reason = 0
        text = []
        blobs = []
        folder = 0
        var map = try reader.map()
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: run = try reader.position()
            case 1: file = try reader.unsigned()
            case 2: ordinal = try reader.unsigned()
            case 3: offset = try reader.unsigned()
            case 4: size = try reader.unsigned()
            case 5: reason = UInt8(try reader.unsigned(1...255))
            case 6: text = try reader.text(0...1024)
            case 7:
                for _ in 0..<(try reader.array(0...Limits.recordPlaintext)) {
                    try reader.tuple(2)
                    let id = try reader.bytes32()
                    blobs.append((id, UInt32(try reader.unsigned(1...UInt64(Limits.object)))))
                }
            case 8: folder = try reader.position()
            case 9: item = Array(try reader.data(1...Limits.item))
            default: try map.unknown(key, &reader)
            }
        }
        guard present & 0b1_1111_1111 == 0b1_1111_1111 else { throw FormatError(.cborSchema, at: map.start) }
    }
}
