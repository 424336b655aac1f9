import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Dispatch
import MailFormats

/// A hash over a file that grows on a queue of its own, while the file is worked on.
///
/// Unchecked: the hash state is touched on the serial queue only.
final class SerialHash: @unchecked Sendable {
    private let queue = DispatchQueue(label: "portable-archive.hash")
    private let limit = DispatchSemaphore(value: 4)
    private let hash: FileHash

    init(_ keys: AppendKeys) {
        hash = FileHash(keys)
    }

    func update(_ block: MboxBlock) {
        limit.wait()
        queue.async { [self] in
            _ = block.withBytes(of: block.offset..<block.offset + block.byteCount) { hash.update($0) }
            limit.signal()
        }
    }

    func update(_ bytes: [UInt8]) {
        queue.sync { bytes.withUnsafeBytes { hash.update($0) } }
    }

    func update(
        _ source: FileByteSource,
        _ range: Range<UInt64>,
        _ goOn: (String) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            try goOn(source.file.displayName)
            let count = Int(min(4 << 20, range.upperBound - offset))
            let start = offset
            let bytes = try ImportSource.source { () throws(StorageError) in
                try source.file.read(at: start, count: count)
            }
            guard bytes.count == count else { throw ArchiveError(.source, source.file.displayName, "became shorter") }
            update(bytes)
            offset += UInt64(count)
        }
    }

    /// The hash of the bytes so far without the key.
    func root() -> Bytes32 { queue.sync { hash.root() } }

    func finish() -> Bytes32 {
        queue.sync { hash.finish() }
    }
}
