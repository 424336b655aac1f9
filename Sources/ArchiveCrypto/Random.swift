package import ArchiveFormat
import CSodium

/// Randomness from the operating system.
package enum Random {
    /// Fills a buffer.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        Sodium.prepare()
        guard let start = buffer.baseAddress else { return }
        randombytes_buf(start, buffer.count)
    }

    /// Random bytes that are no secret: nonces, salts, run ids.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            fill(UnsafeMutableRawBufferPointer(buffer))
            filled = count
        }
    }

    /// Thirty-two random bytes that are no secret.
    package static func bytes32() -> Bytes32 {
        var out = Bytes32()
        out.withUnsafeMutableBytes { fill($0) }
        return out
    }
}
