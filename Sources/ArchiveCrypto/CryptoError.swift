public import ArchiveFormat

/// Why an operation on keys, seals or signatures failed; each case is one code of the Spec.
public enum CryptoError: Error, Equatable, Sendable {
    /// E004: no slot opens with this secret.
    case secretDoesNotOpen
    /// E011: a slot asks for more memory (KiB) or passes than the caller allows.
    case costlySlot(memoryKiB: UInt32, passes: UInt32)
    /// E012: a writer credential does not fit this archive.
    case badCredential
    /// E015: a text form of a secret is mistyped.
    case badKeyText(KeyTextProblem)
    /// E116: the header's signature does not verify.
    case headerSignature
    /// E117: a root key of small order, or not canonical.
    case rootKey
    /// E118: a malformed slot.
    case slot
    /// E307: a record's seal does not open.
    case recordSeal
    /// E401: a commit's signature does not verify.
    case commitSignature
    /// E402: a certificate or revocation is malformed, of other root keys, or badly signed.
    case certificate
    /// E414: a writer key of small order, or not canonical.
    case writerKey
    /// E505: a malformed envelope.
    case envelope
    /// E506: a segment key does not open, or is not the one committed to.
    case segmentKey
    /// E507: a pointer blob does not open, or is malformed.
    case pointers
    /// E005: the system does not give the memory that Argon2id needs, in KiB.
    case outOfMemory(memoryKiB: UInt32)

    /// The code of the Spec.
    public var code: ArchiveCode {
        switch self {
        case .secretDoesNotOpen: .secretDoesNotOpen
        case .costlySlot: .costlySlot
        case .badCredential: .badCredential
        case .badKeyText: .badKeyText
        case .headerSignature: .headerSignature
        case .rootKey: .rootKey
        case .slot: .slot
        case .recordSeal: .recordSeal
        case .commitSignature: .commitSignature
        case .certificate: .certificate
        case .writerKey: .writerKey
        case .envelope: .envelope
        case .segmentKey: .segmentKey
        case .pointers: .pointers
        case .outOfMemory: .inputOutput
        }
    }
}

/// What is wrong with a text form (E015).
public enum KeyTextProblem: Equatable, Sendable {
    /// The word at this position, counted from 1, is not one that can occur.
    case word(Int)
    /// So many words were found, where another number belongs.
    case wordCount(Int)
    /// The text does not begin as this kind of text does.
    case prefix
    /// The text is cut short, too long, or holds something other than lower-case hexadecimal digits.
    case digits
    /// Every part has the right form, but the checksum says that one is wrong.
    case checksum
}
