internal import CPlatform

/// Moves bytes by calls that may move fewer than asked, or be interrupted.
enum Transfer {
    /// One call: moves bytes from `start` on and returns how many, or a negative error number.
    typealias Step = (_ start: Int) -> Int64

    /// What became of all calls together: bytes moved, and the error number that ended it (0: none).
    struct Outcome: Equatable {
        var byteCount: Int
        var errorNumber: Int32
    }

    /// Calls `step` until all bytes are moved, a call moves none (the end of the file), or one fails for good.
    static func all(_ byteCount: Int, _ step: Step) -> Outcome {
        var moved = 0
        while moved < byteCount {
            let result = step(moved)
            if result > 0 {
                moved += min(Int(result), byteCount - moved)
            } else if result == 0 {
                break
            } else if result != -Int64(interruptedErrorNumber) {
                return Outcome(byteCount: moved, errorNumber: Int32(truncatingIfNeeded: -result))
            }
        }
        return Outcome(byteCount: moved, errorNumber: 0)
    }

    /// Reads from a descriptor at an offset until the buffer is full or the file ends.
    ///
    /// Reads no further than `end`, the length at opening: so a small file takes one call, and one that grows meanwhile
    /// is read as it was.
    static func read(
        _ number: Int32,
        at offset: UInt64,
        upTo end: UInt64,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Outcome {
        guard let base = buffer.baseAddress, offset < end else { return Outcome(byteCount: 0, errorNumber: 0) }
        let count = Int(min(UInt64(buffer.count), end - offset))
        return all(count) { start in
            pa_pread(number, base + start, count - start, offset + UInt64(start))
        }
    }

    /// Writes all bytes to a descriptor at an offset.
    static func write(_ number: Int32, _ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Outcome {
        guard let base = bytes.baseAddress else { return Outcome(byteCount: 0, errorNumber: 0) }
        return all(bytes.count) { start in
            pa_pwrite(number, base + start, bytes.count - start, offset + UInt64(start))
        }
    }
}
