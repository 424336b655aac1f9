extension ArchiveState {
    /// The deterministic CBOR whose root each commit names.
    package var encoded: [UInt8] {
        var writer = CBORWriter(reserving: 64 + files.count * 640)
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout CBORWriter) {
        ArchiveState.writeHead(fileCount: files.count, to: &writer)
        for file in files {
            file.write(to: &writer)
        }
        writeEnd(to: &writer)
    }

    private static func writeHead(fileCount: Int, to writer: inout CBORWriter) {
        writer.map(3)
        writer.key(0)
        writer.array(fileCount)
    }

    /// What stands before the files.
    static func head(fileCount: Int) -> [UInt8] {
        var writer = CBORWriter(reserving: 8)
        writeHead(fileCount: fileCount, to: &writer)
        return writer.bytes
    }

    /// What stands behind the files: writers and debris.
    func writeEnd(to writer: inout CBORWriter) {
        writer.key(1)
        writer.array(writers.count)
        for state in writers {
            writer.array(2)
            writer.data(state.certificate)
            writer.bool(state.isRevoked)
        }
        writer.key(2)
        writer.array(journalDebris.count)
        for debris in journalDebris {
            debris.write(to: &writer)
        }
    }

    init(_ reader: inout CBORReader) throws(FormatError) {
        var map = try reader.map()
        var found = 0
        while let key = try map.next(&reader) {
            if key >= 0 { found += 1 }
            switch key {
            case 0:
                for _ in 0..<(try reader.array(0...Limits.checkpoint)) {
                    let start = reader.offset
                    let file = try LiveFile(&reader)
                    if let last = files.last, (last.kind, last.number) >= (file.kind, file.number) {
                        throw FormatError(.cborSchema, at: start)
                    }
                    files.append(file)
                }
            case 1:
                for _ in 0..<(try reader.array(0...Limits.writers)) {
                    let start = reader.offset
                    try reader.tuple(2)
                    let certificate = try reader.signed()
                    let revoked = try reader.bool()
                    let key = try Certificate(parsingSigned: certificate).writerKey
                    if let last = writers.last, last.key >= key { throw FormatError(.cborSchema, at: start) }
                    writers.append(WriterState(key: key, certificate: certificate, isRevoked: revoked))
                }
            case 2:
                for _ in 0..<(try reader.array(0...Limits.checkpoint)) {
                    journalDebris.append(try JournalDebris(&reader))
                }
            default: try map.unknown(key, &reader)
            }
        }
        guard found == 3 else { throw FormatError(.cborSchema, at: map.start) }
    }
}

extension LiveFile {
    func write(to writer: inout CBORWriter) {
        let hasKey = !envelope.isEmpty
        let isClosed = state == .closed
        writer.map(7 + (hasKey ? 2 : 0) + (isClosed ? 2 : 0))
        writer.key(0)
        writer.unsigned(kind.rawValue)
        writer.key(1)
        writer.unsigned(number)
        writer.key(2)
        writer.unsigned(length)
        writer.key(3)
        writer.data(root)
        writer.key(4)
        writer.unsigned(state.rawValue)
        writer.key(5)
        writer.unsigned(tailPages)
        writer.key(6)
        writer.unsigned(generation)
        if hasKey {
            writer.key(7)
            writer.data(envelope)
            writer.key(8)
            writer.array(pointers.count)
            for pointer in pointers {
                writer.array(2)
                writer.unsigned(pointer.generation)
                writer.data(pointer.blob)
            }
        }
        if isClosed {
            writer.key(9)
            writer.unsigned(debrisLength)
            writer.key(10)
            writer.data(debrisRoot)
        }
    }

