/// The checksum of MS-PST §5.3: CRC-32 without its usual first and last inversion.
enum WeakCRC {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 4 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 != 0 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[index] = value
        }
        for index in 0..<256 {
            for table in 1..<4 {
                let last = tables[(table - 1) * 256 + index]
                tables[table * 256 + index] = last >> 8 ^ tables[Int(last & 0xFF)]
            }
        }
        return tables
    }()

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            bytes.withUnsafeBytes { bytes in
                var sum: UInt32 = 0
                var offset = 0
                while offset + 4 <= bytes.count {
                    sum ^= UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    sum =
                        tables[768 + Int(sum & 0xFF)] ^ tables[512 + Int(sum >> 8 & 0xFF)]
                        ^ tables[256 + Int(sum >> 16 & 0xFF)] ^ tables[Int(sum >> 24)]
                    offset += 4
                }
                while offset < bytes.count {
                    sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[offset])) & 0xFF)]
                    offset += 1
                }
                return sum
            }
        }
    }
}
