/// The CRC-32 of zlib, gzip and PNG (polynomial 0xEDB88320, reflected).
package enum CRC32 {
    /// Eight tables of 256: one for each byte of eight that are taken at once.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        tables.reserveCapacity(8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 {
                value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
            }
            tables.append(value)
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()

    /// The checksum of the bytes.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var value: UInt32 = 0xFFFF_FFFF
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let mixed = word ^ UInt64(value)
                value =
                    tables[Int(mixed & 0xFF) + 7 * 256] ^ tables[Int(mixed >> 8 & 0xFF) + 6 * 256]
                    ^ tables[Int(mixed >> 16 & 0xFF) + 5 * 256] ^ tables[Int(mixed >> 24 & 0xFF) + 4 * 256]
                value ^=
                    tables[Int(mixed >> 32 & 0xFF) + 3 * 256] ^ tables[Int(mixed >> 40 & 0xFF) + 2 * 256]
                    ^ tables[Int(mixed >> 48 & 0xFF) + 256] ^ tables[Int(mixed >> 56)]
                offset += 8
            }
            while offset < bytes.count {
                value = tables[Int(UInt8(truncatingIfNeeded: value) ^ bytes[offset])] ^ (value >> 8)
                offset += 1
            }
            return ~value
        }
    }
}
