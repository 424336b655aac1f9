/// Bytes at a fixed place in memory, shared by reference and freed with the last one.
///
/// Unchecked: written only while they are made, then read by any thread.
package final class OwnedBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    /// The bytes; valid as long as this is kept.
    package let bytes: UnsafeRawBufferPointer

    /// The number of bytes.
    package var count: Int { bytes.count }

    /// Allocates `capacity` bytes, which the caller has checked against a limit; `fill` tells how many it wrote.
    package init<Failure: Error>(
        capacity: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        memory = .allocate(byteCount: max(capacity, 1), alignment: 16)
        let count: Int
        do throws(Failure) {
            count = try fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity]))
        } catch {
            bytes = UnsafeRawBufferPointer(rebasing: memory[..<0])
            throw error
        }
        bytes = UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// A copy.
    package convenience init(_ bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count) { out in
            out.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// A copy.
    package convenience init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count) { out in
            bytes.withUnsafeBytes { out.copyMemory(from: $0) }
            return bytes.count
        }
    }

    deinit { memory.deallocate() }
}
