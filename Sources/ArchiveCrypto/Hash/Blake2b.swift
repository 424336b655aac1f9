package import ArchiveFormat
import CSodium

/// BLAKE2b (RFC 7693) over bytes that come in pieces, with or without a key.
package struct Blake2b: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private let outputByteCount: Int

    // The state is opaque, and must be aligned to 64 bytes for the vector code.
    private static let stateByteCount = crypto_generichash_statebytes()

    private var state: OpaquePointer { OpaquePointer(memory) }

    /// Begins a hash without key, of 16 to 64 bytes.
    package init(byteCount: Int = 32) {
        Sodium.prepare()
        memory = UnsafeMutableRawPointer.allocate(byteCount: Blake2b.stateByteCount, alignment: 64)
        outputByteCount = byteCount
        restart()
    }

    /// Begins a hash with a key of 16 to 64 bytes.
    package init(key: SecretBytes, byteCount: Int = 32) {
        Sodium.prepare()
        memory = UnsafeMutableRawPointer.allocate(byteCount: Blake2b.stateByteCount, alignment: 64)
        outputByteCount = byteCount
        restart(key: key)
    }

    deinit {
        sodium_memzero(memory, Blake2b.stateByteCount)
        memory.deallocate()
    }

    /// Forgets all input and begins anew, without key.
    package func restart() {
        _ = crypto_generichash_init(state, nil, 0, outputByteCount)
    }

    /// Forgets all input and begins anew with a key.
    package func restart(key: SecretBytes) {
        key.withUnsafeBytes { bytes in
            _ = crypto_generichash_init(
                state,
                bytes.octets,
                bytes.count,
                outputByteCount
            )
        }
    }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        _ = crypto_generichash_update(state, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    /// Adds the bytes of an array.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds thirty-two bytes.
    package mutating func update(_ bytes: Bytes32) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds secret bytes.
    package mutating func update(_ bytes: SecretBytes) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds a label.
    package mutating func update(_ label: Label) {
        update(label.bytes)
    }

    /// Adds one byte.
    package mutating func update(byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// Adds an integer of 4 bytes.
    package mutating func update(littleEndian value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// Adds an integer of 8 bytes.
    package mutating func update(littleEndian value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// Ends a hash of 32 bytes; only `restart` may follow.
    package mutating func finish() -> Bytes32 {
        var out = Bytes32()
        out.withUnsafeMutableBytes { finish(into: $0) }
        return out
    }

    /// Ends a hash into a buffer of its length; only `restart` may follow.
    package mutating func finish(into out: UnsafeMutableRawBufferPointer) {
        precondition(out.count == outputByteCount, "the buffer has the length of the hash")
        guard let start = out.baseAddress else { return }
        _ = crypto_generichash_final(state, start.assumingMemoryBound(to: UInt8.self), outputByteCount)
    }

    /// The hash of 32 bytes of what was added so far; more may be added afterwards.
    package func current() -> Bytes32 {
        var copy = Blake2b(byteCount: outputByteCount)
        copy.memory.copyMemory(from: memory, byteCount: Blake2b.stateByteCount)
        return copy.finish()
    }
}

extension Blake2b {
    /// H of the Spec: 32 bytes, no key.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        Sodium.prepare()
        var out = Bytes32()
        out.withUnsafeMutableBytes { output in
            _ = crypto_generichash(
                output.octets,
                32,
                bytes.octets,
                UInt64(bytes.count),
                nil,
                0
            )
        }
        return out
    }

    /// H of the Spec: 32 bytes, no key.
    package static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// H of a label followed by what a closure adds.
    package static func hash(_ label: Label, _ add: (inout Blake2b) -> Void) -> Bytes32 {
        var hasher = Blake2b()
        hasher.update(label)
        add(&hasher)
        return hasher.finish()
    }

    /// The hash of 32 bytes with a key, in one go.
    package static func keyed(_ key: SecretBytes, _ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        Sodium.prepare()
        var out = Bytes32()
        out.withUnsafeMutableBytes { output in
            key.withUnsafeBytes { key in
                _ = crypto_generichash(
                    output.octets,
                    32,
                    bytes.octets,
                    UInt64(bytes.count),
                    key.octets,
                    key.count
                )
            }
        }
        return out
    }

    /// `derive` of the Spec (cryptography.md, section 1); the closure adds the message.
    package static func derive(
        _ key: SecretBytes,
        _ label: Label,
        byteCount: Int = 32,
        _ add: (inout Blake2b) -> Void = { _ in }
    ) -> SecretBytes {
        var hasher = Blake2b(key: key, byteCount: byteCount)
        hasher.update(label)
        add(&hasher)
        return SecretBytes(count: byteCount) { hasher.finish(into: $0) }
    }

    /// `derive64` of the Spec.
    package static func derive64(
        _ key: SecretBytes,
        _ label: Label,
        _ add: (inout Blake2b) -> Void
    ) -> SecretBytes {
        derive(key, label, byteCount: 64, add)
    }
}
