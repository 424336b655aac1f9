/// A passphrase, as the bytes that Argon2id takes: UTF-8 in Unicode NFC (cryptography.md, section 3).
public struct Passphrase: Sendable {
    let bytes: SecretBytes

    /// Takes UTF-8, or gives `nil` for what is none.
    ///
    /// The caller wipes the original.
    public init?(utf8: UnsafeRawBufferPointer) {
        guard utf8.contains(where: { $0 >= 0x80 }) else {
            // ASCII is in NFC as it is; no copy of it comes into being outside the locked memory.
            self.init(composed: SecretBytes(copying: utf8))
            return
        }
        guard let text = String(validating: utf8, as: UTF8.self) else { return nil }
        self.init(text)
    }

    /// Takes text.
    public init(_ text: String) {
        // Canonical composition of the standard library, which needs no tables beside its own.
        var composed = text._nfcCodeUnits
        self.init(composed: SecretBytes(wiping: &composed))
    }

    private init(composed: SecretBytes) {
        bytes = composed
    }

    /// Whether there are no bytes at all.
    public var isEmpty: Bool { bytes.count == 0 }

    /// Whether two passphrases are the same, as when one is typed twice.
    public func equals(_ other: Passphrase) -> Bool { bytes.equals(other.bytes) }
}
