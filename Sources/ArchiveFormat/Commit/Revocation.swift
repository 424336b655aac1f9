/// The end of a writer's rights (schema `revocation`).
public struct Revocation: Equatable, Sendable {
    /// The writer's public key.
    public var writerKey: Bytes32
    /// The root signing public key.
    public var rootSigningKey: Bytes32
    /// When: seconds since 1970, a multiple of 60.
    public var time: UInt64

    package init(writerKey: Bytes32, rootSigningKey: Bytes32, time: UInt64) {
        self.writerKey = writerKey
        self.rootSigningKey = rootSigningKey
        self.time = time
    }

    /// Reads revocation ‖ signature; whatever is wrong is `certificate` (E402).
    package init(parsingSigned bytes: [UInt8]) throws(FormatError) {
        self = try RootSigned.parse(bytes) { (body) throws(FormatError) in try Revocation(parsing: body) }
    }

    private init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var writerKey: Bytes32?
        var rootKey: Bytes32?
        var time: UInt64?
        let map = try RootSigned.fields(of: bytes) { (key, reader) throws(FormatError) in
            switch key {
            case 0: writerKey = try reader.bytes32()
            case 1: rootKey = try reader.bytes32()
            case 2: time = try reader.minute()
            default: return false
            }
            return true
        }
        self.writerKey = try map.require(writerKey)
        rootSigningKey = try map.require(rootKey)
        self.time = try map.require(time)
    }

    /// The CBOR, without a signature.
    package var encoded: [UInt8] {
        var writer = CBORWriter()
        writer.map(3)
        writer.key(0)
        writer.data(writerKey)
        writer.key(1)
        writer.data(rootSigningKey)
        writer.key(2)
        writer.unsigned(time)
        return writer.bytes
    }
}
