/// The clear class of a record (format.md, section 5).
public enum RecordClass: UInt8, Sendable {
    /// The envelope of the segment key, at offset 0.
    case opening = 1
    /// Sealed data.
    case data = 2
    /// The table of records at the end of a sealed segment.
    case footer = 3
    /// A commit.
    case commit = 4
    /// A piece of a checkpoint file, as a spare.
    case table = 5
}

/// The true type of a data record, inside the encryption (format.md, section 5.2).
public enum RecordType: UInt8, Sendable {
    /// Objects one after the other.
    case objects = 1
    /// Where objects are.
    case index = 2
    /// Messages with their placements.
    case manifest = 3
    /// One import over one source.
    case run = 4
}

/// The 128 bytes before each record body (format.md, section 5).
///
/// | OFFSET | SIZE | FIELD |
/// |---|---|---|
/// | 0 | 8 | magic `PARCHREC` |
/// | 8 | 2 | major, minor version |
/// | 10 | 1 | class |
/// | 11 | 1 | codec |
/// | 12 | 4 | segment |
/// | 16 | 32 | archive id |
/// | 48 | 8 | offset in the segment |
/// | 56 | 4 | stored length |
/// | 64 | 24 | nonce |
/// | 124 | 4 | CRC-32 |
public struct RecordHeader: Equatable, Sendable {
    /// Bytes of a record header.
    public static let byteCount = 128
    package static let magic: StaticString = "PARCHREC"

    /// The class of the record.
    public var recordClass: RecordClass
    /// The codec: 0 stored, 1 zlib, 2 zstd.
    public var codec: UInt8
    /// The segment in which the record stands.
    public var segment: UInt32
    /// The archive to which it belongs.
    public var archiveID: Bytes32
    /// Offset of the record in its segment, in bytes.
    public var offset: UInt64
    /// Bytes of the stored body.
    public var storedLength: UInt32
    /// The nonce of sealed data, else zeros.
    public var nonce: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// Bytes of header and body together.
    public var recordLength: Int { RecordHeader.byteCount + Int(storedLength) }

    package init(
        _ recordClass: RecordClass,
        codec: UInt8 = 0,
        segment: UInt32,
        archiveID: Bytes32,
        offset: UInt64,
        storedLength: UInt32
    ) {
        self.recordClass = recordClass
        self.codec = codec
        self.segment = segment
        self.archiveID = archiveID
        self.offset = offset
        self.storedLength = storedLength
    }

