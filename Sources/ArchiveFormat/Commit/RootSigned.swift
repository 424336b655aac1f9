/// What certificates and revocations have in common: one CBOR map, and the root's signature of 64 bytes behind it.
///
/// The signature is the caller's to check.
enum RootSigned {
    static let signatureByteCount = 64

    /// Reads what stands before the signature; whatever is wrong is `certificate` (E402).
    static func parse<Statement>(
        _ bytes: [UInt8],
        _ parse: (UnsafeRawBufferPointer) throws(FormatError) -> Statement
    ) throws(FormatError) -> Statement {
        try bytes.withUnsafeBufferPointer { (buffer) throws(FormatError) -> Statement in
            let raw = UnsafeRawBufferPointer(buffer)
            guard raw.count > signatureByteCount else { throw FormatError(.certificate) }
            do throws(FormatError) {
                return try parse(raw.slice(0, raw.count - signatureByteCount))
            } catch {
                throw FormatError(.certificate, at: error.offset)
            }
        }
    }

    /// Reads a map that is all there is; `field` reads the value of a key that it knows, else it returns `false`.
    static func fields(
        of bytes: UnsafeRawBufferPointer,
        _ field: (Int, inout CBORReader) throws(FormatError) -> Bool
    ) throws(FormatError) -> CBORMap {
        var reader = CBORReader(bytes)
        var map = try reader.map()
        while let key = try map.next(&reader) {
            if try !field(key, &reader) { try map.unknown(key, &reader) }
        }
        try reader.finish()
        return map
    }
}
