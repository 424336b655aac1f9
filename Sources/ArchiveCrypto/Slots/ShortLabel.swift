package import ArchiveFormat

/// The name of a slot or writer: at most 64 bytes of UTF-8, without zero bytes.
package struct ShortLabel: Equatable, Sendable {
    /// The name.
    package let text: String

    /// Bytes before sealing.
    static let byteCount = 64
    /// Nonce, sealed bytes, tag.
    static let sealedByteCount = 104

    /// `nil` if the text is too long or holds a zero byte.
    package init?(_ text: String) {
        guard text.utf8.count <= ShortLabel.byteCount, !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    private init?(padded: UnsafeRawBufferPointer) {
        let end = padded.firstIndex(of: 0) ?? padded.count
        guard padded.firstNonZero(from: end) == nil, let text = String(validating: padded[..<end], as: UTF8.self)
        else { return nil }
        self.text = text
    }

    func sealed(key: SecretBytes, additionalData: [UInt8]) -> [UInt8] {
        var padded = Array(text.utf8)
        padded.append(contentsOf: repeatElement(0, count: ShortLabel.byteCount - padded.count))
        return padded.withUnsafeBytes { XChaCha20Poly1305.seal($0, additionalData: additionalData, key: key) }
    }

    init?(opening sealed: UnsafeRawBufferPointer, key: SecretBytes, additionalData: [UInt8]) {
        guard sealed.count == ShortLabel.sealedByteCount,
            let padded = XChaCha20Poly1305.open(nonceAndText: sealed, additionalData: additionalData, key: key),
            let label = padded.withUnsafeBytes({ ShortLabel(padded: $0) })
        else { return nil }
        self = label
    }
}

extension ReadKeys {
    /// Seals the label of a writer, for its certificate: 104 bytes (cryptography.md, section 4).
    package func sealWriterLabel(_ label: ShortLabel, archiveID: Bytes32, writerKey: Bytes32) -> [UInt8] {
        label.sealed(key: labelKey, additionalData: ReadKeys.writerLabelData(archiveID, writerKey))
    }

    /// The label of a writer; `nil` if it does not open: a label is a help, and no reason to refuse.
    package func openWriterLabel(
        _ sealed: UnsafeRawBufferPointer,
        archiveID: Bytes32,
        writerKey: Bytes32
    ) -> ShortLabel? {
        ShortLabel(
            opening: sealed,
            key: labelKey,
            additionalData: ReadKeys.writerLabelData(archiveID, writerKey)
        )
    }

    /// The label of a slot of 288 bytes; `nil` if it does not open.
    package func openSlotLabel(_ slot: UnsafeRawBufferPointer, archiveID: Bytes32) -> ShortLabel? {
        guard slot.count == SlotLayout.byteCount else { return nil }
        return ShortLabel(
            opening: slot.slice(Slot.labelOffset, ShortLabel.sealedByteCount),
            key: labelKey,
            additionalData: Slot.labelData(slot, archiveID)
        )
    }

    private static func writerLabelData(_ archiveID: Bytes32, _ writerKey: Bytes32) -> [UInt8] {
        var data = Label.writerLabel.bytes
        data.append(archiveID)
        data.append(writerKey)
        return data
    }
}
