import MailFormats

/// Sectors of one size that are chained by a table: those of the file by its FAT, those of the mini stream by the mini FAT.
///
/// Each sector belongs to one chain. To find out that it does, all chains are claimed before any is used; sectors that
/// two chains claim, or one twice, are shared, and no chain with a shared sector is used, since nobody knows whose it is.
struct SectorSpace {
    /// A chain as far as it could be followed.
    struct Chain {
        var extents: [Extent] = []
        var sectorCount: UInt64 = 0
        /// Why it could not be followed to its end.
        var fault: OutlookError?
        /// Whether it goes on behind the sectors that were asked for.
        var goesOn = false
    }

    /// How many sectors there are.
    let count: UInt32
    private let name: String
    private let table: SectorTable
    private var claimed: BitSet
    private var shared: BitSet

    /// - Parameter name: what one of the sectors is called in errors.
    init(count: UInt32, table: SectorTable, name: String) {
        self.count = count
        self.table = table
        self.name = name
        claimed = BitSet(count: count)
        shared = BitSet(count: count)
    }

    /// Claims one sector that is in no chain; false when it is claimed already or there is no such sector.
    mutating func claim(_ sector: UInt32) -> Bool {
        guard sector < count else { return false }
        guard claimed.insert(sector) else {
            shared.insert(sector)
            return false
        }
        return true
    }

    /// Claims a chain to its end, but at most so many sectors of it.
    mutating func claimChain(from start: UInt32, most: UInt64) -> Chain {
        var chain = Chain()
        follow(from: start, most: most, &chain) { space, sector in space.claim(sector) }
        return chain
    }

    /// Follows a claimed chain.
    func chain(from start: UInt32, needed: UInt64) throws(OutlookError) -> Chain {
        var chain = Chain()
        var space = self
        space.follow(from: start, most: needed, &chain) { space, sector in !space.shared.contains(sector) }
        if let fault = chain.fault { throw fault }
        guard chain.sectorCount == needed else {
            throw OutlookError(.damaged, at: table.place(of: start), "the chain of \(name)s ends before its stream")
        }
        return chain
    }

    private mutating func follow(
        from start: UInt32,
        most: UInt64,
        _ chain: inout Chain,
        _ mayTake: (inout SectorSpace, UInt32) -> Bool
    ) {
        var sector = start
        var place: UInt64 = 0
        while sector != SectorMark.endOfChain {
            guard chain.sectorCount < most else {
                chain.goesOn = true
                return
            }
            guard sector < count else {
                let reason: OutlookError.Reason = sector < SectorMark.first ? .cutShort : .damaged
                chain.fault = OutlookError(reason, at: place, "\(name) \(sector), which is not there")
                return
            }
            guard mayTake(&self, sector) else {
                chain.fault = OutlookError(.damaged, at: place, "\(name) \(sector), which is in two places")
                return
            }
            chain.add(sector)
            place = table.place(of: sector)
            do throws(OutlookError) {
                sector = try table.next(after: sector)
            } catch {
                chain.fault = error
                return
            }
        }
    }
}

extension SectorSpace.Chain {
    fileprivate mutating func add(_ sector: UInt32) {
        if let last = extents.indices.last, extents[last].start &+ extents[last].count == sector {
            extents[last].count += 1
        } else {
            extents.append(Extent(start: sector, count: 1, position: UInt32(truncatingIfNeeded: sectorCount)))
        }
        sectorCount += 1
    }
}

/// Sectors of one chain that lie behind each other in the file.
struct Extent: Sendable {
    var start: UInt32
    var count: UInt32
    /// How many sectors of the chain are before it.
    var position: UInt32
}

/// A set of sectors or of entries.
struct BitSet {
    private var words: [UInt64]

    init(count: UInt32) { words = [UInt64](repeating: 0, count: Int((UInt64(count) + 63) / 64)) }

    func contains(_ member: UInt32) -> Bool { words[Int(member >> 6)] & 1 << UInt64(member & 63) != 0 }

    /// Returns whether it was not in the set before.
    @discardableResult
    mutating func insert(_ member: UInt32) -> Bool {
        let bit: UInt64 = 1 << UInt64(member & 63)
        defer { words[Int(member >> 6)] |= bit }
        return words[Int(member >> 6)] & bit == 0
    }
}
