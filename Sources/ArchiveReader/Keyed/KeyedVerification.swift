import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Synchronization

/// Opens every record, rebuilds every message, checks every part (Spec, format.md, section 7.8).
///
/// Segments are read in the order in which they stand, some at a time, each byte once (`KeyedPass`). Messages whose
/// parts lie too far apart are made afterwards, many at a time (`MessageGathering`); what does neither come out so is
/// judged by itself. Then every imported file is made again and compared with its proof.
package struct KeyedVerification {
    let archive: Archive
    let threads: Int
    let pool = MemoryPool(keeping: 96 << 20)
    private let table: PlaceTable
    private let scope: VerificationScope
    private let atHand: Int
    /// All segments with bytes, and those that are looked at.
    private let live: [LiveFile]
    private let segments: [LiveFile]
    private var report: VerificationReport
    private var said: Set<String> = []
    private var lostMessages: Set<Bytes32> = []

    /// Verifies an archive, or the part of it that `scope` says.
    ///
    /// - Parameter atHand: bytes of opened records that are kept for the messages that need their parts.
    package static func run(
        _ archive: Archive,
        threads: Int,
        scope: VerificationScope = .all,
        atHand: Int = 64 << 20,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws(ArchiveError) -> VerificationReport {
        var check = try KeyedVerification(archive, max(1, threads), scope, atHand)
        check.run(progress)
        check.report.findings.sort { !$0.code.isWarning && $1.code.isWarning }
        return check.report
    }

    private init(
        _ archive: Archive,
        _ threads: Int,
        _ scope: VerificationScope,
        _ atHand: Int
    ) throws(ArchiveError) {
        self.archive = archive
        self.threads = threads
        self.scope = scope
        self.atHand = atHand
        live = archive.log.state.files.filter { $0.kind == .segment && $0.length > 0 }
        segments = live.filter(scope.includes)
        table = PlaceTable(archive.places, in: Set(segments.map(\.number)))
        report = try KeylessVerification.run(
            archive.log,
            level: .keyless,
            threads: threads,
            hashing: { $0.kind != .segment || $0.length == 0 },
            progress: { _, _ in }
        )
        report.checkedSegmentCount = 0
        // What opening found with the key comes on top of what was found without.
        let found = report.findings + archive.findings.dropFirst(archive.log.findings.count)
        report.findings = []
        add(found)
    }

    private mutating func run(_ progress: @escaping @Sendable (UInt64, UInt64) -> Void) {
        let size = segments.reduce(0) { $0 + $1.length }
        let total = size &+ (scope.isWhole ? filesByteCount : 0)
        let done = Tally()
        let scope = scope
        let more: @Sendable (UInt64) -> Bool = { count in
            progress(done.add(count), total)
            return !scope.shouldStop()
        }
        guard readSegments(more) else {
            report.isStopped = true
            return
        }
        lost()
        guard scope.isWhole else { return }
        let (findings, isWhole) = files(lost: lostMessages, more)
        add(findings)
        report.isStopped = !isWhole
    }

    /// A sum over all threads.
    private final class Tally: Sendable {
        private let sum = Atomic<UInt64>(0)

        func add(_ count: UInt64) -> UInt64 { sum.wrappingAdd(count, ordering: .relaxed).newValue }
    }

    /// Bytes of segments that are read before messages whose parts lie apart are made, and segments are called good.
    private static let window: UInt64 = 512 << 20

    /// Gives whether all were read.
    private mutating func readSegments(_ more: @Sendable (UInt64) -> Bool) -> Bool {
        var rest = segments[...]
        while let first = rest.popFirst() {
            var share = [first]
            var size = first.length
            while let next = rest.first, size + next.length <= KeyedVerification.window {
                size += next.length
                share.append(next)
                rest.removeFirst()
            }
            let pass = KeyedPass(archive, share, table, pool, atHand: atHand)
            // What was read in part only has no root, and nothing is said of it.
            guard pass.run(threads: threads, more) else { return false }
            pass.results.forEach { add($0.findings) }
            for entry in (pass.doubtful + gather(pass.apart)).sorted() { judge(entry) }
            for segment in pass.results where segment.isGood && table.isGood(segment: segment.live.number) {
                scope.isGood(segment.live)
            }
            report.checkedSegmentCount += share.count
            report.byteCount += size
        }
        return true
    }

    /// Makes messages whose pieces lie apart; gives the entries that did not come out.
    private func gather(_ entries: [Int]) -> [Int] {
        var wanted: [MessageGathering.Wanted] = []
        var failed: [Int] = []
        var positions: [Int] = []
        for index in entries {
            let entry = table.entries[index]
            guard let size = archive.expectedSize(entry.key.id), size <= MessageGathering.longest else {
                failed.append(index)
                continue
            }
            wanted.append(MessageGathering.Wanted(content: entry.key.id, size: size, place: entry.place))
            positions.append(index)
        }
        let gathering = MessageGathering(archive: archive, threads: threads, pool: pool)
        var start = 0
        while start < wanted.count {
            let round = MessageGathering.round(of: wanted, from: start)
            for (index, made) in zip(round, gathering.make(wanted[round])) {
                if made == nil { failed.append(positions[index]) } else { table.markGood(positions[index]) }
            }
            start = round.upperBound
        }
        return failed
    }

    /// Judges one copy of an object by itself.
    private mutating func judge(_ index: Int) {
        let entry = table.entries[index]
        do throws(ArchiveError) {
            let record = try archive.records.record(
                segment: entry.place.segment,
                offset: entry.record.offset,
                type: RecordType.objects.rawValue,
                caching: true
            )
            let start = Int(entry.place.position)
            guard start >= 4, start + Int(entry.place.size) <= record.bytes.count else {
                throw ArchiveError(.objectLayout)
            }
            try record.bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                let bytes = UnsafeRawBufferPointer(buffer).slice(start, Int(entry.place.size))
                guard entry.key.kind == .content else {
                    guard archive.access.read.append.contentID(of: bytes) == entry.key.id else {
                        throw ArchiveError(.objectId)
                    }
                    return
                }
                let size = archive.expectedSize(entry.key.id) ?? MessageAssembly(bytes)?.size ?? Limits.message
                try archive.rebuilding.prove(bytes, content: entry.key.id, size: size)
            }
            table.markGood(index)
        } catch {
            // A part that is nowhere whole is said once, for itself (E601).
            guard error.code != .objectMissing else { return }
            let name = "\(ArchiveLayout.segment(entry.place.segment)) at \(entry.record.offset)"
            add([Finding(error.code, "\(name), object \(entry.key.id.hex)", error.detail)])
        }
    }

    /// Adds findings, each place with a code once.
    private mutating func add(_ findings: [Finding]) {
        for finding in findings where said.insert("\(finding.code.text) \(finding.place)").inserted {
            report.findings.append(finding)
        }
    }

    /// Objects of which no copy is good.
    private mutating func lost() {
        let numbers = Set(live.map(\.number))
        var suspects: Set<ObjectKey> = []
        for index in table.entries.indices where !table.isGood(index) { suspects.insert(table.entries[index].key) }
        archive.places.forEach { key, place in
            if !numbers.contains(place.segment) { suspects.insert(key) }
        }
        var lost = suspects.filter { key in !archive.places[key].contains { table.isGood($0) } }
        // Copies elsewhere were not looked at: they are now.
        if segments.count < live.count { lost = lost.filter { !isReadable($0) } }
        for message in archive.catalogue.messages {
            let key = ObjectKey(message.content, .content)
            if !archive.places.contains(key) { lost.insert(key) }
            for blob in message.placements.lazy.flatMap(\.record) {
                let key = ObjectKey(blob.id, .blob)
                if !archive.places.contains(key) { lost.insert(key) }
            }
        }
        for blob in archive.catalogue.rejects.lazy.flatMap(\.blobs) {
            let key = ObjectKey(blob.id, .blob)
            if !archive.places.contains(key) { lost.insert(key) }
        }
        add(lost.sorted().map { Finding(.objectMissing, $0.id.hex) })
        lostMessages = Set(lost.lazy.filter { $0.kind == .content }.map(\.id))
        report.messageCount =
            segments.count < live.count
            ? table.goodCount(.content) : archive.catalogue.messages.count { !lostMessages.contains($0.content) }
    }

    private func isReadable(_ key: ObjectKey) -> Bool {
        do throws(ArchiveError) {
            if key.kind == .content {
                guard let size = archive.expectedSize(key.id) else { return true }
                try archive.message(key.id, size: size) { (_) throws(ArchiveError) in }
            } else {
                try archive.object(key) { (_) throws(ArchiveError) in }
            }
            return true
        } catch {
            return false
        }
    }
}
