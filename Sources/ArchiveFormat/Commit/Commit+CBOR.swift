extension Commit {
    /// Reads the CBOR of a commit record's body, without the signature.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = CBORReader(bytes)
        var map = try reader.map()
        var generation: UInt64?
        var previous: Bytes32?
        var time: UInt64?
        var sequence: UInt64?
        var headerHash: Bytes32?
        var certificate: [UInt8]?
        var journalFile: UInt32?
        var changes: [FileChange]?
        var stateRoot: Bytes32?
        var checkpoint: CheckpointReference??
        while let key = try map.next(&reader) {
            switch key {
            case 0: generation = try reader.unsigned(1...UInt64(Int64.max))
            case 1: previous = try reader.bytes32()
            case 2: time = try reader.minute()
            case 3: sequence = try reader.unsigned(1...UInt64(Int64.max))
            case 4: headerHash = try reader.bytes32()
            case 5: certificate = try reader.signed()
            case 6: journalFile = try reader.fileNumber()
            case 7:
                var list: [FileChange] = []
                for _ in 0..<(try reader.array(1...512)) {
                    list.append(try FileChange(&reader))
                }
                changes = list
            case 8: stateRoot = try reader.bytes32()
            case 9: checkpoint = .some(reader.null() ? nil : try CheckpointReference(&reader))
            case 10: certificates = try reader.signedList()
            case 11: revocations = try reader.signedList()
            case 12:
                for _ in 0..<(try reader.array(1...64)) {
                    journalDebris.append(try JournalDebris(&reader))
                }
            case -1: program = try reader.text(0...64)
            default: try map.unknown(key, &reader)
            }
        }
        try reader.finish()
        self.generation = try map.require(generation)
        self.previous = try map.require(previous)
        self.time = try map.require(time)
        headerSequence = try map.require(sequence)
        self.headerHash = try map.require(headerHash)
        self.certificate = try map.require(certificate)
        self.journalFile = try map.require(journalFile)
        self.changes = try map.require(changes)
        self.stateRoot = try map.require(stateRoot)
        self.checkpoint = try map.require(checkpoint)
    }

    /// The CBOR of the commit.
    package var encoded: [UInt8] {
        var writer = CBORWriter(reserving: 2048)
        var optional = 0
        if !certificates.isEmpty { optional += 1 }
        if !revocations.isEmpty { optional += 1 }
        if !journalDebris.isEmpty { optional += 1 }
        if !program.isEmpty { optional += 1 }
        writer.map(10 + optional)
        writer.key(0)
        writer.unsigned(generation)
        writer.key(1)
        writer.data(previous)
        writer.key(2)
        writer.unsigned(time)
        writer.key(3)
        writer.unsigned(headerSequence)
        writer.key(4)
        writer.data(headerHash)
        writer.key(5)
        writer.data(certificate)
        writer.key(6)
        writer.unsigned(journalFile)
        writer.key(7)
        writer.array(changes.count)
        for change in changes {
            change.write(to: &writer)
        }
        writer.key(8)
        writer.data(stateRoot)
        writer.key(9)
        if let checkpoint {
            writer.array(3)
            writer.unsigned(checkpoint.generation)
            writer.unsigned(checkpoint.length)
            writer.data(checkpoint.root)
        } else {
            writer.null()
        }
        writer.signedList(certificates, key: 10)
        writer.signedList(revocations, key: 11)
        if !journalDebris.isEmpty {
            writer.key(12)
            writer.array(journalDebris.count)
            for debris in journalDebris {
                debris.write(to: &writer)
            }
        }
        if !program.isEmpty {
            writer.key(-1)
            writer.text(utf8: program)
        }
        return writer.bytes
    }
}

extension CBORReader {
    /// CBOR with a 64-byte signature behind it, as one byte string.
    mutating func signed() throws(FormatError) -> [UInt8] {
        Array(try data(65...1024))
    }

