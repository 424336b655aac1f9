import CSodium

/// What Argon2id costs (RFC 9106, parallelism 1).
public struct Argon2Cost: Equatable, Sendable {
    /// Memory in KiB.
    public var memoryKiB: UInt32
    /// Passes over the memory.
    public var passes: UInt32

    /// Sets memory (8 to 1,048,576 KiB) and passes (1 to 10).
    public init(memoryKiB: UInt32, passes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
    }

    /// What new slots cost: 256 MiB and 3 passes, about a second.
    public static let standard = Argon2Cost(memoryKiB: 262_144, passes: 3)

    /// The most that a reader accepts without being told: 1 GiB and 10 passes.
    public static let most = Argon2Cost(memoryKiB: 1_048_576, passes: 10)

    /// Whether this is within the limits of the format.
    package var isValid: Bool { (8...1_048_576).contains(memoryKiB) && (1...10).contains(passes) }

    func exceeds(_ caps: Argon2Cost) -> Bool { memoryKiB > caps.memoryKiB || passes > caps.passes }
}

enum Argon2id {
    /// Sixty-four bytes from a passphrase and a salt of 16 bytes.
    ///
    /// The memory that it needs is allocated and freed within the call; `outOfMemory` if the system does not give it.
    static func derive(
        _ passphrase: SecretBytes,
        salt: UnsafeRawBufferPointer,
        cost: Argon2Cost
    ) throws(CryptoError) -> SecretBytes {
        Sodium.prepare()
        guard cost.isValid, salt.count == Int(crypto_pwhash_SALTBYTES) else { throw .slot }
        var isGood = false
        let out = SecretBytes(count: 64) { out in
            isGood = passphrase.withUnsafeBytes { passphrase in
                passphrase.withMemoryRebound(to: CChar.self) { password in
                    guard let start = password.baseAddress else { return false }
                    return crypto_pwhash(
                        out.octets,
                        64,
                        start,
                        UInt64(password.count),
                        salt.octets,
                        UInt64(cost.passes),
                        Int(cost.memoryKiB) << 10,
                        crypto_pwhash_ALG_ARGON2ID13
                    ) == 0
                }
            }
        }
        guard isGood else { throw .outOfMemory(memoryKiB: cost.memoryKiB) }
        return out
    }
}
