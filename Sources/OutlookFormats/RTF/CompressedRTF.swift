/// RTF as stores keep it: compressed with LZFu, or as it is with a header (MS-OXRTFCP).
package enum CompressedRTF {
    /// More bytes than so many are not unpacked.
    package static let longest = 32 << 20

    /// The unpacked RTF, and whether all of it is there and its check value is right.
    package struct Unpacked: Equatable, Sendable {
        /// The RTF.
        package var bytes: [UInt8]
        /// False where the value is cut short or its CRC is wrong.
        package var isWhole: Bool
    }

    /// Unpacks a value of PidTagRtfCompressed.
    ///
    /// - Throws: `notThisFormat` when it has no such header, `overLimit` beyond `longest` bytes, `damaged` where a reference
    ///   cannot be followed.
    package static func unpack(_ value: [UInt8]) throws(OutlookError) -> Unpacked {
        guard value.count >= 16 else { throw OutlookError(.notThisFormat, at: 0, "RTF without its header") }
        let size = Int(value.littleEndian(0, 4))
        let rawSize = Int(value.littleEndian(4, 4))
        // The size counts from behind its own field.
        let end = min(value.count, max(16, size + 4))
        let isComplete = size >= 12 && size + 4 <= value.count
        switch value.littleEndian(8, 4) {
        case 0x414C_454D:
            // Some programs give both sizes alike, the header counted in both.
            let rawSize = rawSize == size ? max(0, size - 12) : rawSize
            let count = min(rawSize, end - 16)
            return Unpacked(bytes: Array(value[16..<16 + count]), isWhole: isComplete && count == rawSize)
        case 0x7546_5A4C:
            let isRight = CRC.compute(value[16..<end]) == UInt32(truncatingIfNeeded: value.littleEndian(12, 4))
            let (bytes, hasEnd) = try decompress(value, end: end, rawSize: rawSize)
            return Unpacked(bytes: bytes, isWhole: isComplete && isRight && hasEnd)
        default: throw OutlookError(.notThisFormat, at: 8, "RTF compressed in an unknown way")
        }
    }

    private static func decompress(
        _ value: [UInt8],
        end: Int,
        rawSize: Int
    ) throws(OutlookError) -> (bytes: [UInt8], hasEnd: Bool) {
        var dictionary = [UInt8](repeating: 0x20, count: 4096)
        dictionary.replaceSubrange(0..<prefix.count, with: prefix)
        var write = prefix.count
        var output: [UInt8] = []
        output.reserveCapacity(min(rawSize, value.count * 9, longest))
        var position = 16
        while position < end {
            let control = value[position]
            position += 1
            for bit in 0..<8 {
                if control >> bit & 1 == 0 {
                    guard position < end else { return (output, output.count >= rawSize) }
                    output.append(value[position])
                    dictionary[write] = value[position]
                    write = (write + 1) & 4095
                    position += 1
                } else {
                    guard position + 1 < end else { return (output, false) }
                    let reference = Int(value[position]) << 8 | Int(value[position + 1])
                    position += 2
                    var read = reference >> 4
                    // A reference to where the next byte goes marks the end.
                    if read == write { return (output, true) }
                    for _ in 0..<(reference & 15) + 2 {
                        let byte = dictionary[read]
                        output.append(byte)
                        dictionary[write] = byte
                        read = (read + 1) & 4095
                        write = (write + 1) & 4095
                    }
                }
                if output.count > longest { throw OutlookError(.overLimit, at: UInt64(position), "RTF is too long") }
            }
        }
        // Without the mark of the end, the size tells it.
        return (output, output.count >= rawSize)
    }

    /// What the dictionary begins with (MS-OXRTFCP §2.1.3.1.1).
    private static let prefix = Array(
        (#"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "#
            + #"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"# + "\r\n"
            + #"\par \pard\plain\f0\fs20\b\i\u\tab\tx"#).utf8
    )

    /// CRC-32 without its usual first and last inversion (MS-OXRTFCP §2.1.3.2).
    enum CRC {
        private static let table: [UInt32] = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
        }

        static func compute(_ bytes: ArraySlice<UInt8>) -> UInt32 {
            bytes.reduce(UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
        }
    }
}
