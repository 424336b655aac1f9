import MailFormats

/// The header of a compound file (MS-CFB §2.2).
struct CompoundHeader {
    /// What each compound file begins with.
    static let magic: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    /// Files beyond so many bytes are refused: what is known of each sector must fit into memory.
    static let largestFile: UInt64 = 1 << 36
    /// Streams shorter than so many bytes lie in the mini stream.
    static let miniStreamCutoff: UInt64 = 4096

    /// Sectors have two to the power of this bytes: 9 or 12.
    var shift: Int
    /// 3 or 4.
    var version: UInt16
    /// How many sectors hold the FAT, as the header says.
    var fatSectorCount: UInt32
    var directoryStart: UInt32
    var miniFATStart: UInt32
    var difatStart: UInt32
    var difatSectorCount: UInt32
    /// The places of the first 109 sectors of the FAT.
    var firstFATSectors: [UInt32]

    init(_ source: any ByteSource) throws(OutlookError) {
        let bytes = try source.available(512, at: 0, "the header of the compound file")
        guard bytes.starts(with: Self.magic) else { throw OutlookError(.notThisFormat, at: 0, "not a compound file") }
        guard bytes.count == 512 else {
            throw OutlookError(.cutShort, at: UInt64(bytes.count), "the header of the compound file")
        }
        guard source.byteCount <= Self.largestFile else {
            throw OutlookError(.overLimit, at: Self.largestFile, "the length of the compound file")
        }
        func number(_ offset: Int) -> UInt32 { bytes.number32(at: offset) ?? 0 }
        version = bytes.number16(at: 26) ?? 0
        guard bytes.number16(at: 28) == 0xFFFE else { throw OutlookError(.damaged, at: 28, "the byte order mark") }
        guard let power = bytes.number16(at: 30), (version == 3 && power == 9) || (version == 4 && power == 12) else {
            throw OutlookError(.damaged, at: 26, "the version or the size of the sectors")
        }
        shift = Int(power)
        guard bytes.number16(at: 32) == 6 else { throw OutlookError(.damaged, at: 32, "the size of the mini sectors") }
        guard number(56) == UInt32(Self.miniStreamCutoff) else {
            throw OutlookError(.damaged, at: 56, "the cutoff of the mini stream")
        }
        fatSectorCount = number(44)
        directoryStart = number(48)
        miniFATStart = number(60)
        difatStart = number(68)
        difatSectorCount = number(72)
        firstFATSectors = (0..<109).map { number(76 + 4 * $0) }
    }
}

/// Numbers of sectors that are none (MS-CFB §2.1).
enum SectorMark {
    /// The first number that no sector has.
    static let first: UInt32 = 0xFFFF_FFFB
    static let endOfChain: UInt32 = 0xFFFF_FFFE
    static let free: UInt32 = 0xFFFF_FFFF
}
