/// Random access to the bytes of one imported file.
///
/// A source is read from several threads at once, so an implementation uses positioned reads and keeps no cursor.
package protocol ByteSource: Sendable {
    /// The length of the file in bytes, as found when it was opened.
    var byteCount: UInt64 { get }

    /// Reads bytes at an offset, as many as fit into the buffer; fewer only where the file ends.
    ///
    /// - Parameters:
    ///   - offset: where to begin, in bytes from the start of the file.
    ///   - buffer: the place to fill from its start.
    /// - Returns: the number of bytes filled.
    /// - Throws: `ByteSourceError` when the medium gives an error or the file is no longer what it was.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int
}

/// Why bytes of an imported file could not be read.
package struct ByteSourceError: Error, Equatable {
    /// What kind of trouble it was.
    package enum Reason: Equatable, Sendable {
        /// The operating system reported this error number.
        case system(Int32)
        /// The file ended before the length it had when it was opened.
        case endedEarly
        /// The file's length or time of change is no longer what it was when it was opened.
        case changed
    }

    /// The kind of trouble.
    package let reason: Reason
    /// Where in the file it happened, in bytes from its start.
    package let offset: UInt64

    /// Makes an error with its place.
    package init(_ reason: Reason, at offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }
}

/// A file that is wholly in memory.
package struct MemoryByteSource: ByteSource {
    /// The bytes of the file.
    package let bytes: [UInt8]

    /// Makes a source over these bytes.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var byteCount: UInt64 { UInt64(bytes.count) }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, bytes.count - start)
        bytes.withUnsafeBytes { all in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[start..<start + count]))
        }
        return count
    }
}
