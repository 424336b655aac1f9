import ArchiveFormat

/// CBOR as any item, and by each rule of the schema but that of manifests, which has its own target.
enum CBORTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let isAny = isItem(input)
        check(input, isAny, { try Commit(parsing: $0) }, encoded: \.encoded)
        check(input, isAny, { try Run(parsing: $0) }, encoded: \.encoded)
        check(input, isAny, { try Recipe(parsing: $0) }, encoded: \.encoded)
        check(input, isAny, { try ArchiveHeader(parsing: $0) }, encoded: \.encoded)
        check(input, isAny, { try PointerList.parse(cbor: $0) }, encoded: { PointerList.encode(cbor: $0) })
        checkpoint(input)
        signed(input)
        _ = try? Recipe.split(input)
        require(isUTF8(input) == (String(validating: input, as: UTF8.self) != nil), "UTF-8 is what Swift says it is")
    }

    /// Whether the input is one item of the CBOR that the format allows.
    static func isItem(_ input: UnsafeRawBufferPointer) -> Bool {
        var reader = CBORReader(input)
        return (try? reader.skip(depth: Limits.depth)) != nil && (try? reader.finish()) != nil
    }

    /// What the schema accepts is CBOR, and what is written of it reads as the same.
    ///
    /// The bytes may differ: a negative key that nobody knows is read over and not written, and so is a stated default.
    static func check<Value: Equatable>(
        _ input: UnsafeRawBufferPointer,
        _ isAny: Bool,
        _ parse: (UnsafeRawBufferPointer) throws -> Value,
        encoded encode: (Value) -> [UInt8]
    ) {
        guard let value = try? parse(input) else { return }
        require(isAny, "what a schema accepts is CBOR")
        let written = encode(value)
        let again = written.withUnsafeBytes { try? parse($0) }
        require(again == value, "what is written reads as what was read")
        require(written.count <= input.count, "writing adds nothing")
        require(written.count < input.count || written.elementsEqual(input), "there is one encoding")
    }

    private static func checkpoint(_ input: UnsafeRawBufferPointer) {
        var file = [UInt8](input)
        if !input.hasPrefix(Checkpoint.magic) {
            file = (0..<8).map { Checkpoint.magic.utf8Start[$0] } + file
        }
        file.withUnsafeBytes { raw in
            let item = isItem(raw.slice(8, raw.count - 8))
            check(raw, item, { try Checkpoint(parsing: $0) }, encoded: \.encoded)
        }
    }

    private static func signed(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input) + [UInt8](repeating: 0, count: 64)
        if let certificate = try? Certificate(parsingSigned: bytes) {
            let again = try? Certificate(parsingSigned: certificate.encoded + [UInt8](repeating: 1, count: 64))
            require(again == certificate, "a certificate that is written reads as what was read")
        }
        if let revocation = try? Revocation(parsingSigned: bytes) {
            let again = try? Revocation(parsingSigned: revocation.encoded + [UInt8](repeating: 1, count: 64))
            require(again == revocation, "a revocation that is written reads as what was read")
        }
    }
}
