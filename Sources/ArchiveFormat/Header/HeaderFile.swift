/// What the header says (format.md, section 4; schema `header`).
public struct ArchiveHeader: Equatable, Sendable {
    /// The root signing public key (Ed25519).
    public var rootSigningKey: Bytes32
    /// The content public key (X25519).
    public var contentKey: Bytes32
    /// Counts up with each change of the header, from 1.
    public var sequence: UInt64
    /// When the archive was made: seconds since 1970, a multiple of 60.
    public var created: UInt64
    /// The slots, 288 bytes each.
    public var slots: [[UInt8]]
    /// Commitment to PSK and content-id key (cryptography.md, section 2).
    public var credentialCommitment: Bytes32
    /// Root of README.TXT.
    public var readmeRoot: Bytes32
    /// Root of SPEC.md.
    public var specRoot: Bytes32
    /// Names of features that must be understood, by operation.
    public var mandatoryFlags: [FeatureFlags]
    /// Negative keys as they were met, encoded, in canonical order: kept when the header is written anew.
    public var extensions: [UInt8]
    var extensionCount: Int

    package init(
        rootSigningKey: Bytes32,
        contentKey: Bytes32,
        sequence: UInt64,
        created: UInt64,
        slots: [[UInt8]],
        credentialCommitment: Bytes32,
        readmeRoot: Bytes32,
        specRoot: Bytes32
    ) {
        self.rootSigningKey = rootSigningKey
        self.contentKey = contentKey
        self.sequence = sequence
        self.created = created
        self.slots = slots
        self.credentialCommitment = credentialCommitment
        self.readmeRoot = readmeRoot
        self.specRoot = specRoot
        mandatoryFlags = []
        extensions = []
        extensionCount = 0
    }
}

/// An operation that a feature flag may guard (format.md, section 4).
public enum ArchiveOperation: UInt8, Sendable {
    /// List, show, export.
    case read = 0
    /// Verify.
    case verify = 1
    /// Import, keys, anything that commits.
    case append = 2
    /// Copy to a replica.
    case sync = 3
    /// Repair.
    case repair = 4
}

/// The feature flags of one operation.
public struct FeatureFlags: Equatable, Sendable {
    /// The operation.
    public var operation: ArchiveOperation
    /// The names, as UTF-8.
    public var names: [[UInt8]]
}

extension ArchiveHeader {
    /// Reads the CBOR body of a header file.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = CBORReader(bytes)
        var map = try reader.map()
        var rootSigningKey: Bytes32?
        var contentKey: Bytes32?
        var sequence: UInt64?
        var created: UInt64?
        var slots: [[UInt8]]?
        var commitment: Bytes32?
        var epoch: UInt64?
        var readmeRoot: Bytes32?
        var specRoot: Bytes32?
        var flags: [FeatureFlags]?
        extensions = []
        extensionCount = 0
        while true {
            let start = reader.offset
            guard let key = try map.next(&reader) else { break }
            switch key {
            case 0: rootSigningKey = try reader.bytes32()
            case 1: contentKey = try reader.bytes32()
            case 2: sequence = try reader.unsigned(1...UInt64(Int64.max))
            case 3: created = try reader.minute()
            case 4:
                var list: [[UInt8]] = []
                for _ in 0..<(try reader.array(0...32)) {
                    list.append(Array(try reader.data(exactly: SlotLayout.byteCount)))
                }
                slots = list
            case 5: commitment = try reader.bytes32()
            case 6: epoch = try reader.unsigned(1...1)
            case 7: readmeRoot = try reader.bytes32()
            case 8: specRoot = try reader.bytes32()
            case 9: flags = try FeatureFlags.parse(&reader)
            default:
                if key == -1 {
                    _ = try FeatureFlags.parse(&reader)
                } else if key == -2 {
                    try ArchiveHeader.checkPredecessor(&reader)
                } else {
                    try map.unknown(key, &reader)
                }
                extensions.append(contentsOf: bytes.slice(start, reader.offset - start))
                extensionCount += 1
            }
        }
        try reader.finish()
        self.rootSigningKey = try map.require(rootSigningKey)
        self.contentKey = try map.require(contentKey)
        self.sequence = try map.require(sequence)
        self.created = try map.require(created)
        self.slots = try map.require(slots)
        credentialCommitment = try map.require(commitment)
        _ = try map.require(epoch)
        self.readmeRoot = try map.require(readmeRoot)
        self.specRoot = try map.require(specRoot)
        mandatoryFlags = try map.require(flags)
    }

    private static func checkPredecessor(_ reader: inout CBORReader) throws(FormatError) {
        var map = try reader.map()
        var found = 0
        while let key = try map.next(&reader) {
            guard key == 0 || key == 1 else {
                try map.unknown(key, &reader)
                continue
            }
            _ = try reader.bytes32()
            found += 1
        }
        guard found == 2 else { throw FormatError(.cborSchema, at: map.start) }
    }

    /// The CBOR body.
    package var encoded: [UInt8] {
        var writer = CBORWriter(reserving: 512 + slots.count * (SlotLayout.byteCount + 3))
        writer.map(10 + extensionCount)
        writer.key(0)
        writer.data(rootSigningKey)
        writer.key(1)
        writer.data(contentKey)
        writer.key(2)
        writer.unsigned(sequence)
        writer.key(3)
        writer.unsigned(created)
        writer.key(4)
        writer.array(slots.count)
        for slot in slots {
            writer.data(slot)
        }
        writer.key(5)
        writer.data(credentialCommitment)
        writer.key(6)
        writer.unsigned(UInt64(1))
        writer.key(7)
        writer.data(readmeRoot)
        writer.key(8)
        writer.data(specRoot)
        writer.key(9)
        FeatureFlags.write(mandatoryFlags, to: &writer)
        writer.encoded(extensions)
        return writer.bytes
    }
}

