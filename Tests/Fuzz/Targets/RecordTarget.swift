import ArchiveFormat

/// A record header, and behind it the body that its class announces (format.md, section 5).
///
/// No mutation keeps the CRC, so the input is read a second time with the CRC made right.
enum RecordTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        read(input)
        var mended = [UInt8](input)
        guard mended.count >= RecordHeader.byteCount else { return }
        mend(&mended, at: 0)
        mended.withUnsafeBytes { read($0) }
    }

    /// Magic and CRC of a record header at a place with room for it.
    static func mend(_ bytes: inout [UInt8], at place: Int) {
        for index in 0..<8 { bytes[place + index] = RecordHeader.magic.utf8Start[index] }
        let crc = bytes.withUnsafeBytes { CRC32.checksum($0.slice(place, 124)) }
        for index in 0..<4 { bytes[place + 124 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * index)) }
    }

    private static func read(_ input: UnsafeRawBufferPointer) {
        if let header = try? RecordHeader(parsing: input) {
            // A later minor version is read as ours, and written as ours.
            var read = [UInt8](input.prefix(RecordHeader.byteCount))
            read[9] = 0
            mend(&read, at: 0)
            require(header.encoded == read, "a header is written as read")
            require(header.recordLength <= RecordHeader.byteCount + Limits.recordStored, "a length is within its limit")
        }
        let body = input.count > RecordHeader.byteCount ? input.slice(128, input.count - 128) : input
        _ = try? EnvelopeLayout(parsing: body)
        if let footer = try? Footer(parsing: body) {
            require(footer.encoded.elementsEqual(body), "a footer is written as read")
        }
        if let piece = try? TablePiece(parsing: body) {
            require(piece.encoded.elementsEqual(body.prefix(TablePiece.headerByteCount)), "a table is written as read")
        }
        for codec in UInt8(0)...2 {
            guard let inner = try? InnerHeader(parsing: body, codec: codec) else { continue }
            require(InnerHeader.byteCount + inner.encodedLength <= body.count, "encoded bytes lie within the plaintext")
        }
        if let entries = try? ObjectGroup.parse(body) {
            var end = ObjectGroup.tableByteCount(entries.count)
            for entry in entries {
                require(entry.position == end, "objects follow each other")
                end += entry.size
            }
            require(end == body.count, "objects fill their record")
        }
        var entries: [(ObjectKey, ObjectPlace)] = []
        if (try? ObjectIndex.parse(body) { entries.append(($0, $1)) }) != nil {
            require(ObjectIndex.encode(entries[...]).elementsEqual(body), "an index is written as read")
        }
        _ = try? PointerList.parse(body)
    }
}
