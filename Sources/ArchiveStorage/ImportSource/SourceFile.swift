internal import CPlatform

/// A file outside the archive that is being imported: read only, at any offset, and watched for changes.
///
/// Names are bytes: nothing is assumed of their encoding. Opening costs one `open` and one `fstat`.
package final class SourceFile: DescriptorBytes {
    /// What tells whether a file is still the same, and what was remembered of it.
    package struct Identity: Equatable, Sendable {
        /// Length in bytes.
        package var byteCount: UInt64
        /// Time of the last change: seconds since 1970, and nanoseconds below.
        package var modifiedSeconds: Int64
        package var modifiedNanoseconds: Int32
        package var inode: UInt64
        package var device: UInt64
    }

    /// The path's bytes as they were given, without a zero at the end.
    package let path: [UInt8]
    /// What the file was when it was opened.
    package let identity: Identity
    /// When it was last written, renamed or given a time, in seconds since 1970; nobody can set that.
    package let statusSeconds: Int64
    private let descriptor: Descriptor
    /// The directory that `lookupName` is relative to; nil: the working directory.
    private let directory: SourceDirectory?
    private let lookupNameByteCount: Int
    private let followsLinks: Bool

    /// Opens a plain file by its path.
    ///
    /// - Parameters:
    ///   - path: Any bytes but 0.
    ///   - followsLinks: Whether a symbolic link at the end is followed; else it is the error `symlink`.
    /// - Throws: Besides what the system refuses: `isADirectory`, `specialFile` (a FIFO is not waited for).
    package convenience init(path: [UInt8], followsLinks: Bool = true) throws(StorageError) {
        try self.init(path, in: nil, nameByteCount: path.count, followsLinks: followsLinks)
    }

    /// Opens a plain file by its path as text.
    package convenience init(path: String, followsLinks: Bool = true) throws(StorageError) {
        try self.init(path: Array(path.utf8), followsLinks: followsLinks)
    }

    /// Opens the file whose name is the last bytes of a path, in an open directory.
    init(
        _ path: [UInt8],
        in directory: SourceDirectory?,
        nameByteCount: Int,
        followsLinks: Bool
    ) throws(StorageError) {
        let number = directory?.number ?? -1
        let opened = withCName(path, nameByteCount) { pa_open_named_file(number, $0, followsLinks ? 1 : 0) }
        guard let descriptor = Descriptor(opened ?? -1) else {
            let cause = opened.map { StorageError.Cause(systemError: -$0) } ?? .invalidName
            throw StorageError(.openForReading, text(path), cause)
        }
        var found = pa_status()
        let result = pa_status_of(descriptor.number, &found)
        guard result >= 0 else { throw StorageError(.openForReading, text(path), systemError: -result) }
        switch FileKind(found.kind) {
        case .file: break
        case .directory: throw StorageError(.openForReading, text(path), .isADirectory)
        default: throw StorageError(.openForReading, text(path), .specialFile)
        }
        self.path = path
        identity = Identity(found)
        statusSeconds = found.status_seconds
        self.descriptor = descriptor
        self.directory = directory
        lookupNameByteCount = nameByteCount
        self.followsLinks = followsLinks
    }

    package var displayName: String { text(path) }

    package var byteCount: UInt64 { identity.byteCount }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        let outcome = Transfer.read(descriptor.number, at: offset, upTo: byteCount, into: buffer)
        guard outcome.errorNumber == 0 else {
            throw StorageError(.read, displayName, systemError: outcome.errorNumber)
        }
        return outcome.byteCount
    }

    package func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result { body(descriptor.number) }

    /// Asks the system to read ahead; worth it for files of megabytes.
    package func expectSequentialReading() { pa_advise(descriptor.number, Int32(PA_ADVICE_SEQUENTIAL.rawValue)) }

    /// Whether length or time of change are no longer those of the moment of opening.
    ///
    /// One `fstat`: it sees writing to this file, not that another took its name.
    package func changedSinceOpened() throws(StorageError) -> Bool {
        var found = pa_status()
        let result = pa_status_of(descriptor.number, &found)
        guard result >= 0 else { throw StorageError(.status, displayName, systemError: -result) }
        return Identity(found) != identity
    }

    /// Whether the file was changed, or its name now leads elsewhere or nowhere.
    package func changedOrReplacedSinceOpened() throws(StorageError) -> Bool {
        guard try !changedSinceOpened() else { return true }
        do {
            let again = try SourceFile(
                path,
                in: directory,
                nameByteCount: lookupNameByteCount,
                followsLinks: followsLinks
            )
            return again.identity != identity
        } catch {
            switch error.cause {
            case .notFound, .symlink, .isADirectory, .specialFile, .notADirectory: return true
            default: throw error
            }
        }
    }
}

extension SourceFile.Identity {
    init(_ found: pa_status) {
        self.init(
            byteCount: found.byte_count,
            modifiedSeconds: found.modified_seconds,
            modifiedNanoseconds: Int32(truncatingIfNeeded: found.modified_nanoseconds),
            inode: found.inode,
            device: found.device
        )
    }
}

/// A path's bytes for people: invalid UTF-8 is replaced.
func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

/// Runs the body with the last bytes of a path as a C string, without a lasting copy; nil when they hold a zero.
func withCName<Result>(
    _ path: [UInt8],
    _ byteCount: Int,
    _ body: (UnsafePointer<CChar>) -> Result
) -> Result? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: byteCount + 1) { buffer in
        guard let base = buffer.baseAddress else { return nil }
        var count = 0
        for byte in path.suffix(byteCount) {
            guard byte != 0 else { return nil }
            buffer[count] = CChar(bitPattern: byte)
            count += 1
        }
        guard count > 0 else { return nil }
        buffer[count] = 0
        return body(UnsafePointer(base))
    }
}
