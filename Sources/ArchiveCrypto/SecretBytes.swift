import ArchiveFormat
import CSodium

/// Secret bytes in memory of their own: locked where the system allows it, between guard pages, wiped when let go.
///
/// Each takes a few pages, and few pages can be locked (8 MiB by default): hold keys in these, not data.
public final class SecretBytes: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // Written only while being made; read only afterwards.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer
    private let isGuarded: Bool

    /// The number of bytes.
    public let count: Int

    /// Makes `count` bytes, zero at first, which a closure fills.
    package init<E: Error>(
        count: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        Sodium.prepare()
        self.count = count
        if let guarded = sodium_malloc(count) {
            start = guarded
            isGuarded = true
        } else {
            // Out of lockable or mappable pages: go on without guard pages rather than fail in the middle of a job.
            start = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
            isGuarded = false
        }
        let buffer = UnsafeMutableRawBufferPointer(start: start, count: count)
        sodium_memzero(start, count)
        try fill(buffer)
    }

    /// Makes bytes that are a copy of others; the caller wipes the original.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Takes over the bytes of an array and wipes the array.
    package convenience init(wiping bytes: inout [UInt8]) {
        self.init(count: bytes.count) { buffer in
            bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
        }
        bytes.wipe()
    }

    deinit {
        if isGuarded {
            sodium_free(start)
        } else {
            sodium_memzero(start, count)
            start.deallocate()
        }
    }

    /// Gives the bytes to a closure; they must not be copied to ordinary memory.
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// New random bytes from the operating system.
    public static func random(_ count: Int = 32) -> SecretBytes {
        SecretBytes(count: count) { Random.fill($0) }
    }

    /// Whether the bytes are the same; the time it takes does not depend on where they differ.
    public func equals(_ other: SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { mine in
            other.withUnsafeBytes { theirs in sodium_memcmp(mine.baseAddress, theirs.baseAddress, mine.count) == 0 }
        }
    }

    /// Part of the bytes, as a secret of its own; the range must lie within.
    package func slice(_ offset: Int, _ byteCount: Int) -> SecretBytes {
        withUnsafeBytes { SecretBytes(copying: $0.slice(offset, byteCount)) }
    }

    /// Never the bytes.
    public var description: String { "…" }
    /// Never the bytes.
    public var debugDescription: String { "…" }
    /// Never the bytes.
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

/// Comparison in constant time.
package func equalInConstantTime(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count, let first = left.baseAddress, let second = right.baseAddress else {
        return left.count == right.count
    }
    return sodium_memcmp(first, second, left.count) == 0
}

extension [UInt8] {
    /// Overwrites the bytes, in a way that is not optimised away.
    package mutating func wipe() {
        withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            sodium_memzero(start, buffer.count)
        }
    }
}
