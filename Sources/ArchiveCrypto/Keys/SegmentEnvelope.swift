package import ArchiveFormat

/// The envelope of a segment key: layout in format.md, section 5.1; cryptography.md, section 5.
enum SegmentEnvelope {
    static let byteCount = 176
    static let epoch: UInt32 = 1

    /// What the key that wraps and the seal are bound to.
    struct Place {
        let archiveID: Bytes32
        let segment: UInt32
        let writerKey: Bytes32
        let ephemeralKey: Bytes32

        func wrappingKey(_ psk: SecretBytes, shared: SecretBytes, contentKey: Bytes32) -> SecretBytes {
            Blake2b.derive(psk, .segmentKey) { hasher in
                hasher.update(shared)
                hasher.update(ephemeralKey)
                hasher.update(contentKey)
                hasher.update(archiveID)
                hasher.update(littleEndian: segment)
                hasher.update(writerKey)
            }
        }

        var additionalData: [UInt8] {
            var data = archiveID.array
            data.append(littleEndian: segment)
            data.append(littleEndian: SegmentEnvelope.epoch)
            data.append(writerKey)
            data.append(ephemeralKey)
            return data
        }

        func commitment(_ key: SecretBytes) -> SecretBytes {
            Blake2b.derive(key, .segmentCommitment) { hasher in
                hasher.update(archiveID)
                hasher.update(littleEndian: segment)
            }
        }
    }
}

extension AppendKeys {
    /// A new segment key, and its envelope of 176 bytes; `rootKey` (E117) for a content key of small order.
    package func makeSegmentKey(
        archiveID: Bytes32,
        segment: UInt32,
        writerKey: Bytes32
    ) throws(CryptoError) -> (key: SegmentKey, envelope: [UInt8]) {
        let ephemeral = SecretBytes.random()
        let place = SegmentEnvelope.Place(
            archiveID: archiveID,
            segment: segment,
            writerKey: writerKey,
            ephemeralKey: X25519.publicKey(of: ephemeral)
        )
        guard let shared = X25519.shared(secret: ephemeral, publicKey: contentKey) else { throw .rootKey }
        let wrappingKey = place.wrappingKey(psk, shared: shared, contentKey: contentKey)
        let key = SecretBytes.random()
        var envelope: [UInt8] = []
        envelope.reserveCapacity(SegmentEnvelope.byteCount)
        envelope.append(littleEndian: SegmentEnvelope.epoch)
        envelope.append(littleEndian: UInt32(0))
        envelope.append(writerKey)
        envelope.append(place.ephemeralKey)
        envelope += key.withUnsafeBytes {
            XChaCha20Poly1305.seal($0, additionalData: place.additionalData, key: wrappingKey)
        }
        place.commitment(key).withUnsafeBytes { envelope.append(contentsOf: $0) }
        return (SegmentKey(key: key), envelope)
    }
}

extension ReadKeys {
    /// Opens an envelope of 176 bytes: `envelope` (E505) if malformed, `segmentKey` (E506) if it does not open.
    ///
    /// That the writer key is the one expected is the caller's to check.
    package func openSegmentKey(
        envelope: UnsafeRawBufferPointer,
        archiveID: Bytes32,
        segment: UInt32
    ) throws(CryptoError) -> SegmentKey {
        try SegmentEnvelope.open(
            envelope,
            archiveID: archiveID,
            segment: segment,
            contentSecret: contentSecret,
            psk: append.psk
        )
    }
}

extension SegmentEnvelope {
    /// Opens an envelope with the two secrets that it takes.
    static func open(
        _ envelope: UnsafeRawBufferPointer,
        archiveID: Bytes32,
        segment: UInt32,
        contentSecret: SecretBytes,
        psk: SecretBytes
    ) throws(CryptoError) -> SegmentKey {
        guard envelope.count == byteCount, envelope.u32(0) == epoch, envelope.u32(4) == 0 else { throw .envelope }
        let place = Place(
            archiveID: archiveID,
            segment: segment,
            writerKey: Bytes32(at: envelope, 8),
            ephemeralKey: Bytes32(at: envelope, 40)
        )
        guard let shared = X25519.shared(secret: contentSecret, publicKey: place.ephemeralKey) else {
            throw .segmentKey
        }
        let contentKey = X25519.publicKey(of: contentSecret)
        let wrappingKey = place.wrappingKey(psk, shared: shared, contentKey: contentKey)
        guard
            let key = XChaCha20Poly1305.open(
                nonceAndText: envelope.slice(72, 72),
                additionalData: place.additionalData,
                key: wrappingKey
            ),
            place.commitment(key).withUnsafeBytes({ equalInConstantTime($0, envelope.slice(144, 32)) })
        else { throw .segmentKey }
        return SegmentKey(key: key)
    }
}
