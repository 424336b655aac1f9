/// The clear layout of the envelope of a segment key, 176 bytes (format.md, section 5.1).
package struct EnvelopeLayout: Equatable, Sendable {
    package static let byteCount = 176

    package var writerKey: Bytes32
    package var ephemeralKey: Bytes32

    package init(parsing bytes: [UInt8]) throws(FormatError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(FormatError) -> EnvelopeLayout in
            try EnvelopeLayout(parsing: UnsafeRawBufferPointer(buffer))
        }
    }

    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        guard bytes.count == EnvelopeLayout.byteCount, bytes.u32(0) == 1, bytes.u32(4) == 0 else {
            throw FormatError(.envelope)
        }
        writerKey = Bytes32(at: bytes, 8)
        ephemeralKey = Bytes32(at: bytes, 40)
    }
}

/// The record table at the end of a sealed segment (format.md, section 5.3).
package struct Footer: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var offset: UInt64
        package var storedLength: UInt32
        package var recordClass: RecordClass

        package init(offset: UInt64, storedLength: UInt32, recordClass: RecordClass) {
            self.offset = offset
            self.storedLength = storedLength
            self.recordClass = recordClass
        }
    }

    package var envelope: [UInt8]
    package var entries: [Entry]

    package init(envelope: [UInt8], entries: [Entry]) {
        self.envelope = envelope
        self.entries = entries
    }

    package init(parsing body: UnsafeRawBufferPointer) throws(FormatError) {
        let start = EnvelopeLayout.byteCount + 8
        guard body.count >= start else { throw FormatError(.footer) }
        let count = Int(body.u32(EnvelopeLayout.byteCount))
        guard body.u32(EnvelopeLayout.byteCount + 4) == 0, body.count - start == count * 12 else {
            throw FormatError(.footer, at: EnvelopeLayout.byteCount)
        }
        envelope = Array(body.slice(0, EnvelopeLayout.byteCount))
        entries = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            let place = start + index * 12
            guard let recordClass = RecordClass(rawValue: body[place + 8]), body.u32(place + 8) >> 8 == 0 else {
                throw FormatError(.footer, at: place)
            }
            entries.append(
                Entry(
                    offset: UInt64(body.u32(place)) * 64,
                    storedLength: body.u32(place + 4),
                    recordClass: recordClass
                )
            )
        }
    }

    /// Reads the footer of a segment, which must list exactly these records; whatever is wrong is `footer` (E508).
    package static func check(
        _ body: UnsafeRawBufferPointer,
        envelope: [UInt8],
        entries: [Entry]
    ) throws(FormatError) {
        let footer = try Footer(parsing: body)
        guard footer.envelope == envelope, footer.entries == entries else { throw FormatError(.footer) }
    }

    package var encoded: [UInt8] {
        var out = envelope
        out.append(littleEndian: UInt32(entries.count))
        out.append(littleEndian: UInt32(0))
        for entry in entries {
            out.append(littleEndian: UInt32(entry.offset / 64))
            out.append(littleEndian: entry.storedLength)
            out.append(littleEndian: UInt32(entry.recordClass.rawValue))
        }
        return out
    }
}

/// A piece of a checkpoint file inside a segment (format.md, section 5.4).
package struct TablePiece: Equatable, Sendable {
    package static let headerByteCount = 16
    package static let mostBytes = 8 << 20

    package var generation: UInt64
    package var index: UInt32
    package var count: UInt32

    package init(generation: UInt64, index: UInt32, count: UInt32) {
        self.generation = generation
        self.index = index
        self.count = count
    }

    package init(parsing body: UnsafeRawBufferPointer) throws(FormatError) {
        guard body.count > TablePiece.headerByteCount,
            body.count <= TablePiece.headerByteCount + TablePiece.mostBytes
        else { throw FormatError(.tableRecord) }
        generation = body.u64(0)
        index = body.u32(8)
        count = body.u32(12)
        guard generation > 0, index < count, count <= Limits.checkpoint / TablePiece.mostBytes else {
            throw FormatError(.tableRecord, at: 8)
        }
    }

    package var encoded: [UInt8] {
        var out: [UInt8] = []
        out.append(littleEndian: generation)
        out.append(littleEndian: index)
        out.append(littleEndian: count)
        return out
    }
}
