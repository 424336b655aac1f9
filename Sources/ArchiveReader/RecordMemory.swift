import ArchiveFormat
import Synchronization

/// Memory that is allocated once and used again and again, never zeroed.
///
/// Whoever holds it alone may write it; once it is shared it is only read.
final class RecordMemory: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer
    private let pool: MemoryPool?

    fileprivate init(_ bytes: UnsafeMutableRawBufferPointer, _ pool: MemoryPool?) {
        self.bytes = bytes
        self.pool = pool
    }

    deinit {
        if let pool { pool.take(back: bytes) } else { bytes.deallocate() }
    }
}

/// Keeps the memory of records that were let go, for the next ones: fresh pages cost more than decoding them.
final class MemoryPool: Sendable {
    private struct Free {
        var addresses: [Int: [UInt]] = [:]
        var byteCount = 0
    }

    /// Most bytes kept without use.
    private let limit: Int
    private let free = Mutex(Free())

    init(keeping limit: Int) { self.limit = limit }

    deinit {
        free.withLock { free in
            for address in free.addresses.values.joined() { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
        }
    }

    /// Memory for at least so many bytes; its contents are undefined.
    func memory(_ count: Int) -> RecordMemory {
        // Powers of two, so that what comes back fits the next; pages that are not touched cost nothing.
        let capacity = max(64 << 10, count.isPowerOfTwo ? count : 1 << (Int.bitWidth - count.leadingZeroBitCount))
        let address = free.withLock { free -> UInt? in
            guard let address = free.addresses[capacity]?.popLast() else { return nil }
            free.byteCount -= capacity
            return address
        }
        let start =
            address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
            ?? UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        return RecordMemory(UnsafeMutableRawBufferPointer(start: start, count: capacity), self)
    }

    fileprivate func take(back bytes: UnsafeMutableRawBufferPointer) {
        let address = UInt(bitPattern: bytes.baseAddress)
        let isKept = free.withLock { free -> Bool in
            guard free.byteCount + bytes.count <= limit else { return false }
            free.byteCount += bytes.count
            free.addresses[bytes.count, default: []].append(address)
            return true
        }
        if !isKept { bytes.deallocate() }
    }
}

extension Int {
    fileprivate var isPowerOfTwo: Bool { self > 0 && self & (self - 1) == 0 }
}

/// Where a record begins.
struct RecordPlace: Hashable, Comparable, Sendable {
    var segment: UInt32
    /// Offset in the segment, divided by 64.
    var unit: UInt32

    var offset: UInt64 { UInt64(unit) * 64 }

    init(segment: UInt32, unit: UInt32) {
        self.segment = segment
        self.unit = unit
    }

    static func < (left: RecordPlace, right: RecordPlace) -> Bool {
        (left.segment, left.unit) < (right.segment, right.unit)
    }
}

/// A decoded record in memory that goes back to its pool.
final class OpenedRecord: Sendable {
    let place: RecordPlace
    let type: UInt8
    let count: Int
    private let memory: RecordMemory

    init(_ place: RecordPlace, type: UInt8, count: Int, _ memory: RecordMemory) {
        self.place = place
        self.type = type
        self.count = count
        self.memory = memory
    }

    /// Valid as long as the record is held.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory.bytes).slice(0, count) }
}

/// Some bytes of memory that is held.
struct HeldBytes: Sendable {
    private let memory: RecordMemory
    private let range: Range<Int>

    init(_ memory: RecordMemory, _ range: Range<Int>) {
        self.memory = memory
        self.range = range
    }

    /// Valid as long as this is held.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(memory.bytes).slice(range.lowerBound, range.count) }
}

/// Copies of byte strings, many in one piece of memory.
struct CopiedBytes {
    private let pool: MemoryPool
    private var memory: RecordMemory?
    private var filled = 0

    init(_ pool: MemoryPool) { self.pool = pool }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) -> HeldBytes {
        let room: RecordMemory
        if let memory, memory.bytes.count - filled >= bytes.count {
            room = memory
        } else {
            // Small at first: many records give one small object only.
            room = pool.memory(max(bytes.count, memory == nil ? 64 << 10 : 1 << 20))
            memory = room
            filled = 0
        }
        let range = filled..<filled + bytes.count
        filled += bytes.count
        UnsafeMutableRawBufferPointer(rebasing: room.bytes[range]).copyMemory(from: bytes)
        return HeldBytes(room, range)
    }
}
