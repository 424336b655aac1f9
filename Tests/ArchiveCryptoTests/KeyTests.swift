import ArchiveCrypto
import ArchiveFormat
import Testing

/// The root secret of `ReferenceVectors`.
let referenceRoot = secret(Array(1...32))
let referenceArchive = bytes32(ReferenceVectors.archiveID)
let referenceSegment: UInt32 = 1_234_567

struct KeyTreeTests {
    @Test("all keys follow from the root secret as an independent program has them")
    func tree() {
        let root = RootKeys(rootSecret: referenceRoot)
        #expect(root.signing.publicKey.hex == ReferenceVectors.rootSigningKey)
        #expect(root.writer.publicKey.hex == ReferenceVectors.rootWriterKey)
        #expect(reveal(root.read.readSecret) == hex(ReferenceVectors.readSecret))
        #expect(root.read.contentKey.hex == ReferenceVectors.contentKey)
        #expect(reveal(root.read.append.contentIDKey) == hex(ReferenceVectors.contentIDKey))
        #expect(reveal(root.read.append.psk) == hex(ReferenceVectors.psk))
        #expect(root.archiveID.hex == ReferenceVectors.archiveID)
        #expect(root.read.append.credentialCommitment.hex == ReferenceVectors.credentialCommitment)
        #expect(
            hexadecimal(root.writer.sign(.commit, archiveID: root.archiveID, body: Array("body".utf8)))
                == ReferenceVectors.signature
        )
    }

    @Test("header and commit hashes are those of an independent program")
    func hashes() {
        Array("file".utf8).withUnsafeBytes {
            #expect(ArchiveIdentity.headerHash(of: $0).hex == ReferenceVectors.headerHash)
        }
        Array("record".utf8).withUnsafeBytes {
            #expect(ArchiveIdentity.commitHash(of: $0).hex == ReferenceVectors.commitHash)
        }
    }

    @Test("a credential of another archive is E012")
    func credential() throws {
        let keys = RootKeys(rootSecret: referenceRoot).read.append
        let other = RootKeys.random().read.append
        try keys.check(contentKey: keys.contentKey, credentialCommitment: keys.credentialCommitment)
        #expect(throws: CryptoError.badCredential) {
            try keys.check(contentKey: other.contentKey, credentialCommitment: keys.credentialCommitment)
        }
        #expect(throws: CryptoError.badCredential) {
            try keys.check(contentKey: keys.contentKey, credentialCommitment: other.credentialCommitment)
        }
    }
}

struct SegmentKeyTests {
    static let read = RootKeys(rootSecret: referenceRoot).read

    static func open(
        _ envelope: [UInt8],
        keys: ReadKeys = read,
        archive: Bytes32 = referenceArchive,
        segment: UInt32 = referenceSegment
    ) throws -> SegmentKey {
        try envelope.withUnsafeBytes {
            try keys.openSegmentKey(envelope: $0, archiveID: archive, segment: segment)
        }
    }

    @Test("an envelope, a record and a pointer blob of an independent program open")
    func reference() throws {
        let key = try Self.open(hex(ReferenceVectors.envelope))
        var header = Array(UInt8(0)..<128)
        header.replaceSubrange(64..<88, with: 50..<74)
        var body = hex(ReferenceVectors.recordBody)
        try header.withUnsafeBytes { header in
            try body.withUnsafeMutableBytes { try key.openRecord(header: header, inPlace: $0) }
        }
        #expect(Array(body.dropLast(16)) == Array("the plaintext of a record".utf8))
        let blob = hex(ReferenceVectors.pointerBlob)
        let cbor = try blob.withUnsafeBytes {
            try key.openPointers($0, archiveID: referenceArchive, segment: referenceSegment, generation: 42)
        }
        #expect(cbor == hex("8183021903e81903e9"))
        #expect(throws: CryptoError.pointers) {
            try blob.withUnsafeBytes {
                try key.openPointers($0, archiveID: referenceArchive, segment: referenceSegment, generation: 43)
            }
        }
    }

    @Test("what a writer seals, who has no read secret, a reader opens")
    func roundTrip() throws {
        let append = AppendKeys(
            contentKey: Self.read.contentKey,
            psk: Self.read.append.psk,
            contentIDKey: Self.read.append.contentIDKey
        )
        let writer = SigningKey.random()
        let (key, envelope) = try append.makeSegmentKey(
            archiveID: referenceArchive,
            segment: 3,
            writerKey: writer.publicKey
        )
        #expect(envelope.count == 176)
        let opened = try Self.open(envelope, segment: 3)
        var header = [UInt8](repeating: 1, count: 128)
        header.replaceSubrange(64..<88, with: Random.bytes(24))
        var body = Array("text".utf8) + [UInt8](repeating: 0, count: 16)
        try header.withUnsafeBytes { header in
            body.withUnsafeMutableBytes { key.sealRecord(header: header, body: $0) }
            try body.withUnsafeMutableBytes { try opened.openRecord(header: header, inPlace: $0) }
        }
        #expect(body.starts(with: Array("text".utf8)))
        header[0] ^= 1
        #expect(throws: CryptoError.recordSeal) {
            try header.withUnsafeBytes { header in
                try body.withUnsafeMutableBytes { try opened.openRecord(header: header, inPlace: $0) }
            }
        }
    }

    @Test("a changed byte is E505 in the framing and E506 elsewhere", arguments: 0..<176)
    func tampered(_ index: Int) {
        var envelope = hex(ReferenceVectors.envelope)
        envelope[index] ^= 1
        #expect(throws: index < 8 ? CryptoError.envelope : .segmentKey) { try Self.open(envelope) }
    }

    @Test("another archive, segment or reader does not open it, nor does a key of small order")
    func other() {
        let envelope = hex(ReferenceVectors.envelope)
        #expect(throws: CryptoError.segmentKey) { try Self.open(envelope, archive: .zero) }
        #expect(throws: CryptoError.segmentKey) { try Self.open(envelope, segment: 1) }
        #expect(throws: CryptoError.segmentKey) { try Self.open(envelope, keys: RootKeys.random().read) }
        var smallOrder = envelope
        smallOrder.replaceSubrange(40..<72, with: [UInt8](repeating: 0, count: 32))
        #expect(throws: CryptoError.segmentKey) { try Self.open(smallOrder) }
        #expect(throws: CryptoError.envelope) { try Self.open(Array(envelope.dropLast())) }
        #expect(throws: CryptoError.rootKey) {
            try AppendKeys(contentKey: .zero, psk: .random(), contentIDKey: .random())
                .makeSegmentKey(archiveID: .zero, segment: 1, writerKey: .zero)
        }
    }

    @Test(
        "pointer blobs grow by 64 bytes and stop at the most",
        arguments: [(0, 104), (60, 104), (61, 168), (49_084, 49_128)]
    )
    func pointerSizes(_ count: Int, _ size: Int) throws {
        let key = try Self.open(hex(ReferenceVectors.envelope))
        let cbor = [UInt8](repeating: 1, count: count)
        let blob = try #require(key.sealPointers(cbor, archiveID: .zero, segment: 1, generation: 1))
        #expect(blob.count == size)
        let opened = try blob.withUnsafeBytes {
            try key.openPointers($0, archiveID: .zero, segment: 1, generation: 1)
        }
        #expect(opened == cbor)
        #expect(
            key.sealPointers([UInt8](repeating: 1, count: 49_085), archiveID: .zero, segment: 1, generation: 1) == nil
        )
    }
}