extension FeatureFlags {
    static func parse(_ reader: inout CBORReader) throws(FormatError) -> [FeatureFlags] {
        var map = try reader.map()
        var flags: [FeatureFlags] = []
        while let key = try map.next(&reader) {
            guard key >= 0, let operation = ArchiveOperation(rawValue: UInt8(key)) else {
                throw FormatError(key < 0 ? .cborSchema : .cborUnknownKey, at: reader.offset)
            }
            var names: [[UInt8]] = []
            for _ in 0..<(try reader.array(1...64)) {
                names.append(try reader.text(1...64))
            }
            flags.append(FeatureFlags(operation: operation, names: names))
        }
        return flags
    }

    static func write(_ flags: [FeatureFlags], to writer: inout CBORWriter) {
        writer.map(flags.count)
        for flag in flags {
            writer.key(Int(flag.operation.rawValue))
            writer.array(flag.names.count)
            for name in flag.names {
                writer.text(utf8: name)
            }
        }
    }
}

extension CBORReader {
    /// Seconds since 1970 that are a multiple of 60.
    mutating func minute() throws(FormatError) -> UInt64 {
        let start = offset
        let value = try unsigned()
        guard value % 60 == 0 else { throw FormatError(.cborSchema, at: start) }
        return value
    }
}

/// The framing of a header file of 16,384 bytes (format.md, section 4).
///
/// | OFFSET | SIZE | FIELD |
/// |---|---|---|
/// | 0 | 8 | magic `PARCHHDR` |
/// | 8 | 2 | major, minor version |
/// | 12 | 4 | n, length of the body |
/// | 16 | n | body |
/// | 16 + n | 64 | signature |
/// | 16,380 | 4 | CRC-32 |
package struct HeaderFrame: Sendable {
    package static let magic: StaticString = "PARCHHDR"
    package static let bodyOffset = 16
    package static let mostBody = 16_300

    /// Length of the body in bytes.
    package let bodyLength: Int

    /// Checks length, magic, CRC, version and framing, in this order.
    ///
    /// The signature is the caller's to check.
    package init(parsing file: UnsafeRawBufferPointer) throws(FormatError) {
        guard file.count == Limits.headerFile else { throw FormatError(.headerLength, at: file.count) }
        guard file.hasPrefix(HeaderFrame.magic) else { throw FormatError(.headerMagic) }
        let crcOffset = Limits.headerFile - 4
        guard CRC32.checksum(file.slice(0, crcOffset)) == file.u32(crcOffset) else {
            throw FormatError(.headerCrc, at: crcOffset)
        }
        guard file[8] <= 1 else { throw FormatError(.newerVersion, at: 8) }
        guard file[8] == 1 else { throw FormatError(.headerFraming, at: 8) }
        guard file.u16(10) == 0 else { throw FormatError(.headerFraming, at: 10) }
        let length = file.u32(12)
        guard (1...UInt32(HeaderFrame.mostBody)).contains(length) else { throw FormatError(.headerFraming, at: 12) }
        bodyLength = Int(length)
        let end = HeaderFrame.bodyOffset + bodyLength + 64
        if let place = file.slice(0, crcOffset).firstNonZero(from: end) {
            throw FormatError(.headerFraming, at: place)
        }
    }

    /// The bytes that the signature covers.
    package func signed(in file: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        file.slice(0, HeaderFrame.bodyOffset + bodyLength)
    }

    /// The CBOR body.
    package func body(in file: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        file.slice(HeaderFrame.bodyOffset, bodyLength)
    }

    /// The 64 bytes of the signature.
    package func signature(in file: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        file.slice(HeaderFrame.bodyOffset + bodyLength, 64)
    }

    /// Builds the bytes to sign: 16 bytes of framing and the body.
    package static func signedPart(body: [UInt8]) throws(FormatError) -> [UInt8] {
        guard (1...mostBody).contains(body.count) else { throw FormatError(.headerFraming, at: 12) }
        var part: [UInt8] = []
        for index in 0..<8 {
            part.append(magic.utf8Start[index])
        }
        part.append(contentsOf: [1, 0, 0, 0])
        part.append(littleEndian: UInt32(body.count))
        part.append(contentsOf: body)
        return part
    }

    /// Completes the file: signature, zeros, CRC.
    package static func file(signedPart: [UInt8], signature: [UInt8]) -> [UInt8] {
        var file = signedPart
        file.append(contentsOf: signature)
        file.append(contentsOf: repeatElement(0, count: Limits.headerFile - 4 - file.count))
        let crc = file.withUnsafeBytes { CRC32.checksum($0) }
        file.append(littleEndian: crc)
        return file
    }
}
