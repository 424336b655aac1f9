import ArchiveFormat
import Synchronization

/// Records with parts that were just opened, at hand for the messages that are made of them.
///
/// A message whose part stands in a record that another thread is at, or that comes later, waits for it.
final class PartShelf: Sendable {
    /// A message that waits: its entry, and a copy of its content object.
    struct Waiting: Sendable {
        var entry: Int
        var object: [UInt8]
    }

    enum Answer {
        case here(OpenedRecord)
        /// The message was put aside until the record is there.
        case waiting
        /// The record was there and has been let go, is bad, or is not among those read.
        case gone
    }

    private struct State {
        var records: [RecordPlace: OpenedRecord] = [:]
        var order: [RecordPlace] = []
        var byteCount = 0
        var done: Set<RecordPlace> = []
        var waiting: [RecordPlace: [Waiting]] = [:]
        var waitingByteCount = 0
    }

    private let segments: Set<UInt32>
    private let state = Mutex(State())
    private let mostBytes: Int
    private static let mostWaiting = 32 << 20

    /// A shelf for a pass over some segments.
    init(segments: Set<UInt32>, mostBytes: Int) {
        self.segments = segments
        self.mostBytes = mostBytes
    }

    /// The record, or what becomes of the message that needs it.
    func record(_ place: RecordPlace, orWait waiting: () -> Waiting) -> Answer {
        state.withLock { state in
            if let record = state.records[place] { return .here(record) }
            guard segments.contains(place.segment), !state.done.contains(place),
                state.waitingByteCount < PartShelf.mostWaiting
            else { return .gone }
            let message = waiting()
            state.waitingByteCount += message.object.count
            state.waiting[place, default: []].append(message)
            return .waiting
        }
    }

    /// A record was dealt with; `record` is nil when nobody can need it.
    ///
    /// Gives the messages that waited for it.
    func finished(_ place: RecordPlace, _ record: OpenedRecord?) -> [Waiting] {
        state.withLock { state in
            state.done.insert(place)
            if let record {
                state.records[place] = record
                state.order.append(place)
                state.byteCount += record.count
                while state.byteCount > mostBytes, !state.order.isEmpty {
                    let oldest = state.order.removeFirst()
                    state.byteCount -= state.records.removeValue(forKey: oldest)?.count ?? 0
                }
            }
            let ready = state.waiting.removeValue(forKey: place) ?? []
            state.waitingByteCount -= ready.reduce(0) { $0 + $1.object.count }
            return ready
        }
    }

    /// The entries that still wait: their records never came.
    func rest() -> [Int] { state.withLock { $0.waiting.values.joined().map(\.entry) } }
}
