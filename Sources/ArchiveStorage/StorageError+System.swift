#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension StorageError {
    /// Makes an error of the system's error number.
    ///
    /// A full medium and a symbolic link need facts that the number lacks: see `PosixStorage`, which adds them.
    init(_ operation: Operation, _ place: String, systemError number: Int32) {
        self.init(operation, place, Cause(systemError: number))
    }
}

extension StorageError.Cause {
    /// The cause that the system's error number stands for.
    init(systemError number: Int32) {
        switch number {
        case ENOENT: self = .notFound
        case EEXIST: self = .exists
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .permissionDenied
        case ENOSPC, EDQUOT: self = .noSpace(free: nil, wanted: nil)
        case EIO, ENXIO, ENODEV, ETIMEDOUT, ESTALE: self = .io(number)
        case ENOTDIR: self = .notADirectory
        case EISDIR: self = .isADirectory
        case ENOTEMPTY: self = .directoryNotEmpty
        case ELOOP: self = .symlink
        case ENAMETOOLONG, EILSEQ: self = .invalidName
        case EFBIG: self = .fileTooLarge
        case EMFILE, ENFILE: self = .tooManyOpenFiles
        default: self = .other(number)
        }
    }

    /// The number that a failing medium gives, for storages that only act as if.
    package static var mediumError: Self { .io(EIO) }
}

/// The error number of a call that was interrupted by a signal and is to be made again.
let interruptedErrorNumber = EINTR

/// The error number of a lock that somebody else holds.
let lockedErrorNumber = EWOULDBLOCK

/// The system's words for an error number.
func systemText(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}
