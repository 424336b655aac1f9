/// Writes CBOR in core deterministic encoding (format.md, section 3).
///
/// Map keys must be given in canonical order.
package struct CBORWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8]

    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Goes on behind what was written before.
    init(continuing bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    private mutating func head(_ major: UInt8, _ value: UInt64) {
        let high = major << 5
        switch value {
        case 0..<24:
            bytes.append(high | UInt8(value))
        case 24...0xFF:
            bytes.append(high | 24)
            bytes.append(UInt8(value))
        case 0x100...0xFFFF:
            bytes.append(high | 25)
            withUnsafeBytes(of: UInt16(value).bigEndian) { bytes.append(contentsOf: $0) }
        case 0x1_0000...0xFFFF_FFFF:
            bytes.append(high | 26)
            withUnsafeBytes(of: UInt32(value).bigEndian) { bytes.append(contentsOf: $0) }
        default:
            bytes.append(high | 27)
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    package mutating func unsigned(_ value: UInt64) { head(0, value) }
    package mutating func unsigned(_ value: UInt32) { head(0, UInt64(value)) }
    package mutating func unsigned(_ value: UInt8) { head(0, UInt64(value)) }

    package mutating func integer(_ value: Int64) {
        if value >= 0 {
            head(0, UInt64(value))
        } else {
            head(1, UInt64(-(value + 1)))
        }
    }

    package mutating func data(_ value: UnsafeRawBufferPointer) {
        head(2, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func data(_ value: [UInt8]) {
        head(2, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func data(_ value: Bytes32) {
        head(2, 32)
        bytes.append(value)
    }

    /// Text, given as UTF-8 that the caller knows to be valid.
    package mutating func text(utf8 value: [UInt8]) {
        head(3, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func array(_ count: Int) { head(4, UInt64(count)) }
    package mutating func map(_ count: Int) { head(5, UInt64(count)) }
    package mutating func bool(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }
    package mutating func null() { bytes.append(0xF6) }

    /// A map key: an integer from −24 to 23.
    package mutating func key(_ key: Int) { integer(Int64(key)) }

    /// Items that are encoded already.
    package mutating func encoded(_ items: [UInt8]) { bytes.append(contentsOf: items) }
}
