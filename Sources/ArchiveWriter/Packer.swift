import ArchiveCompression
import ArchiveFormat
import ArchiveReader
import Dispatch
import Synchronization

/// Groups objects into records and packs these on other threads, giving them back in order.
///
/// Contents and parts go into groups of their own: text packs with text, and decoded attachments hardly pack at all.
final class Packer {
    let codec: Codec
    let level: Int?
    private let mostInFlight: Int
    private let queue = DispatchQueue(label: "portable-archive.packer", attributes: .concurrent)
    private var contents = Group()
    private var parts = Group()
    private var inFlight: [Job] = []

    /// Bytes at which a group is packed: 4 MiB packs 3 % better than 1 MiB.
    private static let groupTarget = 4 << 20

    struct Entry: Sendable {
        var key: ObjectKey
        var position: Int
        var size: Int
    }

    struct Finished {
        var result: Result<PackedRecord, ArchiveError>
        var entries: [Entry]
    }

    private struct Group {
        var bytes: [UInt8] = []
        var keys: [(key: ObjectKey, size: Int)] = []
    }

    private final class Job: Sendable {
        let entries: [Entry]
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Result<PackedRecord, ArchiveError>?>(nil)

        init(entries: [Entry]) { self.entries = entries }
    }

    init(codec: Codec, level: Int?, jobs: Int) {
        self.codec = codec
        // Level 3 against the compressor's faster default: 2 % smaller, a quarter slower (Spec of the archive: either).
        self.level = level ?? (codec == .zstd ? 3 : nil)
        mostInFlight = max(1, jobs) + 1
    }

    var hasPending: Bool { !contents.keys.isEmpty || !parts.keys.isEmpty || !inFlight.isEmpty }

    /// Adds an object; gives back a finished record when too many are under way.
    func add(_ key: ObjectKey, _ bytes: UnsafeRawBufferPointer) -> Finished? {
        if key.kind == .content {
            Packer.append(key, bytes, to: &contents, self)
        } else {
            Packer.append(key, bytes, to: &parts, self)
        }
        guard inFlight.count > mostInFlight else { return nil }
        return wait()
    }

    private static func append(
        _ key: ObjectKey,
        _ bytes: UnsafeRawBufferPointer,
        to group: inout Group,
        _ packer: Packer
    ) {
        if group.keys.count >= ObjectGroup.mostObjects
            || (!group.keys.isEmpty && group.bytes.count + bytes.count > groupTarget)
        {
            packer.start(&group)
        }
        if group.bytes.isEmpty { group.bytes.reserveCapacity(groupTarget + 65_536) }
        group.bytes.append(contentsOf: bytes)
        group.keys.append((key, bytes.count))
    }

    private func start(_ group: inout Group) {
        guard !group.keys.isEmpty else { return }
        let full = group
        group = Group()
        var entries: [Entry] = []
        entries.reserveCapacity(full.keys.count)
        var position = ObjectGroup.tableByteCount(full.keys.count)
        for (key, size) in full.keys {
            entries.append(Entry(key: key, position: position, size: size))
            position += size
        }
        let total = position
        let job = Job(entries: entries)
        inFlight.append(job)
        queue.async { [codec, level] in
            var record: [UInt8] = []
            record.reserveCapacity(total)
            record.append(littleEndian: UInt32(job.entries.count))
            for entry in job.entries {
                record.append(entry.key.kind.rawValue)
                record.append(littleEndian: UInt32(entry.size))
            }
            record.append(contentsOf: full.bytes)
            let result: Result<PackedRecord, ArchiveError>
            do throws(ArchiveError) {
                result = .success(try PackedRecord(type: .objects, record, codec: codec, level: level))
            } catch {
                result = .failure(error)
            }
            job.result.withLock { $0 = result }
            job.done.signal()
        }
    }

    private func wait() -> Finished? {
        guard !inFlight.isEmpty else { return nil }
        let job = inFlight.removeFirst()
        job.done.wait()
        guard let result = job.result.withLock({ $0 }) else { return nil }
        return Finished(result: result, entries: job.entries)
    }

    /// Packs what is left in the groups.
    func flush() {
        start(&contents)
        start(&parts)
    }

    /// The next finished record in order; waits for it, or only takes what is done.
    func next(waiting: Bool) -> Finished? {
        guard let first = inFlight.first else { return nil }
        if !waiting, first.result.withLock({ $0 == nil }) { return nil }
        return wait()
    }
}
