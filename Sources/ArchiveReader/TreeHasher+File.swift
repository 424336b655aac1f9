package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage

extension TreeHasher {
    /// The root of a part of a file; `nil` where it is cut short or cannot be read.
    package static func root(of file: any ReadableFile, from start: UInt64, count: UInt64) -> Bytes32? {
        var hasher = TreeHasher()
        var offset: UInt64 = 0
        while offset < count {
            guard let bytes = try? file.read(at: start + offset, count: Int(min(count - offset, 1 << 20))),
                !bytes.isEmpty
            else { return nil }
            bytes.withUnsafeBytes { hasher.update($0) }
            offset += UInt64(bytes.count)
        }
        return hasher.root()
    }
}
