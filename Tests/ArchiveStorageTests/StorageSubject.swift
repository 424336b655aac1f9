import ArchiveStorage
import Glibc
import Testing

/// A kind of storage that the conformance suite is run on.
enum StorageSubject: String, CaseIterable, CustomTestStringConvertible {
    case posix, memory, recording, faulting

    var testDescription: String { rawValue }

    /// Runs the body on an empty storage of this kind, and takes it away afterwards.
    func run(_ body: (any Storage) throws -> Void) throws {
        switch self {
        case .posix: try withTemporaryDirectory { path in try body(try PosixStorage(creating: path + "/archive")) }
        case .memory: try body(MemoryStorage())
        case .recording: try body(RecordingStorage())
        case .faulting: try body(FaultingStorage(MemoryStorage()))
        }
    }
}

/// Runs the body with the path of a new directory, and removes the directory and all in it afterwards.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
    var template = Array("\(temporaryDirectory)/archive-storage-tests.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure("no temporary directory") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeTree(path) }
    try body(path)
}

var temporaryDirectory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

struct TestFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

private func removeTree(_ path: String) {
    var found = stat()
    guard lstat(path, &found) == 0 else { return }
    if found.st_mode & S_IFMT == S_IFDIR, let names = opendir(path) {
        while let entry = readdir(names) {
            // Names may hold any bytes, so they go on as C strings only.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name != bytes("."), name != bytes("..") else { continue }
            if unlinkat(dirfd(names), name.map { CChar(bitPattern: $0) } + [0], 0) == 0 { continue }
            removeTree(path + "/" + String(decoding: name, as: UTF8.self))
        }
        closedir(names)
    }
    remove(path)
}

/// The cause of the storage error that the body throws; nil when it throws none.
func cause(_ body: () throws -> Void) throws -> StorageError.Cause? {
    do {
        try body()
        return nil
    } catch let error as StorageError {
        return error.cause
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
