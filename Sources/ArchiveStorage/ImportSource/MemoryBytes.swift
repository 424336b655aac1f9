/// Bytes in memory that stand for a file.
package final class MemoryBytes: RandomAccessBytes {
    package let displayName: String
    /// The bytes.
    package let bytes: [UInt8]

    /// Names bytes.
    package init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        displayName = name
    }

    package var byteCount: UInt64 { UInt64(bytes.count) }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        guard offset < byteCount else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, bytes.count - start)
        bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
        return count
    }
}
