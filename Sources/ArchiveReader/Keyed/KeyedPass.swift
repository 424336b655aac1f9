import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Dispatch
import Synchronization

/// Reads some segments once, from their beginning to their end, on all threads, and checks all that stands in them.
///
/// Each byte is read once: hashed for its root, and opened, decoded and hashed for the ids of the objects in it. A
/// message is made of its parts while these are at hand (`PartShelf`); what could not be, `apart` names at the end.
final class KeyedPass: Sendable {
    let archive: Archive
    let table: PlaceTable
    let shelf: PartShelf
    let pool: MemoryPool
    private let segments: [SegmentCheck]
    private let next: Mutex<(index: Int, cursor: SegmentCursor?)>
    private let lists = Mutex<(apart: [Int], doubtful: [Int], proven: Int)>(([], [], 0))

    init(_ archive: Archive, _ files: [LiveFile], _ table: PlaceTable, _ pool: MemoryPool, atHand: Int) {
        self.archive = archive
        self.table = table
        self.pool = pool
        shelf = PartShelf(segments: Set(files.map(\.number)), mostBytes: atHand)
        segments = files.map { SegmentCheck(archive, $0) }
        next = Mutex((0, nil))
    }

    /// Reads everything; `progress` is told the bytes that were dealt with, and says whether to go on.
    ///
    /// Gives whether all was read.
    func run(threads: Int, _ progress: @Sendable (_ more: UInt64) -> Bool) -> Bool {
        let isWhole = Atomic<Bool>(true)
        DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
            var worker = KeyedPassWorker(self)
            while let (segment, stretch) = nextStretch() {
                worker.check(stretch, of: segment)
                guard progress(stretch.end - stretch.start) else { return isWhole.store(false, ordering: .relaxed) }
            }
        }
        lists.withLock { $0.apart += shelf.rest() }
        return isWhole.load(ordering: .relaxed)
    }

    /// The entries whose message is made of pieces that were not at hand together.
    var apart: [Int] { lists.withLock { $0.apart.sorted() } }
    /// The entries in good records that did not give their object.
    var doubtful: [Int] { lists.withLock { $0.doubtful.sorted() } }
    /// Roots, and what was found in each segment.
    var results: [SegmentCheck] { segments }

    func isApart(_ entry: Int) { lists.withLock { $0.apart.append(entry) } }
    func isDoubtful(_ entry: Int) { lists.withLock { $0.doubtful.append(entry) } }

    private func nextStretch() -> (SegmentCheck, SegmentStretch)? {
        next.withLock { next in
            while next.index < segments.count {
                let segment = segments[next.index]
                if next.cursor == nil {
                    let (table, number) = (table, segment.live.number)
                    next.cursor = segment.file.map { file in
                        SegmentCursor(segment.live, file, archive.log.archiveID) { offset in
                            table.nextRecord(in: number, from: offset)
                        }
                    }
                }
                if let stretch = next.cursor?.next() { return (segment, stretch) }
                next.cursor?.finish()
                segment.add(next.cursor?.findings ?? [])
                next = (next.index + 1, nil)
            }
            return nil
        }
    }
}

/// What is known of one segment while it is read.
final class SegmentCheck: Sendable {
    let live: LiveFile
    /// nil when it is not there, or cannot be opened.
    let file: (any ReadableFile)?
    /// nil when the envelope does not open.
    let key: SegmentKey?
    private let state: Mutex<(findings: [Finding], leaves: [Bytes32], failure: String?)>

    init(_ archive: Archive, _ live: LiveFile) {
        self.live = live
        let path = livePath(archive.log.storage, .segment, live.number)
        var findings: [Finding] = []
        // What is missing or too short was said already (E501, E502).
        file = try? archive.log.storage.openForReading(path, expecting: .sequential)
        do throws(ArchiveError) {
            key = try archive.records.segmentKey(live.number)
        } catch {
            key = nil
            findings.append(Finding(error.code, error.place, error.detail))
        }
        let count = file == nil ? 0 : Int((live.length + UInt64(Limits.block) - 1) / UInt64(Limits.block))
        state = Mutex((findings, Array(repeating: .zero, count: count), nil))
    }

    var path: String { ArchiveLayout.segment(live.number).description }

    func place(_ offset: UInt64) -> String { "\(path) at \(offset)" }

    func add(_ findings: [Finding]) {
        if !findings.isEmpty { state.withLock { $0.findings += findings } }
    }

    func add(_ error: ArchiveError) { add([Finding(error.code, error.place, error.detail)]) }

    /// Part of it could not be read.
    func fail(_ message: String) { state.withLock { $0.failure = $0.failure ?? message } }

    func set(_ leaves: [(index: Int, leaf: Bytes32)]) {
        state.withLock { state in
            for (index, leaf) in leaves where index < state.leaves.count { state.leaves[index] = leaf }
        }
    }

    /// Whether it is there in its whole length, and nothing was found.
    var isGood: Bool { findings.isEmpty && (file?.byteCount ?? 0) >= live.length }

    /// What was found in it, its root included; after all of it was read.
    var findings: [Finding] {
        state.withLock { state in
            guard let file, file.byteCount >= live.length else { return state.findings }
            if let failure = state.failure {
                return state.findings + [Finding(.fileRoot, path, cause: .inputOutput, failure)]
            }
            let root = TreeHasher.root(byteCount: live.length, leaves: state.leaves)
            return state.findings + (root == live.root ? [] : [Finding(.fileRoot, path)])
        }
    }
}
