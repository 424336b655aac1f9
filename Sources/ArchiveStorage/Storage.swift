/// The few file operations an archive needs, rooted at the archive's directory.
///
/// Nothing is durable by itself: bytes and length of a file become so by `WritableFile.sync`, a name that was created,
/// renamed or removed by `syncDirectory` of the directory that holds it. Symbolic links are never followed, not even as
/// a directory in the middle of a path. All calls block, and may be made from several threads at once.
package protocol Storage: AnyObject, Sendable {
    /// What a person knows the archive's directory as.
    var displayName: String { get }

    /// Opens a file for reading.
    func openForReading(_ path: ArchivePath, expecting access: AccessPattern) throws(StorageError) -> any ReadableFile

    /// Creates an empty file and opens it for writing; `exists` when anything of that name is there.
    func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile

    /// Opens an existing file in order to append at its end, which the caller knows to be at `byteCount`.
    ///
    /// A shorter file is `lengthDiffers`, and so is a longer one unless `excess` says to cut it off: an archive's writer
    /// never deletes bytes that it did not itself just write; sync does so with debris in its destination.
    func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile

    /// Opens an existing file in order to overwrite bytes in place.
    func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile

    /// What is in a directory, sorted by name bytewise; `tooManyEntries` when there are more names than `limit`.
    func list(_ directory: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry]

    /// What stands at a path; nil when nothing does.
    func status(of path: ArchivePath) throws(StorageError) -> FileStatus?

    /// Creates one directory; its parent must exist.
    func createDirectory(_ path: ArchivePath) throws(StorageError)

    /// Renames in one step; without `replacing`, `exists` when the new name is taken.
    func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError)

    /// Removes a file (or link), or a directory that is empty.
    func remove(_ path: ArchivePath) throws(StorageError)

    /// Makes the names in a directory durable. Goes on where the file system has no such operation.
    func syncDirectory(_ path: ArchivePath) throws(StorageError)

    /// Bytes that can still be written.
    func freeByteCount() throws(StorageError) -> UInt64

    /// Whether the medium refuses all writing.
    func isReadOnly() throws(StorageError) -> Bool

    /// Takes the exclusive lock on an existing file or directory, without waiting; `locked` when somebody has it.
    ///
    /// Released by `release`, or when the returned value or the process ends. Two locks of one process exclude each
    /// other too. Nothing is written.
    func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock

    /// Renames the archive's directory itself inside its parent and makes that durable; never replaces.
    ///
    /// - Parameter name: A name without `/`, such as `mail.parchive`.
    func renameRoot(to name: String) throws(StorageError)
}

/// How a file is about to be read, so that the system can read ahead or leave it.
package enum AccessPattern: Sendable {
    case unspecified, sequential, random
}

/// What happens to bytes beyond the length at which appending begins.
package enum ExcessBytes: Sendable {
    /// They are an error.
    case refused
    /// They are cut off when the file is opened.
    case discarded
}

/// What a name stands for.
package enum FileKind: Sendable {
    case file, directory, symlink, special
}

/// What is known of a file without opening it.
package struct FileStatus: Equatable, Sendable {
    package var kind: FileKind
    /// Length in bytes; 0 for all but files.
    package var byteCount: UInt64

    package init(kind: FileKind, byteCount: UInt64) {
        self.kind = kind
        self.byteCount = byteCount
    }
}

/// One name in a directory.
package struct DirectoryEntry: Equatable, Sendable {
    /// The name's bytes as they are stored: any bytes but 0 and `/`.
    package var nameBytes: [UInt8]
    package var status: FileStatus

    package init(nameBytes: [UInt8], status: FileStatus) {
        self.nameBytes = nameBytes
        self.status = status
    }

    /// The name for people: invalid UTF-8 is replaced.
    package var name: String { String(decoding: nameBytes, as: UTF8.self) }

    /// The path of this entry in its directory; nil when an archive cannot have such a name.
    package func path(in directory: ArchivePath) -> ArchivePath? {
        guard nameBytes.allSatisfy(ArchivePath.isAllowed) else { return nil }
        return directory.appending(name)
    }
}

/// A held lock, which ends with `release` or with the last reference.
package protocol StorageLock: AnyObject, Sendable {
    /// Gives the lock back; later calls do nothing.
    func release()
}
