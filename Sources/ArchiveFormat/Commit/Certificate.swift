/// What a writer may do (cryptography.md, section 4; format.md, section 7.2).
public struct Capabilities: OptionSet, Sendable {
    /// The bits as they stand in the certificate.
    public var rawValue: UInt64

    /// Takes the bits of a certificate.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Add data.
    public static let append = Capabilities(rawValue: 1)
    /// Write tombstones, holds and notes.
    public static let state = Capabilities(rawValue: 2)
    /// Remove segments and checkpoints.
    public static let compact = Capabilities(rawValue: 4)
    /// Add and remove derived files.
    public static let derived = Capabilities(rawValue: 8)
    /// Everything.
    public static let all: Capabilities = [.append, .state, .compact, .derived]
}

/// A writer's certificate (schema `certificate`).
///
/// The signature behind it is the caller's to check.
public struct Certificate: Equatable, Sendable {
    /// The writer's public key (Ed25519).
    public var writerKey: Bytes32
    /// The root signing public key.
    public var rootSigningKey: Bytes32
    /// The content public key.
    public var contentKey: Bytes32
    /// What the writer may do.
    public var capabilities: Capabilities
    /// When it was made: seconds since 1970, a multiple of 60.
    public var created: UInt64
    /// The sealed label, 104 bytes; empty if there is none.
    public var sealedLabel: [UInt8] = []

    package init(
        writerKey: Bytes32,
        rootSigningKey: Bytes32,
        contentKey: Bytes32,
        capabilities: Capabilities,
        created: UInt64
    ) {
        self.writerKey = writerKey
        self.rootSigningKey = rootSigningKey
        self.contentKey = contentKey
        self.capabilities = capabilities
        self.created = created
    }

    /// Reads certificate ‖ signature; whatever is wrong is `certificate` (E402).
    package init(parsingSigned bytes: [UInt8]) throws(FormatError) {
        self = try RootSigned.parse(bytes) { (body) throws(FormatError) in try Certificate(parsing: body) }
    }

    private init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var writerKey: Bytes32?
        var rootKey: Bytes32?
        var contentKey: Bytes32?
        var capabilities: UInt64?
        var created: UInt64?
        var label: [UInt8] = []
        let map = try RootSigned.fields(of: bytes) { (key, reader) throws(FormatError) in
            switch key {
            case 0: writerKey = try reader.bytes32()
            case 1: rootKey = try reader.bytes32()
            case 2: contentKey = try reader.bytes32()
            case 3: capabilities = try reader.unsigned()
            case 4: created = try reader.minute()
            case -1: label = Array(try reader.data(exactly: 104))
            default: return false
            }
            return true
        }
        self.writerKey = try map.require(writerKey)
        rootSigningKey = try map.require(rootKey)
        self.contentKey = try map.require(contentKey)
        self.capabilities = Capabilities(rawValue: try map.require(capabilities))
        self.created = try map.require(created)
        sealedLabel = label
    }

    /// The CBOR, without a signature.
    package var encoded: [UInt8] {
        var writer = CBORWriter()
        writer.map(sealedLabel.isEmpty ? 5 : 6)
        writer.key(0)
        writer.data(writerKey)
        writer.key(1)
        writer.data(rootSigningKey)
        writer.key(2)
        writer.data(contentKey)
        writer.key(3)
        writer.unsigned(capabilities.rawValue)
        writer.key(4)
        writer.unsigned(created)
        if !sealedLabel.isEmpty {
            writer.key(-1)
            writer.data(sealedLabel)
        }
        return writer.bytes
    }
}
