/// The payload of a record while it is made.
package struct WireBytes {
    /// What is there so far.
    package private(set) var bytes: [UInt8] = []

    /// Makes an empty payload.
    package init() {}

    /// Adds a number.
    package mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Adds bytes.
    package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
}

/// The payload of a record while it is read; whatever is not there is nil.
package struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads from the start.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next number.
    package mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        let size = MemoryLayout<Number>.size
        guard bytes.count - position >= size else { return nil }
        defer { position += size }
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    /// The next bytes.
    package mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, bytes.count - position >= count else { return nil }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// All that is left.
    package mutating func rest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }
}
