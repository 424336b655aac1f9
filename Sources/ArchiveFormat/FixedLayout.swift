/// Little-endian access to fixed layouts. Offsets are those of a layout whose whole length was checked before.
extension UnsafeRawBufferPointer {
    @inlinable
    package func u16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inlinable
    package func u32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable
    package func u64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The bytes from an offset, as a buffer of its own.
    @inlinable
    package func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[offset..<offset + count])
    }

    /// The offset of the first byte that is not zero, from `offset` on.
    @inlinable
    package func firstNonZero(from offset: Int) -> Int? {
        var position = offset
        while position + 8 <= count {
            if loadUnaligned(fromByteOffset: position, as: UInt64.self) != 0 { break }
            position += 8
        }
        while position < count {
            if self[position] != 0 { return position }
            position += 1
        }
        return nil
    }

    /// Whether the bytes are the same.
    @inlinable
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var position = 0
        while position + 8 <= count {
            if loadUnaligned(fromByteOffset: position, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            {
                return false
            }
            position += 8
        }
        while position < count {
            if self[position] != other[position] { return false }
            position += 1
        }
        return true
    }
}

extension UnsafeMutableRawBufferPointer {
    @inlinable
    package func put(_ value: UInt32, _ offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    @inlinable
    package func put(_ value: UInt64, _ offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
    }

    @inlinable
    package func put(_ value: Bytes32, _ offset: Int) {
        value.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + 32]).copyMemory(from: bytes)
        }
    }
}

extension [UInt8] {
    package mutating func append(littleEndian value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { self.append(contentsOf: $0) }
    }

    package mutating func append(littleEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { self.append(contentsOf: $0) }
    }

    package mutating func append(_ value: Bytes32) {
        value.withUnsafeBytes { self.append(contentsOf: $0) }
    }
}
