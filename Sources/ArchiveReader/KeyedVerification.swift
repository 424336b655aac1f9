import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Dispatch
import Synchronization

/// Opens every record, rebuilds every message, checks every part (Spec, format.md, section 7.8).
package enum KeyedVerification {
    package static func run(
        _ archive: Archive,
        threads: Int,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws(ArchiveError) -> VerificationReport {
        try archive.log.requireKnownFlags(for: .verify)
        var report = try KeylessVerification.run(
            archive.log,
            level: .keyless,
            threads: threads,
            progress: { _, _ in }
        )
        // What opening found with the key comes on top of what was found without.
        for finding in archive.findings.dropFirst(archive.log.findings.count) { report.findings.append(finding) }
        let segments = archive.log.state.files.filter { $0.kind == .segment && $0.length > 0 }
        let total = segments.reduce(0) { $0 + $1.length }
        let state = Mutex<State>(State())
        DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
            while true {
                let index = state.withLock { state -> Int in
                    defer { state.next += 1 }
                    return state.next
                }
                guard index < segments.count else { return }
                var walk = SegmentWalk(archive, segments[index])
                let findings = walk.run()
                let done = state.withLock { state -> UInt64 in
                    state.findings += findings
                    state.done += segments[index].length
                    for key in walk.good { state.good.insert(key) }
                    return state.done
                }
                progress(done, total)
            }
        }
        let (good, found) = state.withLock { ($0.good, $0.findings) }
        report.findings += found
        var missing: Set<ObjectKey> = []
        for key in archive.places.keys where key.kind != .content && !good.contains(key) {
            if (try? archive.object(key, { (_) throws(ArchiveError) in })) == nil { missing.insert(key) }
        }
        for key in missing.sorted() { report.findings.append(Finding(.objectMissing, key.id.hex)) }
        let failures = rebuild(archive, threads, &report)
        report.findings += failures
        report.findings.sort { !$0.code.isWarning && $1.code.isWarning }
        return report
    }

    private struct State {
        var next = 0
        var done: UInt64 = 0
        var findings: [Finding] = []
        var good: Set<ObjectKey> = []
    }

    private static func rebuild(
        _ archive: Archive,
        _ threads: Int,
        _ report: inout VerificationReport
    ) -> [Finding] {
        let messages = archive.catalogue.messages
        let state = Mutex<(next: Int, findings: [Finding])>((0, []))
        let batch = 64
        DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
            while true {
                let start = state.withLock { state -> Int in
                    defer { state.next += batch }
                    return state.next
                }
                guard start < messages.count else { return }
                for message in messages[start..<min(messages.count, start + batch)] {
                    do throws(ArchiveError) {
                        try archive.message(message.content, size: message.size) { (_) throws(ArchiveError) in }
                    } catch {
                        state.withLock {
                            // What is wrong with a record is said once for the record.
                            if let cause = error.cause, cause.isOfContent {
                                $0.findings.append(Finding(cause, error.place, error.detail))
                            }
                            $0.findings.append(Finding(error.code, error.place, error.detail))
                        }
                    }
                }
            }
        }
        report.messageCount = messages.count
        for reject in archive.catalogue.rejects {
            for blob in reject.blobs where !archive.places.contains(ObjectKey(blob.id, .blob)) {
                report.findings.append(Finding(.objectMissing, blob.id.hex))
            }
        }
        return state.withLock { $0.findings }
    }
}

/// Walks the records of one segment: headers, seals, padding, footer (Spec, format.md, sections 5 and 6).
private struct SegmentWalk {
    private let archive: Archive
    private let live: LiveFile
    private var findings: [Finding] = []
    private var entries: [Footer.Entry] = []
    var good: [ObjectKey] = []

    init(_ archive: Archive, _ live: LiveFile) {
        self.archive = archive
        self.live = live
    }

    private func place(_ offset: UInt64) -> String { "\(ArchiveLayout.segment(live.number)) at \(offset)" }

    mutating func run() -> [Finding] {
        do throws(ArchiveError) {
            try walk()
        } catch {
            findings.append(Finding(error.code, error.place, error.detail))
        }
        return findings
    }

