import ArchiveFormat
import ArchiveReader

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A new file that is written from its beginning to its end; never an existing one.
final class ExportFile {
    let path: String
    private var descriptor: Int32
    private let rawPath: [CChar]
    private var pending: [UInt8] = []
    private static let bufferByteCount = 1 << 20

    /// `-` is standard output.
    init(_ path: String) throws(ArchiveError) {
        self.path = path
        rawPath = Array(path.utf8CString)
        descriptor = path == "-" ? dup(1) : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(path) }
    }

    /// A name as the source had it, which need not be UTF-8.
    init(bytes: [UInt8]) throws(ArchiveError) {
        path = String(decoding: bytes, as: UTF8.self)
        let name = bytes.map { CChar(bitPattern: $0) } + [0]
        rawPath = name
        descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system(path) }
    }

    /// Goes on behind the end of a file that this export made.
    init(appendingTo path: String) throws(ArchiveError) {
        self.path = path
        rawPath = Array(path.utf8CString)
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .system(path) }
    }

    deinit { if descriptor >= 0 { _ = posixClose(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        if pending.count + bytes.count > ExportFile.bufferByteCount { try flush() }
        if bytes.count >= ExportFile.bufferByteCount {
            try put(bytes)
        } else {
            pending.append(contentsOf: bytes)
        }
    }

    func write(_ bytes: [UInt8]) throws(ArchiveError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    private func flush() throws(ArchiveError) {
        try pending.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in try put(UnsafeRawBufferPointer(buffer)) }
        pending.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var offset = 0
        while offset < bytes.count {
            let count = posixWrite(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(path) }
            offset += count
        }
    }

    /// Sets the time of last change and closes; what a full disk could not take is told here at the latest.
    func close(changed: Int64? = nil) throws(ArchiveError) {
        try flush()
        if let changed, changed >= 0 {
            let times = [timespec(tv_sec: Int(changed), tv_nsec: 0), timespec(tv_sec: Int(changed), tv_nsec: 0)]
            _ = futimens(descriptor, times)
        }
        let result = posixClose(descriptor)
        descriptor = -1
        guard result == 0 else { throw .system(path) }
    }

    /// Closes and removes the file.
    func discard() {
        if descriptor >= 0 { _ = posixClose(descriptor) }
        descriptor = -1
        if path != "-" { unlink(rawPath) }
    }
}

private func posixClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

/// The directory that an export makes.
enum ExportDirectory {
    /// Makes it; one that exists must be empty, so that no link in it can lead an export astray.
    static func prepare(_ path: String) throws(ArchiveError) {
        if mkdir(path, 0o755) == 0 { return }
        guard errno == EEXIST else { throw .system(path) }
        guard let directory = opendir(path) else { throw ArchiveError(.exists, path) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name == [0x2E] || name == [0x2E, 0x2E] else { throw ArchiveError(.exists, path, "it is not empty") }
        }
    }

    /// Makes a directory below it, unless it is there.
    static func make(_ path: String) throws(ArchiveError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .system(path) }
    }
}