    /// Reads a header; nothing but the magic is looked at before the CRC has been checked.
    ///
    /// The CRC finds rot. Nothing here is authenticated: that is the work of the seal, the signature or the root.
    /// - Throws: `FormatError` with the codes of format.md, section 5.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        guard bytes.count >= RecordHeader.byteCount else { throw FormatError(.recordTruncated, at: bytes.count) }
        guard bytes.hasPrefix(RecordHeader.magic) else { throw FormatError(.recordMagic) }
        guard CRC32.checksum(bytes.slice(0, 124)) == bytes.u32(124) else { throw FormatError(.recordCrc, at: 124) }
        guard bytes[8] <= 1 else { throw FormatError(.newerVersion, at: 8) }
        guard bytes[8] == 1 else { throw FormatError(.recordField, at: 8) }
        guard let recordClass = RecordClass(rawValue: bytes[10]) else { throw FormatError(.recordField, at: 10) }
        guard bytes[11] == 0 || (recordClass == .data && bytes[11] <= 2) else {
            throw FormatError(.recordField, at: 11)
        }
        segment = bytes.u32(12)
        guard (1...Limits.fileNumber).contains(segment) else { throw FormatError(.recordField, at: 12) }
        offset = bytes.u64(48)
        let unit: UInt64 = recordClass == .commit ? UInt64(Limits.page) : 64
        guard offset % unit == 0, offset < 1 << 28 + 1 << 16 else { throw FormatError(.recordField, at: 48) }
        storedLength = bytes.u32(56)
        let most = recordClass == .commit ? Limits.headFile - RecordHeader.byteCount : Limits.recordStored
        guard storedLength >= 1, storedLength <= most else { throw FormatError(.recordLength, at: 56) }
        guard bytes.u32(60) == 0 else { throw FormatError(.recordField, at: 60) }
        nonce = (bytes.u64(64), bytes.u64(72), bytes.u64(80))
        guard recordClass == .data || nonce == (0, 0, 0) else { throw FormatError(.recordField, at: 64) }
        if let place = bytes.slice(88, 36).firstNonZero(from: 0) { throw FormatError(.recordField, at: 88 + place) }
        self.recordClass = recordClass
        codec = bytes[11]
        archiveID = Bytes32(at: bytes, 16)
    }

    /// The record must be the one of this place; otherwise `recordPlace`.
    package func require(archiveID: Bytes32, segment: UInt32, offset: UInt64) throws(FormatError) {
        guard self.archiveID == archiveID else { throw FormatError(.recordPlace, at: 16) }
        guard self.segment == segment else { throw FormatError(.recordPlace, at: 12) }
        guard self.offset == offset else { throw FormatError(.recordPlace, at: 48) }
    }

    /// Writes the 128 bytes, with their CRC.
    package func write(to bytes: UnsafeMutableRawBufferPointer) {
        let out = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<RecordHeader.byteCount])
        out.initializeMemory(as: UInt8.self, repeating: 0)
        for index in 0..<8 {
            out[index] = RecordHeader.magic.utf8Start[index]
        }
        out[8] = 1
        out[10] = recordClass.rawValue
        out[11] = codec
        out.put(segment, 12)
        out.put(archiveID, 16)
        out.put(offset, 48)
        out.put(storedLength, 56)
        out.put(nonce.0, 64)
        out.put(nonce.1, 72)
        out.put(nonce.2, 80)
        out.put(CRC32.checksum(UnsafeRawBufferPointer(out).slice(0, 124)), 124)
    }

    /// The 128 bytes.
    package var encoded: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: RecordHeader.byteCount) { buffer, count in
            write(to: UnsafeMutableRawBufferPointer(buffer))
            count = RecordHeader.byteCount
        }
    }

    /// Equal in all fields.
    public static func == (left: RecordHeader, right: RecordHeader) -> Bool {
        left.recordClass == right.recordClass && left.codec == right.codec && left.segment == right.segment
            && left.archiveID == right.archiveID && left.offset == right.offset
            && left.storedLength == right.storedLength && left.nonce == right.nonce
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes begin with an ASCII text.
    package func hasPrefix(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index] != text.utf8Start[index] {
            return false
        }
        return true
    }
}

/// The 16 bytes before the encoded bytes inside the seal of a data record (format.md, section 5.2).
package struct InnerHeader: Equatable, Sendable {
    package static let byteCount = 16

    package var type: UInt8
    package var encodedLength: Int
    package var decodedLength: Int

    package init(type: UInt8, encodedLength: Int, decodedLength: Int) {
        self.type = type
        self.encodedLength = encodedLength
        self.decodedLength = decodedLength
    }

    /// Reads it from the opened plaintext, whose length and zero padding are checked too.
    package init(parsing plaintext: UnsafeRawBufferPointer, codec: UInt8) throws(FormatError) {
        guard plaintext.count >= InnerHeader.byteCount else { throw FormatError(.recordInner) }
        type = plaintext[0]
        encodedLength = Int(plaintext.u32(4))
        decodedLength = Int(plaintext.u32(8))
        guard type != 0, plaintext.u32(0) >> 8 == 0, plaintext.u32(12) == 0 else { throw FormatError(.recordInner) }
        guard encodedLength <= Limits.recordPlaintext else { throw FormatError(.recordInner, at: 4) }
        guard (1...Limits.recordPlaintext).contains(decodedLength) else { throw FormatError(.recordInner, at: 8) }
        guard codec != 0 || encodedLength == decodedLength else { throw FormatError(.recordInner, at: 4) }
        let length = InnerHeader.byteCount + encodedLength
        guard plaintext.count == padme(length) else { throw FormatError(.recordInner, at: 4) }
        if let place = plaintext.firstNonZero(from: length) { throw FormatError(.padding, at: place) }
    }

    package func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes.put(UInt32(type), 0)
        bytes.put(UInt32(encodedLength), 4)
        bytes.put(UInt32(decodedLength), 8)
        bytes.put(UInt32(0), 12)
    }
}
