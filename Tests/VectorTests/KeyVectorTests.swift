@testable import ArchiveCrypto
import ArchiveFormat
@testable import ArchiveReader
import Testing

/// Keys, slots, certificates, envelopes, text forms.
@Suite("keys of the test vectors")
struct KeyVectorTests {
    @Test("every key follows from the root secret", arguments: Vector.of("keys"))
    func keys(_ vector: Vector) throws {
        let root = RootKeys(rootSecret: try vector.secret("root_secret"))
        let id = root.archiveID
        let found: [String: [UInt8]] = [
            "root_signing_seed": reveal(root.signing.seed), "root_signing_public": root.signing.publicKey.array,
            "root_writer_seed": reveal(root.writer.seed), "root_writer_public": root.writer.publicKey.array,
            "read_secret": reveal(root.read.readSecret), "content_secret": reveal(root.read.contentSecret),
            "content_public": root.read.contentKey.array, "content_id_key": reveal(root.read.append.contentIDKey),
            "psk": reveal(root.read.append.psk), "label_key": reveal(root.read.labelKey), "archive_id": id.array,
            "catalogue_key": reveal(Blake2b.derive(root.read.readSecret, Label("catalogue"))),
            "credential_commitment": root.read.append.credentialCommitment.array,
        ]
        for (name, bytes) in found { #expect(hexadecimal(bytes) == vector.context[name].text, "\(name)") }
        #expect(Words.short(id) == vector.context["archive_id_words"].text)
        #expect(
            reveal(RecoveryCode.encode(root.rootSecret)) == Array((vector.context["recovery_code"].text ?? "").utf8)
        )
    }

    @Test("a text form gives its bytes, or says that it is mistyped", arguments: Vector.of("text"))
    func text(_ vector: Vector) throws {
        let input = try vector.input()
        try vector.check {
            let secret = try input.withUnsafeBytes { raw in
                switch vector.context["kind"].text {
                case "recovery": try RecoveryCode.decode(raw)
                case "key": try KeyText.keyFile.decode(raw)
                case "identity": try KeyText.identity.decode(raw)
                case "recipient": try KeyText.recipient.decode(raw)
                default: try KeyText.credential.decode(raw)
                }
            }
            return secret.withUnsafeBytes { Blake2b.hash($0) }
        }
    }

    @Test("a slot opens with its secret and nothing else", arguments: Vector.of("slot"))
    func slot(_ vector: Vector) throws {
        let slot = try vector.input()
        let given = vector.context["secret"]
        let passphrase = given["passphrase"].text.map { Passphrase($0) }
        let keyFile = try given["key_file"].text.map { VectorTests.secret(try VectorTests.hex($0)) }
        let unlock: UnlockSecret
        if let identity = given["identity"].text {
            unlock = .identity(VectorTests.secret(try VectorTests.hex(identity)))
        } else if let passphrase, let keyFile {
            unlock = .both(passphrase, keyFile)
        } else if let keyFile {
            unlock = .keyFile(keyFile)
        } else {
            unlock = .passphrase(try #require(passphrase))
        }
        let caps = Argon2Cost(
            memoryKiB: UInt32(clamping: vector.number("max_memory_kib")),
            passes: UInt32(clamping: vector.number("max_passes"))
        )
        let rootKey = try vector.bytes32("root_signing_public")
        let contentKey = try vector.bytes32("content_public")
        let id = try vector.bytes32("archive_id")
        try vector.check {
            let opened = try Slot.unlock(
                [slot],
                with: unlock,
                rootSigningKey: rootKey,
                contentKey: contentKey,
                caps: caps
            )
            if let label = vector.context["label"].text {
                let found = slot.withUnsafeBytes { opened.access.read.openSlotLabel($0, archiveID: id) }
                #expect(found?.text == label)
            }
            return opened.access.secret.withUnsafeBytes { Blake2b.hash($0) }
        }
    }

    private func verifier(_ vector: Vector) throws -> CommitVerifier {
        let header = ArchiveHeader(
            rootSigningKey: try vector.bytes32("root_signing_public"),
            contentKey: try vector.bytes32("content_public"),
            sequence: 1,
            created: 0,
            slots: [],
            credentialCommitment: .zero,
            readmeRoot: .zero,
            specRoot: .zero
        )
        return CommitVerifier(header: header, archiveID: try vector.bytes32("archive_id"))
    }

    @Test("a certificate is that of this archive, or refused", arguments: Vector.of("certificate"))
    func certificate(_ vector: Vector) throws {
        let input = try vector.input()
        var verifier = try verifier(vector)
        try vector.check {
            _ = try verifier.verify(certificate: input)
            return Blake2b.hash(Array(input.dropLast(64)))
        }
    }

    @Test("a revocation is that of this archive, or refused", arguments: Vector.of("revocation"))
    func revocation(_ vector: Vector) throws {
        let input = try vector.input()
        let verifier = try verifier(vector)
        try vector.check {
            _ = try verifier.verify(revocation: input)
            return Blake2b.hash(Array(input.dropLast(64)))
        }
    }

    @Test("an envelope opens in its place only", arguments: Vector.of("envelope"))
    func envelope(_ vector: Vector) throws {
        let input = try vector.input()
        let id = try vector.bytes32("archive_id")
        let contentSecret = try vector.secret("content_secret")
        let psk = try vector.secret("psk")
        try vector.check {
            let key = try input.withUnsafeBytes { raw in
                try SegmentEnvelope.open(
                    raw,
                    archiveID: id,
                    segment: vector.segment,
                    contentSecret: contentSecret,
                    psk: psk
                )
            }
            return key.key.withUnsafeBytes { Blake2b.hash($0) }
        }
    }
}
