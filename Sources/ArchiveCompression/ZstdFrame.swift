import ArchiveFormat

/// The header of a zstd frame (RFC 8878, section 3.1.1.1), read before the library sees the frame.
struct ZstdFrame {
    /// A window may not be greater than 8 MiB (format.md, section 5.2).
    static let mostWindow: UInt64 = 8 << 20

    /// The size of the decoded content, as stated.
    let contentSize: UInt64

    /// Refuses everything that the Spec does not allow, whatever the library would make of it.
    init(parsing bytes: UnsafeRawBufferPointer) throws(CompressionError) {
        guard bytes.count > 5, bytes.u32(0) == 0xFD2F_B528 else { throw .invalidStream }
        let descriptor = bytes[4]
        // Bit 3 is reserved; bits 0 and 1 give the size of a dictionary id.
        guard descriptor & 0b0000_1011 == 0 else { throw .invalidStream }
        let isSingleSegment = descriptor & 0b0010_0000 != 0
        var offset = 5
        var window: UInt64?
        if !isSingleSegment {
            let exponent = UInt64(bytes[5] >> 3)
            let mantissa = UInt64(bytes[5] & 7)
            let base = UInt64(1) << (10 + exponent)
            window = base + base / 8 * mantissa
            offset = 6
        }
        let sizeFlag = descriptor >> 6
        guard sizeFlag != 0 || isSingleSegment else { throw .invalidStream }
        let sizeCount = sizeFlag == 0 ? 1 : 1 << Int(sizeFlag)
        guard bytes.count >= offset + sizeCount else { throw .invalidStream }
        contentSize =
            switch sizeFlag {
            case 0: UInt64(bytes[offset])
            case 1: UInt64(bytes.u16(offset)) + 256
            case 2: UInt64(bytes.u32(offset))
            default: bytes.u64(offset)
            }
        guard window ?? contentSize <= ZstdFrame.mostWindow else { throw .invalidStream }
    }
}
