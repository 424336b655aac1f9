internal import CPlatform

/// An open file descriptor, closed when the value ends.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    /// Takes over what an opening call returned; nil for a failure.
    init?(_ result: Int32) {
        guard result >= 0 else { return nil }
        number = result
    }

    /// Closes and tells the error number; 0 when all is well.
    consuming func close() -> Int32 {
        let result = pa_close(number)
        discard self
        return -result
    }

    deinit { _ = pa_close(number) }
}
