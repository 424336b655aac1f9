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
    private let segments: [LiveFile]
    private var report: VerificationReport
    private var said: Set<String> = []
    private var lostMessages: Set<Bytes32> = []

    package static func run(
        _ archive: Archive,
        threads: Int,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws(ArchiveError) -> VerificationReport {
        try archive.log.requireKnownFlags(for: .verify)
        var check = try KeyedVerification(archive, max(1, threads))
        check.segments(progress)
        check.lost()
        check.add(check.filesAmiss(lost: check.lostMessages) { _ in true })
        check.report.findings.sort { !$0.code.isWarning && $1.code.isWarning }
        return check.report
    }

    private init(_ archive: Archive, _ threads: Int) throws(ArchiveError) {
        self.archive = archive
        self.threads = threads
        segments = archive.log.state.files.filter { $0.kind == .segment && $0.length > 0 }
        table = PlaceTable(archive.places, in: Set(segments.map(\.number)))
        report = try KeylessVerification.run(
            archive.log,
            level: .keyless,
            threads: threads,
            hashing: { $0.kind != .segment || $0.length == 0 },
            progress: { _, _ in }
        )
        // What opening found with the key comes on top of what was found without.
        let found = report.findings + archive.findings.dropFirst(archive.log.findings.count)
        report.findings = []
        add(found)
    }

    /// Bytes of segments that are read before messages whose parts lie apart are made.
    private static let window: UInt64 = 1 << 30

    private mutating func segments(_ progress: @Sendable (UInt64, UInt64) -> Void) {
        let total = segments.reduce(0) { $0 + $1.length }
        let done = Atomic<UInt64>(0)
        var start = 0
        while start < segments.count {
            var end = start
            var size: UInt64 = 0
            while end < segments.count, end == start || size + segments[end].length <= KeyedVerification.window {
                size += segments[end].length
                end += 1
            }
            let pass = KeyedPass(archive, Array(segments[start..<end]), table, pool)
            pass.run(threads: threads) { more in
                progress(done.add(more, ordering: .relaxed).newValue, total)
                return true
            }
            pass.results.forEach { add($0.findings) }
            for entry in (pass.doubtful + gather(pass.apart)).sorted() { judge(entry) }
            start = end
        }
        report.byteCount += total
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
        let live = Set(segments.map(\.number))
        var suspects: Set<ObjectKey> = []
        for index in table.entries.indices where !table.isGood(index) { suspects.insert(table.entries[index].key) }
        archive.places.forEach { key, place in
            if !live.contains(place.segment) { suspects.insert(key) }
        }
        var lost = suspects.filter { key in !archive.places[key].contains { table.isGood($0) } }
        for message in archive.catalogue.messages {
            let key = ObjectKey(message.content, .content)
            if !archive.places.contains(key) { lost.insert(key) }
        }
        for blob in archive.catalogue.rejects.lazy.flatMap(\.blobs) {
            let key = ObjectKey(blob.id, .blob)
            if !archive.places.contains(key) { lost.insert(key) }
        }
        add(lost.sorted().map { Finding(.objectMissing, $0.id.hex) })
        self.lostMessages = Set(lost.lazy.filter { $0.kind == .content }.map(\.id))
        report.messageCount = archive.catalogue.messages.count { !lostMessages.contains($0.content) }
    }
}
