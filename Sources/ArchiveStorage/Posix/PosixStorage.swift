internal import CPlatform
internal import Synchronization

/// An archive's directory on a file system.
///
/// Every path is walked from the directory's descriptor, component by component, without following links: nothing on a
/// hostile medium can lead outside, and the archive stays reachable when its directory is renamed.
package final class PosixStorage: Storage {
    let root: Descriptor
    private let location: Mutex<String>

    /// Opens an existing directory; a link that the person named is followed.
    package init(opening path: String) throws(StorageError) {
        let result = path.utf8.contains(0) ? -1 : pa_open_named_directory(path)
        guard let descriptor = Descriptor(result) else {
            throw StorageError(
                .openArchive,
                path,
                path.utf8.contains(0) ? .invalidName : .init(systemError: -result)
            )
        }
        root = descriptor
        location = Mutex(path)
    }

    /// Creates a directory, makes its name durable, and opens it; `exists` when anything of that name is there.
    package convenience init(creating path: String) throws(StorageError) {
        let (parent, name) = Self.split(path)
        guard let name, !path.utf8.contains(0) else { throw StorageError(.createDirectory, path, .invalidName) }
        let above = try PosixStorage(opening: parent)
        let result = pa_make_directory(above.root.number, name)
        guard result >= 0 else {
            throw StorageError(.createDirectory, path, systemError: -result).withFreeSpace(
                above.root.number,
                wanted: nil
            )
        }
        try above.syncDirectory(.root)
        try self.init(opening: path)
    }

    package var displayName: String { location.withLock { $0 } }

    package func openForReading(
        _ path: ArchivePath,
        expecting access: AccessPattern
    ) throws(StorageError) -> any ReadableFile {
        let file = try openFile(path, PA_OPEN_READ, .openForReading)
        switch access {
        case .unspecified: break
        case .sequential: pa_advise(file.descriptor.number, Int32(PA_ADVICE_SEQUENTIAL.rawValue))
        case .random: pa_advise(file.descriptor.number, Int32(PA_ADVICE_RANDOM.rawValue))
        }
        return PosixReadableFile(file.descriptor, displayName: place(path), byteCount: file.byteCount)
    }

    package func createFile(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        let file = try openFile(path, PA_OPEN_CREATE, .create)
        return PosixWritableFile(file.descriptor, displayName: place(path), byteCount: 0)
    }

    package func openForAppending(
        _ path: ArchivePath,
        at byteCount: UInt64,
        excess: ExcessBytes
    ) throws(StorageError) -> any WritableFile {
        let file = try openFile(path, PA_OPEN_UPDATE, .openForWriting)
        if file.byteCount != byteCount {
            guard file.byteCount > byteCount, excess == .discarded else {
                throw StorageError(
                    .openForWriting,
                    place(path),
                    .lengthDiffers(expected: byteCount, found: file.byteCount)
                )
            }
            let result = pa_truncate(file.descriptor.number, byteCount)
            guard result >= 0 else { throw StorageError(.truncate, place(path), systemError: -result) }
        }
        return PosixWritableFile(file.descriptor, displayName: place(path), byteCount: byteCount)
    }

    package func openForOverwriting(_ path: ArchivePath) throws(StorageError) -> any WritableFile {
        let file = try openFile(path, PA_OPEN_UPDATE, .openForWriting)
        return PosixWritableFile(file.descriptor, displayName: place(path), byteCount: file.byteCount)
    }

    package func status(of path: ArchivePath) throws(StorageError) -> FileStatus? {
        guard !path.isRoot else { return FileStatus(kind: .directory, byteCount: 0) }
        do {
            return try withParent(of: path, .status) { (directory, name) throws(StorageError) in
                var found = pa_status()
                let result = pa_status_at(directory, name, &found)
                guard result >= 0 else { throw StorageError(.status, place(path), systemError: -result) }
                return FileStatus(found)
            }
        } catch  where error.cause == .notFound {
            return nil
        }
    }

    package func createDirectory(_ path: ArchivePath) throws(StorageError) {
        guard !path.isRoot else { throw StorageError(.createDirectory, displayName, .exists) }
        try withParent(of: path, .createDirectory) { (directory, name) throws(StorageError) in
            try check(pa_make_directory(directory, name), .createDirectory, path)
        }
    }

    package func rename(_ path: ArchivePath, to newPath: ArchivePath, replacing: Bool) throws(StorageError) {
        guard !path.isRoot, !newPath.isRoot else { throw StorageError(.rename, place(path), .invalidName) }
        try withParent(of: path, .rename) { (directory, name) throws(StorageError) in
            try withParent(of: newPath, .rename) { (newDirectory, newName) throws(StorageError) in
                let result = pa_rename(directory, name, newDirectory, newName, replacing ? 1 : 0)
                let cause = StorageError.Cause(systemError: -result)
                try check(result, .rename, cause == .notFound ? path : newPath)
            }
        }
    }

    package func remove(_ path: ArchivePath) throws(StorageError) {
        guard !path.isRoot else { throw StorageError(.remove, displayName, .invalidName) }
        try withParent(of: path, .remove) { (directory, name) throws(StorageError) in
            var found = pa_status()
            try check(pa_status_at(directory, name, &found), .remove, path)
            try check(pa_remove(directory, name, found.kind == PA_KIND_DIRECTORY.rawValue ? 1 : 0), .remove, path)
        }
    }

    package func syncDirectory(_ path: ArchivePath) throws(StorageError) {
        try withDirectory(path, .syncDirectory) { (number) throws(StorageError) in
            try check(pa_sync_directory(number), .syncDirectory, path)
        }
    }

    package func freeByteCount() throws(StorageError) -> UInt64 {
        var byteCount: UInt64 = 0
        try check(pa_free_byte_count(root.number, &byteCount), .freeSpace, .root)
        return byteCount
    }

    package func isReadOnly() throws(StorageError) -> Bool { pa_is_read_only(root.number) == 1 }

    package func renameRoot(to name: String) throws(StorageError) {
        let old = displayName
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) else {
            throw StorageError(.rename, old, .invalidName)
        }
        let (parent, oldName) = Self.split(old)
        guard let oldName else { throw StorageError(.rename, old, .invalidName) }
        let above = try PosixStorage(opening: parent)
        // Only the directory that is open here may be renamed, not another that took its name meanwhile.
        var open = pa_status()
        var named = pa_status()
        try check(pa_status_of(root.number, &open), .rename, .root)
        try check(pa_status_at(above.root.number, oldName, &named), .rename, .root)
        guard open.inode == named.inode, open.device == named.device else {
            throw StorageError(.rename, old, named.kind == PA_KIND_SYMLINK.rawValue ? .symlink : .notFound)
        }
        let new = parent == "." && !old.hasPrefix(".") ? name : parent == "/" ? "/\(name)" : "\(parent)/\(name)"
        let result = pa_rename(above.root.number, oldName, above.root.number, name, 0)
        guard result >= 0 else { throw StorageError(.rename, new, systemError: -result) }
        location.withLock { $0 = new }
        try above.syncDirectory(.root)
    }

    /// Splits a path into its parent and its last component; no component for `/`, `.` and `..`, which have no name.
    static func split(_ path: String) -> (parent: String, name: String?) {
        var bytes = Substring(path)
        while bytes.utf8.count > 1, bytes.utf8.last == 0x2F { bytes.removeLast() }
        let slash = bytes.utf8.lastIndex(of: 0x2F)
        let name = slash.map { bytes[bytes.utf8.index(after: $0)...] } ?? bytes
        guard !name.isEmpty, name != ".", name != ".." else { return (String(bytes), nil) }
        guard let slash else { return (".", String(name)) }
        return (slash == bytes.startIndex ? "/" : String(bytes[..<slash]), String(name))
    }
}
