package import ArchiveFormat

/// How the encoded bytes of a data record were made (format.md, section 5).
package enum Codec: UInt8, Sendable, CaseIterable {
    /// As they are.
    case stored = 0
    /// One zlib stream (RFC 1950).
    case zlib = 1
    /// One zstd frame (RFC 8878).
    case zstd = 2
}

/// Why bytes could not be encoded or decoded.
package enum CompressionError: Error, Equatable, Sendable {
    /// E310: the stream is invalid, cut short, followed by more, or uses what the Spec does not allow.
    case invalidStream
    /// E311: the stream gives more or fewer bytes than stated.
    case decodedLength
    /// E005: the system does not give the memory that a codec needs.
    case outOfMemory

    /// The code of the Spec.
    package var code: ArchiveCode {
        switch self {
        case .invalidStream: .codec
        case .decodedLength: .decodedLength
        case .outOfMemory: .inputOutput
        }
    }
}
