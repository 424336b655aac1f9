public import ArchiveFormat
package import ArchiveCompression
package import ArchiveCrypto
package import ArchiveStorage

/// What went wrong, with the number of the Spec, the place, and what the user can do.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
    /// The code (Spec, errors.md).
    public var code: ArchiveCode
    /// File, offset, generation or id; empty if there is none.
    public var place: String
    /// What happened, beyond what the code says.
    public var detail: String
    /// The exact cause behind the code, if it has one.
    public var cause: ArchiveCode?
    /// What helps in this case, where it is more than the code's own hint.
    private var ownHint: String?

    /// What the user can do; empty where there is nothing but what the error says.
    public var hint: String { ownHint ?? code.hint }

    /// Makes an error.
    public init(_ code: ArchiveCode, _ place: String = "", _ detail: String = "") {
        self.code = code
        self.place = place
        self.detail = detail
    }

    package init(_ error: FormatError, _ place: String) {
        self.init(error.code, place, "at offset \(error.offset)")
    }

    package init(_ error: CryptoError, _ place: String) {
        self.init(error.code, place)
    }

    package init(_ error: CompressionError, _ place: String) {
        self.init(error.code, place)
    }

    package init(_ error: StorageError) {
        let code: ArchiveCode
        switch error.cause {
        case .readOnly: code = .readOnly
        case .noSpace: code = .noSpace
        case .locked: code = .locked
        case .exists: code = .exists
        default: code = .inputOutput
        }
        self.init(code, error.place, error.message)
        ownHint = error.hint
    }

    /// The error in one line: code, meaning, place, detail.
    public var description: String {
        var text = "\(code.text) \(code.meaning)"
        if !place.isEmpty { text += ": \(place)" }
        if !detail.isEmpty { text += " (\(detail))" }
        return text
    }
}

/// One thing that a check found.
public struct Finding: Sendable, Equatable {
    /// The code (Spec, errors.md).
    public var code: ArchiveCode
    /// File, offset, generation or id.
    public var place: String
    /// The exact cause behind the code, if it has one.
    public var cause: ArchiveCode?
    /// More words.
    public var detail: String

    package init(_ code: ArchiveCode, _ place: String, cause: ArchiveCode? = nil, _ detail: String = "") {
        self.code = code
        self.place = place
        self.cause = cause
        self.detail = detail
    }
}

/// Runs storage calls and turns their errors into `ArchiveError`.
package func storing<Value>(_ body: () throws(StorageError) -> Value) throws(ArchiveError) -> Value {
    do throws(StorageError) {
        return try body()
    } catch {
        throw ArchiveError(error)
    }
}
