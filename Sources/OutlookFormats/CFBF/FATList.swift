import MailFormats

/// Where the sectors of the FAT are: in the header, and in the DIFAT's chain of sectors (MS-CFB §2.5).
struct FATList {
    /// The sectors of the FAT, in order.
    var sectors: [UInt32] = []
    /// The sectors of the DIFAT.
    var difat: [UInt32] = []
    var damage: [OutlookError] = []
    /// How many sectors the file has.
    private let count: UInt32

    init(count: UInt32) { self.count = count }

    mutating func gather(_ source: any ByteSource, _ header: CompoundHeader) throws(OutlookError) {
        let perSector = 1 << (header.shift - 2)
        // More cannot be of use: they would tell of sectors behind the end of the file.
        let most = (Int(count) + perSector - 1) / perSector
        let wanted = Int(header.fatSectorCount)
        if wanted > most {
            damage.append(OutlookError(.cutShort, at: 44, "the file is shorter than its FAT tells of"))
        }
        add(header.firstFATSectors, most: wanted, at: 76)
        var next = header.difatStart
        var seen = Set<UInt32>()
        while sectors.count < min(wanted, most), next < SectorMark.first {
            guard next < count, seen.insert(next).inserted else {
                damage.append(OutlookError(.damaged, at: 68, "the DIFAT leaves the file or runs in a circle"))
                break
            }
            difat.append(next)
            let offset = (UInt64(next) + 1) << UInt64(header.shift)
            let bytes = try source.available(1 << header.shift, at: offset, "the DIFAT")
            add((0..<perSector - 1).compactMap { bytes.number32(at: 4 * $0) }, most: wanted, at: offset)
            next = bytes.number32(at: 4 * (perSector - 1)) ?? SectorMark.endOfChain
        }
        if sectors.count < min(wanted, most) {
            damage.append(OutlookError(.damaged, at: 44, "not all of the FAT is found"))
        }
        guard !sectors.isEmpty else { throw OutlookError(.damaged, at: 44, "the file has no FAT") }
    }

    private mutating func add(_ numbers: [UInt32], most: Int, at offset: UInt64) {
        for number in numbers where sectors.count < most {
            // A free place ends the list, whatever the header counts.
            guard number < SectorMark.first else { return }
            sectors.append(number)
        }
    }
}
