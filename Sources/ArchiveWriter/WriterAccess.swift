package import ArchiveCrypto
import ArchiveFormat
package import ArchiveReader

/// A writer credential: appends, cannot read (Spec, cryptography.md, section 4).
package struct WriterCredential: Sendable {
    package let keys: AppendKeys
    package let signing: SigningKey
    package let certificate: [UInt8]

    package init(keys: AppendKeys, signing: SigningKey, certificate: [UInt8]) {
        self.keys = keys
        self.signing = signing
        self.certificate = certificate
    }

    /// Reads the text of a credential file.
    package init(text: UnsafeRawBufferPointer) throws(ArchiveError) {
        do throws(CryptoError) {
            let secret = try KeyText.credential.decode(text)
            self = try secret.withUnsafeBytes { (bytes) throws(CryptoError) in try WriterCredential(parsing: bytes) }
        } catch {
            throw ArchiveError(error, "writer credential")
        }
    }

    private init(parsing bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        do throws(FormatError) {
            var reader = CBORReader(bytes)
            var map = try reader.map()
            var contentKey: Bytes32?
            var psk: SecretBytes?
            var idKey: SecretBytes?
            var seed: SecretBytes?
            var certificate: [UInt8]?
            while let key = try map.next(&reader) {
                switch key {
                case 0: contentKey = try reader.bytes32()
                case 1: psk = SecretBytes(copying: try reader.data(exactly: 32))
                case 2: idKey = SecretBytes(copying: try reader.data(exactly: 32))
                case 3: seed = SecretBytes(copying: try reader.data(exactly: 32))
                case 4: certificate = Array(try reader.data(65...1024))
                default: try map.unknown(key, &reader)
                }
            }
            try reader.finish()
            keys = AppendKeys(
                contentKey: try map.require(contentKey),
                psk: try map.require(psk),
                contentIDKey: try map.require(idKey)
            )
            signing = SigningKey(seed: try map.require(seed))
            self.certificate = try map.require(certificate)
        } catch {
            throw .badCredential
        }
    }

    /// The text of the credential file; whoever has it can write to the archive.
    package var text: SecretBytes {
        var writer = CBORWriter(reserving: 512)
        writer.map(5)
        writer.key(0)
        writer.data(keys.contentKey)
        writer.key(1)
        keys.psk.withUnsafeBytes { writer.data($0) }
        writer.key(2)
        keys.contentIDKey.withUnsafeBytes { writer.data($0) }
        writer.key(3)
        signing.seed.withUnsafeBytes { writer.data($0) }
        writer.key(4)
        writer.data(certificate)
        var bytes = writer.bytes
        let secret = SecretBytes(wiping: &bytes)
        return KeyText.credential.encode(secret)
    }
}

/// With what a session writes.
package enum WriterAccess: Sendable {
    /// All rights.
    case root(RootKeys)
    /// A writer credential.
    case credential(WriterCredential)

    var keys: AppendKeys {
        switch self {
        case .root(let root): root.read.append
        case .credential(let credential): credential.keys
        }
    }

    var signing: SigningKey {
        switch self {
        case .root(let root): root.writer
        case .credential(let credential): credential.signing
        }
    }

    /// The certificate of the writer.
    ///
    /// The root's own is made when it is needed: signatures are deterministic.
    func certificate(created: UInt64) -> [UInt8] {
        switch self {
        case .root(let root):
            let certificate = Certificate(
                writerKey: root.writer.publicKey,
                rootSigningKey: root.signing.publicKey,
                contentKey: root.read.contentKey,
                capabilities: .all,
                created: created
            )
            return Signed.sign(certificate.encoded, .certificate, archiveID: root.archiveID, by: root.signing)
        case .credential(let credential):
            return credential.certificate
        }
    }

    /// A credential must fit the archive: a wrong one would write mail that nobody can read.
    func check(_ header: ArchiveHeader, place: String) throws(ArchiveError) {
        do throws(CryptoError) {
            try keys.check(contentKey: header.contentKey, credentialCommitment: header.credentialCommitment)
        } catch {
            throw ArchiveError(error, place)
        }
    }
}
