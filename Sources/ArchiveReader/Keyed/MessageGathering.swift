import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Dispatch
import Synchronization

/// Makes many messages at once whose pieces may lie anywhere: each record is opened once for all of them.
///
/// What comes out is proven: its hash is the id that was asked for. What does not is left out, and `Archive.message`
/// says why.
struct MessageGathering {
    struct Wanted: Sendable {
        var content: Bytes32
        var size: UInt64
        /// The copy of the content object to take; nil: the first.
        var place: ObjectPlace?
    }

    let archive: Archive
    let threads: Int
    let pool: MemoryPool

    /// Most bytes of messages that are made at once.
    static let budget: UInt64 = 32 << 20
    /// A longer message is better made by itself, in a stream.
    static let longest: UInt64 = 16 << 20

    /// How many messages, from a position on, are made at once.
    static func round(of wanted: [Wanted], from start: Int) -> Range<Int> {
        var size: UInt64 = 0
        var end = start
        while end < wanted.count, end == start || size + min(wanted[end].size, longest) <= budget {
            size += min(wanted[end].size, longest)
            end += 1
        }
        return start..<end
    }

    /// Makes messages, which are together not over the budget; nil in the place of each that did not come out.
    func make(_ wanted: ArraySlice<Wanted>) -> [HeldBytes?] {
        let wanted = Array(wanted)
        var orders: [RecordPlace: [(index: Int, place: ObjectPlace)]] = [:]
        for (index, message) in wanted.enumerated() where message.size <= MessageGathering.longest {
            let places = archive.places[ObjectKey(message.content, .content)]
            guard let place = message.place ?? places.first else { continue }
            orders[RecordPlace(segment: place.segment, unit: place.recordUnit), default: []].append((index, place))
        }
        let objects = Mutex<[Int: HeldBytes]>([:])
        let parts = Mutex<[ObjectKey: HeldBytes]>([:])
        let missing = Mutex<Set<ObjectKey>>([])
        open(orders) { record, orders in
            var copies = CopiedBytes(pool)
            var found: [(Int, HeldBytes)] = []
            var here: [ObjectKey: HeldBytes] = [:]
            var elsewhere: Set<ObjectKey> = []
            for (index, place) in orders {
                guard let bytes = record.object(at: place), let assembly = MessageAssembly(bytes),
                    assembly.size == wanted[index].size
                else { continue }
                found.append((index, copies.copy(bytes)))
                assembly.forEachPart { part in
                    let key = ObjectKey(part.id, .part)
                    guard here[key] == nil, !elsewhere.contains(key) else { return }
                    let place = archive.places[key].first {
                        RecordPlace(segment: $0.segment, unit: $0.recordUnit) == record.place
                    }
                    if let place, let bytes = record.object(at: place) {
                        here[key] = copies.copy(bytes)
                    } else {
                        elsewhere.insert(key)
                    }
                }
            }
            objects.withLock { objects in for (index, bytes) in found { objects[index] = bytes } }
            parts.withLock { $0.merge(here) { old, _ in old } }
            missing.withLock { $0.formUnion(elsewhere) }
        }
        var partOrders: [RecordPlace: [(key: ObjectKey, place: ObjectPlace)]] = [:]
        let known = parts.withLock { Set($0.keys) }
        for key in missing.withLock({ $0 }) where !known.contains(key) {
            guard let place = archive.places[key].first else { continue }
            partOrders[RecordPlace(segment: place.segment, unit: place.recordUnit), default: []].append((key, place))
        }
        open(partOrders) { record, orders in
            var copies = CopiedBytes(pool)
            for (key, place) in orders {
                guard let bytes = record.object(at: place) else { continue }
                let copy = copies.copy(bytes)
                parts.withLock { $0[key] = copy }
            }
        }
        return assemble(wanted, objects.withLock { $0 }, parts.withLock { $0 })
    }

    /// Opens records on all threads, in the order in which they stand; those that do not open are passed over.
    private func open<Order: Sendable>(
        _ orders: [RecordPlace: [Order]],
        _ body: @Sendable (OpenedRecord, [Order]) -> Void
    ) {
        let records = orders.keys.sorted()
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: min(threads, records.count)) { _ in
            var opener = RecordOpener()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < records.count else { return }
                guard let record = try? archive.records.open(records[index], &opener, pool) else { continue }
                body(record, orders[records[index]] ?? [])
            }
        }
    }

    private func assemble(_ wanted: [Wanted], _ objects: [Int: HeldBytes], _ parts: [ObjectKey: HeldBytes])
        -> [HeldBytes?]
    {
        let made = Mutex<[HeldBytes?]>(Array(repeating: nil, count: wanted.count))
        let next = Atomic<Int>(0)
        let keys = archive.access.read.append
        let share = 64
        DispatchQueue.concurrentPerform(iterations: min(threads, (wanted.count + share - 1) / share)) { _ in
            var batch = HashBatch()
            while true {
                let start = next.add(share, ordering: .relaxed).oldValue
                guard start < wanted.count else { return }
                let range = start..<min(wanted.count, start + share)
                var results: [HeldBytes?] = []
                let memory = pool.memory(
                    range.reduce(0) { sum, index in
                        // What is too long was not looked for, and needs no memory.
                        objects[index] == nil ? sum : sum + MessageAssembly.capacity(of: wanted[index].size)
                    }
                )
                var filled = 0
                for index in range {
                    guard let size = make(objects[index], parts, memory, filled) else {
                        results.append(nil)
                        continue
                    }
                    let place = filled..<filled + size
                    filled += MessageAssembly.capacity(of: UInt64(size))
                    results.append(HeldBytes(memory, place))
                    batch.add(content: UnsafeRawBufferPointer(memory.bytes).slice(place.lowerBound, size), tag: index)
                }
                batch.run(keys) { index, hash in
                    if hash != wanted[index].content { results[index - start] = nil }
                }
                made.withLock { made in made.replaceSubrange(range, with: results) }
            }
        }
        return made.withLock { $0 }
    }

    /// Makes one message in memory from an offset on; gives its size.
    private func make(
        _ object: HeldBytes?,
        _ parts: [ObjectKey: HeldBytes],
        _ memory: RecordMemory,
        _ offset: Int
    ) -> Int? {
        guard let object, let assembly = MessageAssembly(object.bytes) else { return nil }
        let size = Int(assembly.size)
        guard memory.bytes.count - offset >= assembly.capacity else { return nil }
        let target = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[offset..<offset + assembly.capacity])
        guard assembly.recipe != nil else {
            UnsafeMutableRawBufferPointer(rebasing: target[0..<size]).copyMemory(from: assembly.literals)
            return size
        }
        var pieces: [UnsafeRawBufferPointer] = []
        assembly.forEachPart { part in
            if let bytes = parts[ObjectKey(part.id, .part)]?.bytes { pieces.append(bytes) }
        }
        return assembly.make(pieces, into: target) ? size : nil
    }
}
