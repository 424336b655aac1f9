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

    /// The sum; `nil` until it is known, and where it says nothing of how much mail there is.
    ///
    /// That is so with standard input, and where much of it is packed: of a store or a container the import counts what
    /// comes out, which may be many times its size, or little of it.
    var total: UInt64? { found.withLock { $0 } }

    init(_ sources: [String]) {
        guard !sources.contains("-") else { return }
        DispatchQueue.global(qos: .utility).async { [self] in
            let sizes = SourceSizes.sizes(of: sources)
            guard sizes.packed <= sizes.sum / 20 else { return }
            found.withLock { $0 = sizes.sum }
        }
    }

    /// The bytes of all files, and of those in stores, containers and compressed files.
    static func sizes(of sources: [String]) -> (sum: UInt64, packed: UInt64) {
        var sum: UInt64 = 0
        var packed: UInt64 = 0
        func add(_ size: UInt64, _ open: () throws(StorageError) -> SourceFile) {
            sum &+= size
            // Small ones do not matter, and opening each would take long.
            if size >= 1 << 16, let file = try? open(), isPacked(file) { packed &+= size }
        }
        for path in sources {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                add(UInt64(clamping: status.st_size)) { () throws(StorageError) in try SourceFile(path: path) }
                continue
            }
            guard var walker = try? SourceDirectoryWalker(path: path) else { continue }
            while let entry = walker.next() {
                if case .file = entry.kind { add(entry.byteCount ?? 0, entry.open) }
            }
        }
        return (sum, packed)
    }

    /// First bytes of PST and OST, zip (OLM too), gzip, bzip2, xz, zstd and 7z.
    private static let marks: [[UInt8]] = [
        Array("!BDN".utf8), Array("PK\u{3}\u{4}".utf8), [0x1F, 0x8B], Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58],
        [0x28, 0xB5, 0x2F, 0xFD], [0x37, 0x7A, 0xBC, 0xAF],
    ]

    private static func isPacked(_ file: SourceFile) -> Bool {
        var head = [UInt8](repeating: 0, count: 4)
        let count = head.withUnsafeMutableBytes { try? file.read(at: 0, into: $0) }
        return count == head.count && marks.contains { head.starts(with: $0.prefix(head.count)) }
    }
}