    private mutating func walk() throws(ArchiveError) {
        let path = livePath(archive.log.storage, .segment, live.number)
        let file: any ReadableFile
        do throws(StorageError) {
            file = try archive.log.storage.openForReading(path, expecting: .sequential)
        } catch {
            // That it is missing was said already (E501).
            if case .notFound = error.cause { return }
            throw ArchiveError(error)
        }
        let key = try archive.records.segmentKey(live.number)
        let chunk = 4 << 20
        var window: [UInt8] = []
        var windowStart: UInt64 = 0
        var offset: UInt64 = 0
        var sawFooter = false
        var isInDebris = false
        func fill(_ start: UInt64, _ count: Int) throws(ArchiveError) -> Range<Int> {
            let low = start >= windowStart ? start - windowStart : UInt64.max
            if low <= UInt64(window.count), Int(low) + count <= window.count { return Int(low)..<Int(low) + count }
            let wanted = Int(clamping: min(live.length - start, UInt64(max(chunk, count))))
            window = try storing { () throws(StorageError) in try file.read(at: start, count: wanted) }
            windowStart = start
            guard window.count >= count else { throw ArchiveError(.recordTruncated, "\(path) at \(start)") }
            return 0..<count
        }
        while offset < live.length {
            let step = Int(min(UInt64(RecordHeader.byteCount), live.length - offset))
            let range = try fill(offset, step)
            let head = Array(window[range])
            if head.prefix(64).allSatisfy({ $0 == 0 }) {
                offset += 64
                isInDebris = false
                continue
            }
            if !RecordReader.beginsRecord(head, archiveID: archive.log.archiveID) {
                if !isInDebris { findings.append(Finding(.padding, place(offset))) }
                isInDebris = true
                offset += 64
                continue
            }
            isInDebris = false
            let header: RecordHeader
            do throws(FormatError) {
                header = try head.withUnsafeBufferPointer { (b) throws(FormatError) in
                    try RecordHeader(parsing: UnsafeRawBufferPointer(b))
                }
                try header.require(archiveID: archive.log.archiveID, segment: live.number, offset: offset)
            } catch {
                throw ArchiveError(error, place(offset))
            }
            guard offset + UInt64(header.recordLength) <= live.length else {
                throw ArchiveError(.recordTruncated, place(offset))
            }
            let whole = try fill(offset, header.recordLength)
            let body = Array(window[whole.lowerBound + RecordHeader.byteCount..<whole.upperBound])
            check(header, head, body, key, offset, &sawFooter)
            let end = offset + UInt64(header.recordLength)
            let next = UInt64(roundUp(Int(end), to: 64))
            if next <= live.length, next > end {
                let gap = try fill(end, Int(next - end))
                if !window[gap].allSatisfy({ $0 == 0 }) { findings.append(Finding(.padding, place(end))) }
            }
            offset = next
        }
        if live.state == .sealed, !sawFooter { findings.append(Finding(.footer, path.description, "absent")) }
    }

    private mutating func check(
        _ header: RecordHeader,
        _ head: [UInt8],
        _ body: [UInt8],
        _ key: SegmentKey,
        _ offset: UInt64,
        _ sawFooter: inout Bool
    ) {
        defer {
            entries.append(
                Footer.Entry(offset: offset, storedLength: header.storedLength, recordClass: header.recordClass)
            )
        }
        switch header.recordClass {
        case .opening:
            if offset != 0 || body != live.envelope { findings.append(Finding(.envelope, place(offset))) }
        case .footer:
            let isGood = body.withUnsafeBytes {
                (try? Footer.check($0, envelope: live.envelope, entries: entries)) != nil
            }
            if !isGood {
                findings.append(Finding(.footer, place(offset)))
            }
            sawFooter = true
        case .table:
            if (body.withUnsafeBytes { try? TablePiece(parsing: $0) }) == nil {
                findings.append(Finding(.tableRecord, place(offset)))
            }
        case .commit: break
        case .data:
            do throws(ArchiveError) {
                let record = try RecordReader.decode(head: head, body: body, key: key, place: (live.number, offset))
                if record.type >= 128 { findings.append(Finding(.unknownType, place(offset), "\(record.type)")) }
                if record.type == RecordType.objects.rawValue { objects(record, offset) }
            } catch {
                findings.append(Finding(error.code, error.place, error.detail))
            }
        }
    }

    private mutating func objects(_ record: RecordReader.Decoded, _ offset: UInt64) {
        record.bytes.withUnsafeBytes { raw in
            guard let group = try? ObjectGroup.parse(raw) else {
                findings.append(Finding(.objectLayout, place(offset)))
                return
            }
            for entry in group where entry.kind != .content {
                let id = archive.access.read.append.contentID(of: raw.slice(entry.position, entry.size))
                good.append(ObjectKey(id, entry.kind))
            }
        }
    }
}

extension ArchiveCode {
    /// Whether it says what is wrong with an object, as against the record that holds it.
    fileprivate var isOfContent: Bool {
        switch self {
        case .objectId, .recipe, .recipeCode, .overSize, .objectLayout: true
        case .cborNotDeterministic, .cborTruncated, .cborTrailing, .cborDepth, .cborLimit, .cborSchema, .cborUnknownKey,
            .cborText, .cborUnsupported:
            true
        default: false
        }
    }
}