    init(_ reader: inout CBORReader) throws(FormatError) {
        var map = try reader.map()
        var present: UInt16 = 0
        kind = .segment
        number = 0
        length = 0
        root = .zero
        state = .plain
        tailPages = 0
        generation = 0
        while let key = try map.next(&reader) {
            if key >= 0 { present |= 1 << UInt16(key) }
            switch key {
            case 0: kind = FileKind(rawValue: UInt8(try reader.unsigned(1...99)))
            case 1: number = try reader.fileNumber()
            case 2: length = try reader.unsigned()
            case 3: root = try reader.bytes32()
            case 4:
                guard let state = FileState(rawValue: UInt8(try reader.unsigned(1...4))) else {
                    throw FormatError(.cborSchema, at: reader.offset)
                }
                self.state = state
            case 5: tailPages = UInt8(try reader.unsigned(0...16))
            case 6: generation = try reader.unsigned(1...UInt64(Int64.max))
            case 7: envelope = Array(try reader.data(exactly: EnvelopeLayout.byteCount))
            case 8:
                for _ in 0..<(try reader.array(0...Limits.checkpoint)) {
                    try reader.tuple(2)
                    let generation = try reader.unsigned(1...UInt64(Int64.max))
                    pointers.append(
                        PointerBlob(generation: generation, blob: Array(try reader.data(PointerList.blobRange)))
                    )
                }
            case 9: debrisLength = try reader.unsigned()
            case 10: debrisRoot = try reader.bytes32()
            default: try map.unknown(key, &reader)
            }
        }
        let keys: UInt16 = present & 0b0111_1111
        let segmentKeys = present & 0b1_1000_0000
        let closedKeys = present & 0b110_0000_0000
        guard keys == 0b0111_1111, segmentKeys == 0 || segmentKeys == 0b1_1000_0000,
            closedKeys == (state == .closed ? 0b110_0000_0000 : 0)
        else { throw FormatError(.cborSchema, at: map.start) }
    }
}

/// A checkpoint file (format.md, section 7.6): `PARCHTAB`, then CBOR.
public struct Checkpoint: Equatable, Sendable {
    package static let magic: StaticString = "PARCHTAB"

    /// The generation whose state it holds.
    public var generation: UInt64
    /// The hash of that commit.
    public var commitHash: Bytes32
    /// The journal file in which copy J of that commit stands.
    public var journalFile: UInt32
    /// The state after that commit.
    public var state: ArchiveState

    package init(generation: UInt64, commitHash: Bytes32, journalFile: UInt32, state: ArchiveState) {
        self.generation = generation
        self.commitHash = commitHash
        self.journalFile = journalFile
        self.state = state
    }

    /// Reads the bytes of the file; any fault is `checkpoint` (E411) at the boundary, here its exact code.
    package init(parsing file: UnsafeRawBufferPointer) throws(FormatError) {
        guard file.count <= Limits.checkpoint, file.hasPrefix(Checkpoint.magic) else { throw FormatError(.checkpoint) }
        var reader = CBORReader(file.slice(8, file.count - 8))
        var map = try reader.map()
        var generation: UInt64?
        var hash: Bytes32?
        var journalFile: UInt32?
        var state: ArchiveState?
        while let key = try map.next(&reader) {
            switch key {
            case 0: generation = try reader.unsigned(1...UInt64(Int64.max))
            case 1: hash = try reader.bytes32()
            case 2: journalFile = try reader.fileNumber()
            case 3: state = try ArchiveState(&reader)
            default: try map.unknown(key, &reader)
            }
        }
        try reader.finish()
        self.generation = try map.require(generation)
        commitHash = try map.require(hash)
        self.journalFile = try map.require(journalFile)
        self.state = try map.require(state)
    }

    /// The bytes of the file.
    package var encoded: [UInt8] {
        var writer = CBORWriter(reserving: 256 + state.files.count * 640)
        writer.map(4)
        writer.key(0)
        writer.unsigned(generation)
        writer.key(1)
        writer.data(commitHash)
        writer.key(2)
        writer.unsigned(journalFile)
        writer.key(3)
        state.write(to: &writer)
        var file: [UInt8] = []
        for index in 0..<8 {
            file.append(Checkpoint.magic.utf8Start[index])
        }
        file.append(contentsOf: writer.bytes)
        return file
    }
}
