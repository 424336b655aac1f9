/// Why a file operation of an archive did not succeed: what was tried, where, the cause, and what a person can do.
package struct StorageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried.
    package enum Operation: String, Sendable {
        case openArchive = "open the directory"
        case openForReading = "open for reading"
        case openForWriting = "open for writing"
        case create = "create"
        case read = "read"
        case write = "write"
        case truncate = "shorten"
        case sync = "sync to the medium"
        case close = "close"
        case list = "list"
        case status = "look at"
        case createDirectory = "create the directory"
        case rename = "rename"
        case remove = "remove"
        case syncDirectory = "sync the directory to the medium"
        case freeSpace = "ask for the free space of"
        case lock = "lock"
    }

    /// What kept it from succeeding.
    package enum Cause: Equatable, Sendable {
        case notFound
        case exists
        case readOnly
        case permissionDenied
        /// The medium is full: bytes free (nil when not known) and bytes that were to be written (nil when not known).
        case noSpace(free: UInt64?, wanted: UInt64?)
        /// The medium or its connection failed, with the system's error number.
        case io(Int32)
        /// Somebody else holds the lock.
        case locked(by: LockHolder?)
        case notADirectory
        case isADirectory
        case directoryNotEmpty
        /// A symbolic link stands where a file or directory was expected; links are never followed.
        case symlink
        /// A device, socket or FIFO stands where a file was expected.
        case specialFile
        case invalidName
        case fileTooLarge
        case tooManyOpenFiles
        /// More than this many names are in the directory.
        case tooManyEntries(limit: Int)
        /// Directories are nested deeper than this.
        case tooDeep(limit: Int)
        /// The file is not as long as the caller knew it to be: somebody else wrote, or the file was cut.
        case lengthDiffers(expected: UInt64, found: UInt64)
        /// Bytes outside the file, or bytes that were there before this writer, were to be changed.
        case outOfBounds
        /// The handle was closed already.
        case closed
        /// Another cause, with the system's error number.
        case other(Int32)
    }

    /// The process that holds a lock, as far as the system tells.
    package struct LockHolder: Equatable, Sendable {
        /// The process id.
        package var process: Int32
        /// The program's name; empty when not known.
        package var program: String

        package init(process: Int32, program: String) {
            self.process = process
            self.program = program
        }
    }

    package var operation: Operation
    /// Where: the path as a person can find it.
    package var place: String
    package var cause: Cause

    package init(_ operation: Operation, _ place: String, _ cause: Cause) {
        self.operation = operation
        self.place = place
        self.cause = cause
    }

    /// The same error, which for a full medium says how much the caller wanted to write in all.
    package func wanting(_ byteCount: UInt64) -> StorageError {
        guard case .noSpace(let free, _) = cause else { return self }
        return StorageError(operation, place, .noSpace(free: free, wanted: byteCount))
    }

    /// One line: what was tried, where, and why it failed.
    package var message: String { "cannot \(operation.rawValue) \(place): \(cause.text)" }

    package var description: String { hint.map { "\(message) (\($0))" } ?? message }
}