    mutating func signedList() throws(FormatError) -> [[UInt8]] {
        var list: [[UInt8]] = []
        for _ in 0..<(try array(1...64)) {
            list.append(try signed())
        }
        return list
    }

    mutating func fileNumber() throws(FormatError) -> UInt32 {
        UInt32(try unsigned(1...UInt64(Limits.fileNumber)))
    }

    /// The fixed count of a tuple.
    package mutating func tuple(_ count: Int) throws(FormatError) {
        let start = offset
        guard try array(0...Int.max) == count else { throw FormatError(.cborSchema, at: start) }
    }
}

extension CBORWriter {
    mutating func signedList(_ list: [[UInt8]], key: Int) {
        guard !list.isEmpty else { return }
        self.key(key)
        array(list.count)
        for item in list {
            data(item)
        }
    }
}

extension CheckpointReference {
    init(_ reader: inout CBORReader) throws(FormatError) {
        try reader.tuple(3)
        generation = try reader.unsigned(1...UInt64(Int64.max))
        length = try reader.unsigned(1...UInt64(Limits.checkpoint))
        root = try reader.bytes32()
    }
}

extension JournalDebris {
    init(_ reader: inout CBORReader) throws(FormatError) {
        try reader.tuple(4)
        file = try reader.fileNumber()
        offset = try reader.unsigned()
        length = try reader.unsigned()
        root = try reader.bytes32()
    }

    func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(file)
        writer.unsigned(offset)
        writer.unsigned(length)
        writer.data(root)
    }
}

extension FileChange {
    init(_ reader: inout CBORReader) throws(FormatError) {
        var map = try reader.map()
        var operation: FileOperation?
        var kind: FileKind?
        var number: UInt32?
        var present: UInt16 = 0
        while let key = try map.next(&reader) {
            if (3...8).contains(key) { present |= 1 << UInt16(key) }
            switch key {
            case 0: operation = FileOperation(rawValue: UInt8(try reader.unsigned(1...5)))
            case 1: kind = FileKind(rawValue: UInt8(try reader.unsigned(1...99)))
            case 2: number = try reader.fileNumber()
            case 3: length = try reader.unsigned()
            case 4: root = try reader.bytes32()
            case 5: envelope = Array(try reader.data(exactly: EnvelopeLayout.byteCount))
            case 6: pointers = Array(try reader.data(PointerList.blobRange))
            case 7: debrisLength = try reader.unsigned()
            case 8: debrisRoot = try reader.bytes32()
            default: try map.unknown(key, &reader)
            }
        }
        self.operation = try map.require(operation)
        self.kind = try map.require(kind)
        self.number = try map.require(number)
        // Which keys must and may be there follows from operation and kind (format.md, section 7.2).
        let expected: UInt16
        switch self.operation {
        case .added, .extended, .sealed: expected = self.kind == .segment ? 0b0_0111_1000 : 0b0_0001_1000
        case .closed: expected = 0b1_1000_0000
        case .removed: expected = 0
        }
        guard present == expected else { throw FormatError(.commitRule, at: map.start) }
    }

    func write(to writer: inout CBORWriter) {
        let isSegment = kind == .segment
        switch operation {
        case .added, .extended, .sealed: writer.map(isSegment ? 7 : 5)
        case .closed: writer.map(5)
        case .removed: writer.map(3)
        }
        writer.key(0)
        writer.unsigned(operation.rawValue)
        writer.key(1)
        writer.unsigned(kind.rawValue)
        writer.key(2)
        writer.unsigned(number)
        if carriesContent {
            writer.key(3)
            writer.unsigned(length)
            writer.key(4)
            writer.data(root)
            if isSegment {
                writer.key(5)
                writer.data(envelope)
                writer.key(6)
                writer.data(pointers)
            }
        } else if operation == .closed {
            writer.key(7)
            writer.unsigned(debrisLength)
            writer.key(8)
            writer.data(debrisRoot)
        }
    }
}
