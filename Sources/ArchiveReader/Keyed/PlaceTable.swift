import ArchiveFormat

/// The places of objects in the order in which they stand, and which of them were found to hold their object.
///
/// An object may have several copies: each is judged by itself, so that a bad one is reported beside a good one.
final class PlaceTable: Sendable {
    struct Entry: Sendable {
        var key: ObjectKey
        var place: ObjectPlace

        var record: RecordPlace { RecordPlace(segment: place.segment, unit: place.recordUnit) }
    }

    let entries: [Entry]
    // One byte for each entry; each is written by one thread only, and read when all have ended.
    private nonisolated(unsafe) let good: UnsafeMutableBufferPointer<Bool>

    /// The places in some segments.
    init(_ places: ObjectPlaces, in segments: Set<UInt32>) {
        var entries: [Entry] = []
        entries.reserveCapacity(places.count)
        places.forEach { key, place in
            if segments.contains(place.segment) { entries.append(Entry(key: key, place: place)) }
        }
        entries.sort { ($0.record, $0.place.position) < ($1.record, $1.place.position) }
        self.entries = entries
        good = .allocate(capacity: entries.count)
        good.initialize(repeating: false)
    }

    deinit { good.deallocate() }

    func markGood(_ index: Int) { good[index] = true }
    func isGood(_ index: Int) -> Bool { good[index] }

    /// The first entry that stands in a record, or behind it.
    private func first(at record: RecordPlace) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].record < record { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The entries of one record.
    func range(of record: RecordPlace) -> Range<Int> {
        let low = first(at: record)
        var high = low
        while high < entries.count, entries[high].record == record { high += 1 }
        return low..<high
    }

    /// Whether the object was found at one of its places.
    func isGood(_ place: ObjectPlace) -> Bool {
        range(of: RecordPlace(segment: place.segment, unit: place.recordUnit)).contains {
            entries[$0].place == place && good[$0]
        }
    }

    /// Whether all objects that the index names in a segment were found there.
    func isGood(segment: UInt32) -> Bool {
        let start = first(at: RecordPlace(segment: segment, unit: 0))
        let end = first(at: RecordPlace(segment: segment + 1, unit: 0))
        return good[start..<end].allSatisfy { $0 }
    }

    /// Objects of a kind that were found, each copy counted.
    func goodCount(_ kind: ObjectKind) -> Int { entries.indices.count { entries[$0].key.kind == kind && good[$0] } }

    /// Where the next record begins that the index names, from an offset on.
    func nextRecord(in segment: UInt32, from offset: UInt64) -> UInt64? {
        let index = first(at: RecordPlace(segment: segment, unit: UInt32(clamping: (offset + 63) / 64)))
        guard index < entries.count, entries[index].place.segment == segment else { return nil }
        return entries[index].record.offset
    }
}
