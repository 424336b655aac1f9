import ArchiveCrypto
import ArchiveFormat
import ArchiveReader

/// Exit status of the tool (Spec, errors.md).
enum ExitStatus: Int32, Error {
    case clean = 0
    case warnings = 1
    case damage = 2
    case couldNotRun = 3
    case rejects = 4
    case interrupted = 130
}

/// Why a command ends, with what the user can do.
struct CommandFailure: Error {
    var code: ArchiveCode?
    var message: String
    var hint: String
    /// Path, offset, generation or id; empty if there is none.
    var place = ""
    var status: ExitStatus

    init(_ message: String, hint: String = "", code: ArchiveCode? = nil, status: ExitStatus = .couldNotRun) {
        self.code = code
        self.message = code.map { "\($0.text) \(message)" } ?? message
        self.hint = hint
        self.status = status
    }

    init(_ error: ArchiveError) {
        code = error.code
        message = error.description
        hint = error.hint
        place = error.place
        // E0..: the operation could not run; E1.. to E6..: damage.
        status = error.code.rawValue < 100 ? .couldNotRun : .damage
    }

    init(_ error: CryptoError, _ place: String) { self.init(ArchiveError(error.code, place)) }

    func json(_ command: String) -> JSONValue {
        let error: JSONValue = .object([
            ("code", .optional(code?.text)), ("name", .optional(code?.name)), ("place", .string(place)),
            ("message", .string(message)), ("hint", .string(hint)), ("exitStatus", .number(Int64(status.rawValue))),
        ])
        return .object(Document.head(command) + [("error", error)])
    }
}
