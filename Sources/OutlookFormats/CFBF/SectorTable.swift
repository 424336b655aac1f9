import MailFormats

/// A FAT or mini FAT: which sector follows which (MS-CFB §2.3, §2.4).
///
/// Of the table at most 64 sectors are held in memory.
final class SectorTable {
    private static let slots = 64

    private let source: any ByteSource
    private let shift: Int
    /// The sectors of the file that hold the table, in order.
    private let sectors: [UInt32]
    private var held: [(number: Int, bytes: [UInt8])]
    private let name: String

    /// - Parameters:
    ///   - shift: the size of the sectors that hold the table, as a power of two.
    ///   - name: what the table is called in errors.
    init(_ source: any ByteSource, shift: Int, sectors: [UInt32], name: String) {
        self.source = source
        self.shift = shift
        self.sectors = sectors
        self.name = name
        held = Array(repeating: (-1, []), count: Self.slots)
    }

    /// Where the file says what follows a sector; 0 where the table does not reach it.
    func place(of sector: UInt32) -> UInt64 {
        let number = Int(sector) >> (shift - 2)
        guard number < sectors.count else { return 0 }
        return (UInt64(sectors[number]) + 1) << UInt64(shift) + UInt64(index(of: sector) * 4)
    }

    /// The sector that follows, or a mark.
    func next(after sector: UInt32) throws(OutlookError) -> UInt32 {
        let number = Int(sector) >> (shift - 2)
        guard number < sectors.count else {
            throw OutlookError(.damaged, at: 0, "the \(name) ends before sector \(sector)")
        }
        let slot = number % Self.slots
        if held[slot].number != number {
            let offset = (UInt64(sectors[number]) + 1) << UInt64(shift)
            held[slot] = (number, try source.available(1 << shift, at: offset, "the \(name)"))
        }
        guard let next = held[slot].bytes.number32(at: index(of: sector) * 4) else {
            throw OutlookError(.cutShort, at: source.byteCount, "the \(name)")
        }
        return next
    }

    private func index(of sector: UInt32) -> Int { Int(sector) & ((1 << (shift - 2)) - 1) }
}
