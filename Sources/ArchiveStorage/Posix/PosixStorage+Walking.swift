internal import CPlatform

extension PosixStorage {
    /// Runs the body with the descriptor of the directory that holds `path`, and the last component.
    func withParent<Result>(
        of path: ArchivePath,
        _ operation: StorageError.Operation,
        _ body: (_ directory: Int32, _ name: String) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        let parent = path.parent
        return try withDirectory(parent, operation) { (number) throws(StorageError) in try body(number, path.name) }
    }

    /// Runs the body with the descriptor of a directory.
    func withDirectory<Result>(
        _ path: ArchivePath,
        _ operation: StorageError.Operation,
        _ body: (_ directory: Int32) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        var number = root.number
        defer { if number != root.number { _ = pa_close(number) } }
        for component in path.components {
            let name = String(component)
            let next = pa_open_directory(number, name)
            guard next >= 0 else {
                throw refused(-next, operation, path, in: number, name)
            }
            if number != root.number { _ = pa_close(number) }
            number = next
        }
        return try body(number)
    }

    /// Opens a plain file and looks at it.
    func openFile(
        _ path: ArchivePath,
        _ mode: pa_open_mode,
        _ operation: StorageError.Operation
    ) throws(StorageError) -> OpenedFile {
        guard !path.isRoot else { throw StorageError(operation, displayName, .isADirectory) }
        let result = try withParent(of: path, operation) { (directory, name) throws(StorageError) in
            let result = pa_open_file(directory, name, Int32(mode.rawValue))
            guard result >= 0 else { throw refused(-result, operation, path, in: directory, name) }
            return result
        }
        guard let descriptor = Descriptor(result) else { throw StorageError(operation, place(path), .notFound) }
        var status = pa_status()
        try check(pa_status_of(descriptor.number, &status), operation, path)
        switch pa_kind(UInt32(bitPattern: status.kind)) {
        case PA_KIND_FILE: return OpenedFile(descriptor: descriptor, byteCount: status.byte_count)
        case PA_KIND_DIRECTORY: throw StorageError(operation, place(path), .isADirectory)
        default: throw StorageError(operation, place(path), .specialFile)
        }
    }

    /// Throws for a negative result.
    func check(_ result: Int32, _ operation: StorageError.Operation, _ path: ArchivePath) throws(StorageError) {
        guard result < 0 else { return }
        throw StorageError(operation, place(path), systemError: -result).withFreeSpace(root.number, wanted: nil)
    }

    /// The error for a name that could not be opened; a look at it, since systems differ in what they say of links.
    private func refused(
        _ number: Int32,
        _ operation: StorageError.Operation,
        _ path: ArchivePath,
        in directory: Int32,
        _ name: String
    ) -> StorageError {
        var error = StorageError(operation, place(path), systemError: number).withFreeSpace(root.number, wanted: nil)
        var found = pa_status()
        guard error.cause != .exists, error.cause != .notFound, pa_status_at(directory, name, &found) >= 0 else {
            return error
        }
        switch FileStatus(found).kind {
        case .symlink: error.cause = .symlink
        case .special: error.cause = .specialFile
        case .file, .directory: break
        }
        return error
    }

    package func list(_ path: ArchivePath, limit: Int) throws(StorageError) -> [DirectoryEntry] {
        try withDirectory(path, .list) { (directory) throws(StorageError) in
            var entries: [DirectoryEntry] = []
            let failure = eachName(in: directory) { name, byteCount, _ in
                guard entries.count < limit else { return .tooManyEntries(limit: limit) }
                var found = pa_status()
                let result = pa_status_at(directory, name, &found)
                // Removed between the two calls: then it is not there.
                guard result >= 0 else { return StorageError.Cause(systemError: -result).unless(.notFound) }
                let bytes = UnsafeRawBufferPointer(start: name, count: byteCount)
                entries.append(DirectoryEntry(nameBytes: Array(bytes), status: FileStatus(found)))
                return nil
            }
            if let failure { throw StorageError(.list, place(path), failure) }
            entries.sort { $0.nameBytes.lexicographicallyPrecedes($1.nameBytes) }
            return entries
        }
    }

    package func lock(_ path: ArchivePath) throws(StorageError) -> any StorageLock {
        let result = try withParent(of: path, .lock) { (directory, name) throws(StorageError) in
            // Some network file systems lock only what is open for writing; a read-only medium opens only for reading.
            var result = path.isRoot ? pa_open_directory(directory, ".") : pa_open_file(directory, name, update)
            if result < 0, !path.isRoot { result = pa_open_file(directory, name, Int32(PA_OPEN_READ.rawValue)) }
            guard result >= 0 else { throw refused(-result, .lock, path, in: directory, name) }
            return result
        }
        guard let descriptor = Descriptor(result) else { throw StorageError(.lock, place(path), .notFound) }
        let locked = pa_lock(descriptor.number)
        guard locked >= 0 else {
            let cause: StorageError.Cause =
                -locked == lockedErrorNumber
                ? .locked(by: holder(of: descriptor.number)) : .init(systemError: -locked)
            throw StorageError(.lock, place(path), cause)
        }
        return PosixLock(descriptor)
    }

    private var update: Int32 { Int32(PA_OPEN_UPDATE.rawValue) }

    private func holder(of number: Int32) -> StorageError.LockHolder? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { name in
            guard let base = name.baseAddress else { return nil }
            let process = pa_lock_holder(number, base, name.count)
            return process > 0 ? .init(process: process, program: String(cString: base)) : nil
        }
    }
}

/// A descriptor of a plain file and the length it had when opened.
struct OpenedFile: ~Copyable {
    let descriptor: Descriptor
    let byteCount: UInt64
}

/// Calls the body for each name in a directory until it returns a cause; returns what ended it early.
func eachName(
    in directory: Int32,
    _ body: (UnsafePointer<CChar>, Int, FileKind?) -> StorageError.Cause?
) -> StorageError.Cause? {
    var number: Int32 = 0
    guard let names = pa_names_open(directory, &number) else { return .init(systemError: number) }
    defer { pa_names_close(names) }
    var name: UnsafePointer<CChar>?
    var byteCount = 0
    var kind: Int32 = 0
    while true {
        let result = pa_names_next(names, &name, &byteCount, &kind)
        if result < 0 { return .init(systemError: -result) }
        guard result > 0, let name else { return nil }
        if let cause = body(name, byteCount, FileKind(kind)) { return cause }
    }
}

extension StorageError.Cause {
    fileprivate func unless(_ other: Self) -> Self? { self == other ? nil : self }
}

extension FileKind {
    /// Nil when the system did not tell.
    init?(_ kind: Int32) {
        switch pa_kind(UInt32(bitPattern: kind)) {
        case PA_KIND_FILE: self = .file
        case PA_KIND_DIRECTORY: self = .directory
        case PA_KIND_SYMLINK: self = .symlink
        case PA_KIND_SPECIAL: self = .special
        default: return nil
        }
    }
}

extension FileStatus {
    init(_ found: pa_status) {
        let kind = FileKind(found.kind) ?? .special
        self.init(kind: kind, byteCount: kind == .file ? found.byte_count : 0)
    }
}
