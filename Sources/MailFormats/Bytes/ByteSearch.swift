#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes that mail is made of, by name.
enum Ascii {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0A
    static let cr: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let dash: UInt8 = 0x2D
    static let colon: UInt8 = 0x3A
    static let greater: UInt8 = 0x3E
    static let capitalF: UInt8 = 0x46
    static let backslash: UInt8 = 0x5C

    /// An ASCII letter in lower case; any other byte as it is.
    @inline(__always) static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    @inline(__always) static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
    @inline(__always) static func isLetter(_ byte: UInt8) -> Bool { lower(byte) &- 0x61 < 26 }
}

extension UnsafeRawBufferPointer {
    /// The first place of a byte at or after `start`, before `end`; at the speed of the C library's `memchr`.
    @inline(__always) func firstIndex(of byte: UInt8, from start: Int, to end: Int) -> Int? {
        guard start < end, let base = baseAddress,
            let found = memchr(base + start, Int32(byte), end - start)
        else { return nil }
        return found - UnsafeMutableRawPointer(mutating: base)
    }

    /// Whether these ASCII bytes stand at `start`.
    @inline(__always) func holds(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, start <= count - length, let base = baseAddress else { return false }
        return memcmp(base + start, text.utf8Start, length) == 0
    }

    /// Whether these bytes stand at `start`, letters in either case; `text` is given in lower case.
    func holdsIgnoringCase(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, start <= count - length else { return false }
        for index in 0..<length where Ascii.lower(self[start + index]) != text.utf8Start[index] { return false }
        return true
    }

    /// The first place of `needle` at or after `start`, wholly before `end`.
    func firstRange(of needle: [UInt8], from start: Int, to end: Int) -> Int? {
        guard let first = needle.first, let base = baseAddress else { return nil }
        var position = start
        while let hit = firstIndex(of: first, from: position, to: end - needle.count + 1) {
            if needle.withUnsafeBytes({ memcmp(base + hit, $0.baseAddress ?? base, needle.count) == 0 }) { return hit }
            position = hit + 1
        }
        return nil
    }

    /// The bytes of a range, as a buffer of their own.
    @inline(__always) func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }

    /// Whether `From ` stands at `start`, where an `F` is known to be.
    @inline(__always) func holdsFrom(at start: Int) -> Bool {
        // "rom " as a little-endian word.
        start <= count - 5
            && UInt32(littleEndian: loadUnaligned(fromByteOffset: start + 1, as: UInt32.self)) == 0x206D_6F72
    }
}
