package import ArchiveFormat

/// The key of one segment: seals and opens its data records and pointer blobs.
package final class SegmentKey: Sendable {
    let key: SecretBytes

    init(key: SecretBytes) {
        self.key = key
    }

    /// The bytes of a data record's header, all of which its seal covers.
    private static let headerByteCount = 128
    private static let nonceOffset = 64

    /// Seals the body of a data record in place (format.md, section 5.2).
    ///
    /// The header is complete, with a nonce from `Random` at offset 64 that is used once. The last 16 bytes of the
    /// body are room for the tag.
    package func sealRecord(header: UnsafeRawBufferPointer, body: UnsafeMutableRawBufferPointer) {
        precondition(header.count == SegmentKey.headerByteCount, "a record header has 128 bytes")
        XChaCha20Poly1305.seal(
            inPlace: body,
            nonce: header.slice(SegmentKey.nonceOffset, XChaCha20Poly1305.nonceByteCount),
            additionalData: header,
            key: key
        )
    }

    /// Opens the body of a data record into a buffer that is 16 bytes shorter, else `recordSeal` (E307).
    package func openRecord(
        header: UnsafeRawBufferPointer,
        body: UnsafeRawBufferPointer,
        into out: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard header.count == SegmentKey.headerByteCount,
            XChaCha20Poly1305.open(
                body,
                into: out,
                nonce: header.slice(SegmentKey.nonceOffset, XChaCha20Poly1305.nonceByteCount),
                additionalData: header,
                key: key
            )
        else { throw .recordSeal }
    }

    /// Opens the body of a data record in place: all but its last 16 bytes are then the plaintext; else E307.
    package func openRecord(
        header: UnsafeRawBufferPointer,
        inPlace body: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard body.count >= XChaCha20Poly1305.tagByteCount else { throw .recordSeal }
        let text = UnsafeMutableRawBufferPointer(rebasing: body[..<(body.count - XChaCha20Poly1305.tagByteCount)])
        try openRecord(header: header, body: UnsafeRawBufferPointer(body), into: text)
    }
}

extension SegmentKey {
    /// The bytes of a pointer blob, at least and at most (schema `pointer-blob`).
    package static let pointerBlobByteCounts = 104...49_152

    /// Seals CBOR `pointers` (format.md, section 7.5).
    ///
    /// `nil` if the blob would be longer than the schema allows.
    package func sealPointers(
        _ cbor: [UInt8],
        archiveID: Bytes32,
        segment: UInt32,
        generation: UInt64
    ) -> [UInt8]? {
        guard cbor.count < SegmentKey.pointerBlobByteCounts.upperBound else { return nil }
        var text: [UInt8] = []
        text.append(littleEndian: UInt32(cbor.count))
        text.append(contentsOf: cbor)
        text.append(contentsOf: repeatElement(0, count: SegmentKey.padded(cbor.count) - text.count))
        let data = SegmentKey.pointersData(archiveID, segment, generation)
        let blob = text.withUnsafeBytes { XChaCha20Poly1305.seal($0, additionalData: data, key: key) }
        return SegmentKey.pointerBlobByteCounts.contains(blob.count) ? blob : nil
    }

    /// The CBOR `pointers` of a blob, else `pointers` (E507).
    package func openPointers(
        _ blob: UnsafeRawBufferPointer,
        archiveID: Bytes32,
        segment: UInt32,
        generation: UInt64
    ) throws(CryptoError) -> [UInt8] {
        let data = SegmentKey.pointersData(archiveID, segment, generation)
        guard SegmentKey.pointerBlobByteCounts.contains(blob.count),
            let text = XChaCha20Poly1305.open(nonceAndText: blob, additionalData: data, key: key),
            let cbor = text.withUnsafeBytes({ SegmentKey.unpadded($0) })
        else { throw .pointers }
        return cbor
    }

    /// The length of the plaintext for n bytes of CBOR.
    private static func padded(_ count: Int) -> Int { (4 + count + 63) / 64 * 64 }

    private static func unpadded(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 64, let count = Int(exactly: text.u32(0)), count <= text.count - 4,
            text.count == padded(count), text.firstNonZero(from: 4 + count) == nil
        else { return nil }
        return Array(text.slice(4, count))
    }

    private static func pointersData(_ archiveID: Bytes32, _ segment: UInt32, _ generation: UInt64) -> [UInt8] {
        var data = Label.pointers.bytes
        data.append(archiveID)
        data.append(littleEndian: segment)
        data.append(littleEndian: generation)
        return data
    }
}
