import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Dispatch

/// Groups objects into records, packs and seals these on other threads, and hands them over in order.
///
/// Two steps, since a seal covers the record's offset, and that is known when the records before it are packed. Contents
/// and parts go into groups of their own: text packs with text, and decoded attachments hardly pack at all.
final class RecordPipeline {
    /// An object in a group: where it begins in the decoded record.
    struct Entry: Sendable {
        var key: ObjectKey
        var position: Int
        var size: Int
    }

    private struct Group {
        var objects: [(key: ObjectKey, bytes: OwnedBytes)] = []
        var byteCount = 0
    }

    private struct Packing {
        let entries: [Entry]
        let byteCount: Int
        let packed: Pending<PackedRecord>
    }

    private let coder: RecordCoder
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.records", attributes: .concurrent)
    private var contents = Group()
    private var parts = Group()
    private var packing: [Packing] = []
    private var sealing: [Pending<SealedRecord>] = []
    /// Bytes of records that are being packed: at most so many, and a little, will go into the segment.
    private var packingByteCount = 0

    /// Bytes at which a group is packed: 4 MiB packs 3 % better than 1 MiB.
    private static let groupTarget = 4 << 20

    /// Records that are packed or sealed at once, however many processors there are: each holds up to 24 MiB.
    private static let mostRecords = 8
    /// Bytes that are packed at once; together with what has its place they must stay below a segment's limit.
    private static let mostPacking = 48 << 20

    init(keys: AppendKeys, codec: Codec, level: Int?, jobs: Int) {
        coder = RecordCoder(keys: keys, codec: codec, level: level)
        mostInFlight = min(max(1, jobs) + 1, RecordPipeline.mostRecords)
    }

    var hasPending: Bool {
        !contents.objects.isEmpty || !parts.objects.isEmpty || !packing.isEmpty || !sealing.isEmpty
    }

    /// Bytes, before packing, that have no place in a segment yet.
    var unplacedByteCount: Int { contents.byteCount + parts.byteCount + packingByteCount }

    /// Adds an object to the group of its kind; its bytes are kept, not copied.
    func add(_ key: ObjectKey, _ bytes: OwnedBytes) {
        if key.kind == .content {
            append(key, bytes, to: &contents)
        } else {
            append(key, bytes, to: &parts)
        }
    }

    private func append(_ key: ObjectKey, _ bytes: OwnedBytes, to group: inout Group) {
        if group.objects.count >= ObjectGroup.mostObjects
            || (!group.objects.isEmpty && group.byteCount + bytes.count > RecordPipeline.groupTarget)
        {
            start(&group)
        }
        group.objects.append((key, bytes))
        group.byteCount += bytes.count
    }

    /// Packs what is left in the groups.
    func flush() {
        start(&contents)
        start(&parts)
    }

    private func start(_ group: inout Group) {
        guard !group.objects.isEmpty else { return }
        let objects = group.objects
        group = Group()
        var entries: [Entry] = []
        entries.reserveCapacity(objects.count)
        var position = ObjectGroup.tableByteCount(objects.count)
        for (key, bytes) in objects {
            entries.append(Entry(key: key, position: position, size: bytes.count))
            position += bytes.count
        }
        let count = position
        let packed = Pending<PackedRecord>(on: queue) { [coder] () throws(ArchiveError) in
            try coder.pack(.objects, count: count) { out in
                ObjectGroup.write(objects, to: out)
            }
        }
        packing.append(Packing(entries: entries, byteCount: count, packed: packed))
        packingByteCount += count
    }

    /// A record of another type, whose bytes are made and checked on a worker thread.
    func add(_ type: RecordType, _ make: @escaping @Sendable () throws(ArchiveError) -> [UInt8]) {
        let packed = Pending<PackedRecord>(on: queue) { [coder] () throws(ArchiveError) in
            let bytes = try make()
            return try coder.pack(type, count: bytes.count) { out in
                bytes.withUnsafeBytes { out.copyMemory(from: $0) }
            }
        }
        packing.append(Packing(entries: [], byteCount: 0, packed: packed))
    }

    private var isPackingEnough: Bool {
        packing.count > mostInFlight || packingByteCount > RecordPipeline.mostPacking
    }

    /// The next record that is packed and needs a place; waits for it when told, or when too many are under way.
    func nextPacked(waiting: Bool) throws(ArchiveError) -> (PackedRecord, [Entry])? {
        guard let first = packing.first, waiting || isPackingEnough || first.packed.isDone else {
            return nil
        }
        packing.removeFirst()
        packingByteCount -= first.byteCount
        return (try first.packed.wait(), first.entries)
    }

    /// Seals a record that has its place now.
    func seal(_ record: PackedRecord, in segment: SegmentWriter) {
        let header = segment.place(record)
        let key = segment.key
        sealing.append(
            Pending(on: queue) { [coder] () throws(ArchiveError) in try coder.seal(record, header, key: key) }
        )
    }

    /// The next record that is sealed and proven, in order of their places.
    func nextSealed(waiting: Bool) throws(ArchiveError) -> SealedRecord? {
        guard let first = sealing.first, waiting || sealing.count > mostInFlight || first.isDone else { return nil }
        sealing.removeFirst()
        return try first.wait()
    }
}

extension ObjectGroup {
    /// Writes a group record: count, table, then the objects one behind the other (Spec, format.md, section 8.1).
    static func write(_ objects: [(key: ObjectKey, bytes: OwnedBytes)], to out: UnsafeMutableRawBufferPointer) {
        out.put(UInt32(objects.count), 0)
        var entry = 4
        var position = tableByteCount(objects.count)
        for (key, bytes) in objects {
            out[entry] = key.kind.rawValue
            out.put(UInt32(bytes.count), entry + 1)
            entry += entryByteCount
            UnsafeMutableRawBufferPointer(rebasing: out[position...]).copyMemory(from: bytes.bytes)
            position += bytes.count
        }
    }
}
