extension StorageError.Cause {
    /// The cause in words, without place.
    package var text: String {
        switch self {
        case .notFound: "it does not exist"
        case .exists: "it exists already"
        case .readOnly: "the medium is read-only"
        case .permissionDenied: "permission denied"
        case .noSpace(let free, let wanted): Self.fullText(free: free, wanted: wanted)
        case .io(let number): "the medium reports an error (\(systemText(number)))"
        case .locked(let holder): "it is in use by \(holder.map(\.text) ?? "another process")"
        case .notADirectory: "it is not a directory"
        case .isADirectory: "it is a directory"
        case .directoryNotEmpty: "the directory is not empty"
        case .symlink: "it is a symbolic link, and links are not followed"
        case .specialFile: "it is a device, socket or pipe, not a file"
        case .invalidName: "the name is not valid"
        case .fileTooLarge: "the file would become too large for this file system"
        case .tooManyOpenFiles: "too many files are open"
        case .tooManyEntries(let limit): "the directory holds more than \(limit) names"
        case .tooDeep(let limit): "directories are nested deeper than \(limit)"
        case .lengthDiffers(let expected, let found): "it holds \(found) bytes where \(expected) were expected"
        case .outOfBounds: "bytes that are not this writer's own were to be changed"
        case .closed: "it was closed already"
        case .other(let number): systemText(number)
        }
    }

    private static func fullText(free: UInt64?, wanted: UInt64?) -> String {
        switch (free, wanted) {
        case (let free?, let wanted?) where wanted > free:
            "the medium is full: \(wanted) bytes to write, \(free) free, \(wanted - free) missing"
        case (let free?, let wanted?): "the medium is full: \(wanted) bytes to write, \(free) reported free"
        case (let free?, nil): "the medium is full: \(free) bytes free"
        case (nil, let wanted?): "the medium is full: \(wanted) bytes to write"
        case (nil, nil): "the medium is full"
        }
    }
}

extension StorageError.LockHolder {
    /// The holder in words.
    package var text: String { program.isEmpty ? "process \(process)" : "process \(process) (\(program))" }
}

extension StorageError {
    /// What the person can do about it; nil when there is nothing to say beyond the message.
    package var hint: String? {
        switch cause {
        case .notFound: "check the path, and that the drive is connected"
        case .exists: "choose another name, or move what is there out of the way"
        case .readOnly: "reading works; to write, mount the medium writable or use another"
        case .permissionDenied: "check who owns it and its permissions"
        case .noSpace: "free space on the medium and run again; what was committed stays"
        case .io: "check cable and drive, copy the archive to another drive, then verify it"
        case .locked: "wait until the other process ends, then run again"
        case .symlink: "put the file itself there instead of a link"
        case .lengthDiffers: "run again; if it happens again, verify the archive"
        case .tooManyOpenFiles: "raise the limit of open files (ulimit -n)"
        case .fileTooLarge: "use a file system that takes larger files"
        case .tooManyEntries, .tooDeep: "split the folder"
        case .notADirectory, .isADirectory, .directoryNotEmpty, .specialFile, .invalidName, .outOfBounds, .closed,
            .other:
            nil
        }
    }
}
