/// Bytes that do not follow the Spec: the code, and where in the bytes that were parsed.
public struct FormatError: Error, Equatable, Sendable {
    /// The code of the Spec.
    public var code: ArchiveCode

    /// Offset in bytes from the start of what was parsed.
    public var offset: Int

    /// Makes an error at an offset.
    public init(_ code: ArchiveCode, at offset: Int = 0) {
        self.code = code
        self.offset = offset
    }
}
