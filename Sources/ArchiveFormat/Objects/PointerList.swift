/// Where a record stands in its segment, and its type (format.md, section 7.5).
package struct RecordPointer: Equatable, Sendable {
    package var type: UInt8
    package var offset: UInt64
    package var storedLength: UInt32

    package init(type: UInt8, offset: UInt64, storedLength: UInt32) {
        self.type = type
        self.offset = offset
        self.storedLength = storedLength
    }
}

/// The plaintext of a pointer blob (format.md, section 7.5).
package enum PointerList {
    /// Bytes of a blob: nonce, at least 64 bytes, tag; and its limit.
    package static let blobRange = 104...49_152
    /// Nonce and tag.
    package static let overhead = 40

    package static func parse(_ plaintext: UnsafeRawBufferPointer) throws(FormatError) -> [RecordPointer] {
        guard plaintext.count >= 4, plaintext.count % 64 == 0 else { throw FormatError(.pointers) }
        let length = Int(plaintext.u32(0))
        guard length <= plaintext.count - 4, plaintext.count == roundUp(length + 4, to: 64),
            plaintext.firstNonZero(from: length + 4) == nil
        else { throw FormatError(.pointers) }
        return try parse(cbor: plaintext.slice(4, length))
    }

    /// Reads the CBOR inside the framing.
    package static func parse(cbor: UnsafeRawBufferPointer) throws(FormatError) -> [RecordPointer] {
        var reader = CBORReader(cbor)
        do throws(FormatError) {
            var pointers: [RecordPointer] = []
            for _ in 0..<(try reader.array(0...Int.max)) {
                try reader.tuple(3)
                let type = UInt8(try reader.unsigned(1...255))
                let offset = try reader.unsigned(0...4_195_327) * 64
                let length = UInt32(try reader.unsigned(1...UInt64(Limits.recordStored)))
                pointers.append(RecordPointer(type: type, offset: offset, storedLength: length))
            }
            try reader.finish()
            return pointers
        } catch {
            throw FormatError(.pointers, at: error.offset + 4)
        }
    }

    /// The CBOR inside the framing.
    package static func encode(cbor pointers: [RecordPointer]) -> [UInt8] {
        var writer = CBORWriter()
        writer.array(pointers.count)
        for pointer in pointers {
            writer.array(3)
            writer.unsigned(pointer.type)
            writer.unsigned(pointer.offset / 64)
            writer.unsigned(pointer.storedLength)
        }
        return writer.bytes
    }
}
