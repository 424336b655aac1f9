/// Bytes that can be read at any offset, from several threads at once.
package protocol RandomAccessBytes: AnyObject, Sendable {
    /// What a person knows the bytes as.
    var displayName: String { get }

    /// The length in bytes when they were opened.
    var byteCount: UInt64 { get }

    /// Fills the buffer from `offset` on; fewer bytes only at the end, 0 beyond it.
    ///
    /// What is added to a file after it was opened is not read; a file that was cut meanwhile ends earlier.
    ///
    /// - Returns: The number of bytes read.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int
}

/// Bytes behind an open file, which another process can be given.
package protocol DescriptorBytes: RandomAccessBytes {
    /// Runs the body with the descriptor, which stays open meanwhile.
    func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result
}

/// A file opened for reading, closed with the last reference.
package protocol ReadableFile: RandomAccessBytes {
    /// Asks the system to forget what it has cached of this file, so that the next read comes from the medium.
    ///
    /// Only bytes that were synced are forgotten. A wish, not a promise.
    func dropCache()
}

/// A file opened for writing.
///
/// When a call fails, part of the bytes may have been written; `byteCount` tells. After a failed `sync` every later one
/// fails too, since the system may have forgotten the bytes it could not write.
package protocol WritableFile: AnyObject, Sendable {
    /// What a person knows the file as.
    var displayName: String { get }

    /// The present length in bytes.
    var byteCount: UInt64 { get }

    /// Writes all bytes at the end.
    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError)

    /// Overwrites bytes in place; `outOfBounds` when that would make the file longer.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError)

    /// Shortens the file, at most to the length it was opened with: `outOfBounds` beyond that, since only what this
    /// handle appended is its own.
    func truncate(to byteCount: UInt64) throws(StorageError)

    /// Makes bytes and length durable. The name is not: see `Storage.syncDirectory`.
    func sync() throws(StorageError)

    /// Closes the file without syncing; later calls do nothing. The last reference closes too, but cannot say an error.
    func close() throws(StorageError)
}

extension RandomAccessBytes {
    /// Reads up to `count` bytes into a new array; shorter only at the end.
    ///
    /// The caller has checked `count` against a limit: so many bytes are allocated.
    package func read(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        let found = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(StorageError) in
            try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
        bytes.removeLast(bytes.count - found)
        return bytes
    }

    /// Reads the whole; `lengthDiffers` (expected: the limit) when it is longer than the limit.
    package func readAll(limit: Int) throws(StorageError) -> [UInt8] {
        guard byteCount <= UInt64(max(0, limit)) else {
            throw StorageError(
                .read,
                displayName,
                .lengthDiffers(expected: UInt64(max(0, limit)), found: byteCount)
            )
        }
        return try read(at: 0, count: Int(byteCount))
    }
}

extension WritableFile {
    /// Writes all bytes at the end.
    package func append(_ bytes: [UInt8]) throws(StorageError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(StorageError) in
            try append(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Overwrites bytes in place.
    package func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(StorageError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }
}

extension Storage {
    /// The most names that `list` returns when no limit is given: fan-out keeps an archive's directories far below.
    package static var usualEntryLimit: Int { 100_000 }

    /// Opens a file for reading.
    package func openForReading(_ path: ArchivePath) throws(StorageError) -> any ReadableFile {
        try openForReading(path, expecting: .unspecified)
    }

    /// Opens a file to append at its end, which must be at `byteCount`.
    package func openForAppending(_ path: ArchivePath, at byteCount: UInt64) throws(StorageError) -> any WritableFile {
        try openForAppending(path, at: byteCount, excess: .refused)
    }

    /// What is in a directory.
    package func list(_ directory: ArchivePath) throws(StorageError) -> [DirectoryEntry] {
        try list(directory, limit: Self.usualEntryLimit)
    }

    /// Whether anything stands at a path.
    package func exists(_ path: ArchivePath) throws(StorageError) -> Bool { try status(of: path) != nil }

    /// Creates a directory and those above it where they are missing.
    ///
    /// - Returns: The directories that now hold a new name and have to be synced, the highest first.
    package func createDirectories(_ path: ArchivePath) throws(StorageError) -> [ArchivePath] {
        if let status = try status(of: path) {
            guard status.kind == .directory else { throw StorageError(.createDirectory, place(path), .notADirectory) }
            return []
        }
        let changed = try createDirectories(path.parent)
        try createDirectory(path)
        return changed + [path.parent]
    }

    /// Fails with `noSpace` and both numbers when fewer bytes are free than the caller wants to write.
    package func requireFree(_ byteCount: UInt64) throws(StorageError) {
        let free = try freeByteCount()
        guard free >= byteCount else {
            throw StorageError(.write, displayName, .noSpace(free: free, wanted: byteCount))
        }
    }

    /// The path as a person can find it.
    package func place(_ path: ArchivePath) -> String { path.isRoot ? displayName : "\(displayName)/\(path)" }
}
