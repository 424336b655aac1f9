/// The kind of a slot (cryptography.md, section 3).
public enum SlotKind: UInt8, Sendable {
    /// A passphrase, through Argon2id.
    case passphrase = 1
    /// A key file.
    case keyFile = 2
    /// A passphrase and a key file together.
    case both = 3
    /// An X25519 recipient.
    case recipient = 4
}

/// What the secret in a slot allows.
public enum SlotRights: UInt8, Sendable {
    /// The root secret: everything.
    case all = 0
    /// The read secret: read and verify.
    case readOnly = 1
}

/// The clear fields of a slot of 288 bytes (cryptography.md, section 3), checked.
public struct SlotLayout: Equatable, Sendable {
    /// Bytes of a slot.
    public static let byteCount = 288
    /// Bytes of a label, before it is sealed.
    public static let labelByteCount = 64

    /// The kind.
    public var kind: SlotKind
    /// The rights.
    public var rights: SlotRights
    /// Argon2id memory in KiB; 0 where the kind has no passphrase.
    public var memoryKiB: UInt32
    /// Argon2id passes; 0 where the kind has no passphrase.
    public var passes: UInt32
    /// The id that is unique in the header.
    public var slotID: UInt32
    /// When it was made: seconds since 1970, a multiple of 60.
    public var created: UInt64

    /// Reads and checks the clear fields: `slot` (E118) for anything out of range.
    package init(parsing slot: UnsafeRawBufferPointer) throws(FormatError) {
        guard slot.count == SlotLayout.byteCount else { throw FormatError(.slot) }
        guard let kind = SlotKind(rawValue: slot[0]) else { throw FormatError(.slot) }
        guard let rights = SlotRights(rawValue: slot[1]) else { throw FormatError(.slot, at: 1) }
        guard slot.u16(2) == 0 else { throw FormatError(.slot, at: 2) }
        memoryKiB = slot.u32(4)
        passes = slot.u32(8)
        let parallelism = slot.u32(12)
        let usesPassphrase = kind == .passphrase || kind == .both
        if usesPassphrase {
            guard (8...1_048_576).contains(memoryKiB) else { throw FormatError(.slot, at: 4) }
            guard (1...10).contains(passes) else { throw FormatError(.slot, at: 8) }
            guard parallelism == 1 else { throw FormatError(.slot, at: 12) }
        } else {
            guard memoryKiB == 0, passes == 0, parallelism == 0 else { throw FormatError(.slot, at: 4) }
        }
        if kind == .recipient {
            guard slot.slice(16, 16).firstNonZero(from: 0) == nil else { throw FormatError(.slot, at: 16) }
        } else {
            guard slot.slice(32, 32).firstNonZero(from: 0) == nil else { throw FormatError(.slot, at: 32) }
        }
        slotID = slot.u32(272)
        created = slot.u64(276)
        guard created % 60 == 0 else { throw FormatError(.slot, at: 276) }
        guard slot.u32(284) == 0 else { throw FormatError(.slot, at: 284) }
        self.kind = kind
        self.rights = rights
    }

    /// Checks all slots of a header together: ids are unique, at most 8 use Argon2id.
    package static func check(_ slots: [[UInt8]]) throws(FormatError) -> [SlotLayout] {
        var layouts: [SlotLayout] = []
        for slot in slots {
            let buffer = slot
            var failure: FormatError?
            var layout: SlotLayout?
            buffer.withUnsafeBytes { bytes in
                do throws(FormatError) { layout = try SlotLayout(parsing: bytes) } catch { failure = error }
            }
            guard let layout else { throw failure ?? FormatError(.slot) }
            for other in layouts where other.slotID == layout.slotID {
                throw FormatError(.slot, at: 272)
            }
            layouts.append(layout)
        }
        var costly = 0
        for layout in layouts where layout.kind == .passphrase || layout.kind == .both {
            costly += 1
        }
        guard costly <= 8 else { throw FormatError(.slot) }
        return layouts
    }
}
