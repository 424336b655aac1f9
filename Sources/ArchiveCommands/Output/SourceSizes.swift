import ArchiveStorage
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many bytes the sources of an import have, found while the import is at work already.
///
/// Only the progress wants to know: a source that cannot be looked at counts nothing here, and the import tells of it.
final class SourceSizes: Sendable {
    private let found = Mutex<UInt64?>(nil)

    /// The sum; `nil` until it is known, and where standard input is among the sources.
    var total: UInt64? { found.withLock { $0 } }

    init(_ sources: [String]) {
        guard !sources.contains("-") else { return }
        DispatchQueue.global(qos: .utility).async { [self] in
            let sum = sources.reduce(0 as UInt64) { $0 &+ Self.size(of: $1) }
            found.withLock { $0 = sum }
        }
    }

    private static func size(of path: String) -> UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        guard status.st_mode & S_IFMT == S_IFDIR else { return UInt64(clamping: status.st_size) }
        guard var walker = try? SourceDirectoryWalker(path: path) else { return 0 }
        var sum: UInt64 = 0
        while let entry = walker.next() {
            if case .file = entry.kind { sum &+= entry.byteCount ?? 0 }
        }
        return sum
    }
}
