import CSodium

/// The library behind this room, made ready once.
enum Sodium {
    /// Chooses the fast code for this processor; without it the slow portable code would run.
    private static let ready: Bool = sodium_init() >= 0

    @inline(__always)
    static func prepare() {
        // A failure means that the system has no source of randomness: `randombytes_buf` then ends the process by itself.
        _ = ready
    }
}
