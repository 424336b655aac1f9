/// Thirty-two bytes held by value: a hash, an id or a key that is not secret.
///
/// Compares bytewise, as a memcmp of the 32 bytes would.
public struct Bytes32: Hashable, Comparable, Sendable {
    @usableFromInline var a: UInt64
    @usableFromInline var b: UInt64
    @usableFromInline var c: UInt64
    @usableFromInline var d: UInt64

    /// The number of bytes: 32.
    public static let byteCount = 32

    /// Thirty-two zero bytes.
    public static let zero = Bytes32()

    /// Makes thirty-two zero bytes.
    @inlinable
    public init() {
        a = 0
        b = 0
        c = 0
        d = 0
    }

    /// Takes the bytes from a buffer of exactly 32 bytes; `nil` for any other length.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.init(at: bytes, 0)
    }

    /// Takes the bytes from an array of exactly 32 bytes; `nil` for any other length.
    @inlinable
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self = bytes.withUnsafeBytes { Bytes32(at: $0, 0) }
    }

    /// Takes 32 bytes at an offset that the caller has checked to lie within the buffer.
    @inlinable
    package init(at bytes: UnsafeRawBufferPointer, _ offset: Int) {
        a = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        b = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        c = bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)
        d = bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self)
    }

    /// Makes the bytes of four words, each read as a little-endian integer.
    package init(words a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        self.a = a.littleEndian
        self.b = b.littleEndian
        self.c = c.littleEndian
        self.d = d.littleEndian
    }

    /// Gives the 32 bytes to a closure.
    @inlinable
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        var copy = self
        return try withUnsafePointer(to: &copy) { (pointer: UnsafePointer<Bytes32>) throws(E) -> R in
            try body(UnsafeRawBufferPointer(start: pointer, count: 32))
        }
    }

    /// Lets a closure fill the 32 bytes.
    @inlinable
    public mutating func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeMutablePointer(to: &self) { (pointer: UnsafeMutablePointer<Bytes32>) throws(E) -> R in
            try body(UnsafeMutableRawBufferPointer(start: pointer, count: 32))
        }
    }

    /// The 32 bytes as an array.
    public var array: [UInt8] {
        self.withUnsafeBytes { Array($0) }
    }

    /// The 64 lower-case hexadecimal digits.
    public var hex: String {
        hexadecimal(array)
    }

    /// Whether all bytes are zero.
    public var isZero: Bool { a | b | c | d == 0 }

    /// Orders by the bytes, first byte first.
    @inlinable
    public static func < (left: Bytes32, right: Bytes32) -> Bool {
        if left.a != right.a { return left.a.bigEndian < right.a.bigEndian }
        if left.b != right.b { return left.b.bigEndian < right.b.bigEndian }
        if left.c != right.c { return left.c.bigEndian < right.c.bigEndian }
        return left.d.bigEndian < right.d.bigEndian
    }

    /// Hashes only the first word: the bytes are the output of a hash already.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(a)
    }
}

/// Lower-case hexadecimal digits of bytes.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits: StaticString = "0123456789abcdef"
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits.utf8Start[Int(byte >> 4)])
        text.append(digits.utf8Start[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes that an even number of hexadecimal digits stand for; `nil` for anything else.
package func bytes(hexadecimal text: some Sequence<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var high: UInt8? = nil
    for digit in text {
        let value: UInt8
        switch digit {
        case 0x30...0x39: value = digit - 0x30
        case 0x61...0x66: value = digit - 0x61 + 10
        case 0x41...0x46: value = digit - 0x41 + 10
        default: return nil
        }
        if let upper = high {
            out.append(upper << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return high == nil ? out : nil
}
