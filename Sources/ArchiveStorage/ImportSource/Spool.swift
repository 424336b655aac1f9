internal import CPlatform
internal import Synchronization

/// Bytes that came by a stream, kept in a file without a name so that they can be read at any offset.
///
/// The file is gone with the last reference, and when the process dies. It is not encrypted: the caller chooses a directory
/// where plain mail may lie for so long.
package final class Spool: DescriptorBytes {
    package let displayName: String
    private let descriptor: Descriptor
    private let end = Mutex<UInt64>(0)

    /// An empty spool in a directory, such as `/tmp`.
    ///
    /// - Parameter name: What a person knows the bytes as, such as "standard input".
    package init(in directory: String, name: String) throws(StorageError) {
        let result = directory.isEmpty || directory.utf8.contains(0) ? -1 : pa_open_unnamed(directory)
        guard let descriptor = Descriptor(result) else {
            throw StorageError(.create, "a temporary file in \(directory)", systemError: -result)
        }
        self.descriptor = descriptor
        displayName = name
    }

    package var byteCount: UInt64 { end.withLock { $0 } }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        let outcome = Transfer.read(descriptor.number, at: offset, upTo: byteCount, into: buffer)
        guard outcome.errorNumber == 0 else {
            throw StorageError(.read, displayName, systemError: outcome.errorNumber)
        }
        return outcome.byteCount
    }

    package func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result { body(descriptor.number) }

    /// Adds bytes at the end.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try end.withLock { (end) throws(StorageError) in
            let outcome = Transfer.write(descriptor.number, bytes, at: end)
            end += UInt64(outcome.byteCount)
            let missing = UInt64(bytes.count - outcome.byteCount)
            guard missing > 0 else { return }
            let cause: StorageError.Cause =
                outcome.errorNumber == 0
                ? .noSpace(free: nil, wanted: nil) : StorageError.Cause(systemError: outcome.errorNumber)
            throw StorageError(.write, "the temporary file for \(displayName)", cause)
                .withFreeSpace(descriptor.number, wanted: missing)
        }
    }

    /// Reads a stream to its end, such as standard input (0).
    ///
    /// - Parameter limit: The most bytes taken; `fileTooLarge` when there are more.
    package func fill(fromDescriptor number: Int32, limit: UInt64 = .max) throws(StorageError) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = pa_read(number, chunk.baseAddress, chunk.count)
            if count == -Int64(interruptedErrorNumber) { continue }
            guard count >= 0 else { throw StorageError(.read, displayName, systemError: Int32(-count)) }
            guard count > 0 else { return }
            let byteCount = byteCount
            guard byteCount <= limit, UInt64(count) <= limit - byteCount else {
                throw StorageError(.read, displayName, .fileTooLarge)
            }
            try append(UnsafeRawBufferPointer(rebasing: chunk[..<Int(count)]))
        }
    }
}
