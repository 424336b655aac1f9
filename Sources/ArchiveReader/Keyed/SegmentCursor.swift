import ArchiveFormat
import ArchiveStorage

/// A stretch of a segment: what stands before a record, the record, and zeros up to a multiple of 64.
struct SegmentStretch: Sendable {
    /// Where it begins: where the one before ends.
    var start: UInt64
    /// Where it ends.
    var end: UInt64
    /// Where its record begins, if it has one.
    var record: UInt64
    var header: RecordHeader?
    /// For a footer: the records before it; nil when some could not be found.
    var entries: [Footer.Entry]?
}

/// Finds the records of one segment, one after the other (Spec, format.md, section 5).
///
/// Reads a little at each record only: so the bytes themselves are read once, by whoever takes the stretch.
struct SegmentCursor {
    private let live: LiveFile
    private let file: any ReadableFile
    private let archiveID: Bytes32
    /// The committed length, or less where the file is too short (E502).
    private let length: UInt64
    /// Where the index says that a record begins, at or after an offset: the way on from bytes that cannot be read.
    private let nextKnown: @Sendable (UInt64) -> UInt64?
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private var position: UInt64 = 0
    private var entries: [Footer.Entry] = []
    private var isBroken = false
    private var sawFooter = false
    private(set) var findings: [Finding] = []

    /// Longest stretch without a record; after that another begins.
    private static let mostGap: UInt64 = 4 << 20

    init(
        _ live: LiveFile,
        _ file: any ReadableFile,
        _ archiveID: Bytes32,
        nextKnown: @escaping @Sendable (UInt64) -> UInt64?
    ) {
        self.live = live
        self.file = file
        self.archiveID = archiveID
        length = min(live.length, file.byteCount)
        self.nextKnown = nextKnown
    }

    private func place(_ offset: UInt64) -> String { "\(ArchiveLayout.segment(live.number)) at \(offset)" }

    /// The next stretch; nil at the end.
    mutating func next() -> SegmentStretch? {
        let start = position
        var offset = start
        var isInDebris = false
        // Behind a record that is damaged nothing is said of its body, until another record begins.
        var isLost = false
        while offset < length {
            if offset - start >= SegmentCursor.mostGap { return gap(start, offset) }
            guard let head = peek(offset) else {
                isLost = true
                isBroken = true
                let known = nextKnown(offset + 1) ?? length
                offset = min(known, offset + SegmentCursor.mostGap, length)
                continue
            }
            if head.prefix(64).allSatisfy({ $0 == 0 }) {
                offset += 64
                isInDebris = false
                continue
            }
            guard RecordReader.beginsRecord(Array(head), archiveID: archiveID) else {
                if !isInDebris, !isLost { findings.append(Finding(.padding, place(offset))) }
                isInDebris = true
                offset += 64
                continue
            }
            isInDebris = false
            let header: RecordHeader
            do throws(ArchiveError) {
                header = try self.header(head, offset)
            } catch {
                if !isLost { findings.append(Finding(error.code, error.place, error.detail)) }
                isLost = true
                isBroken = true
                offset += 64
                continue
            }
            return stretch(start, offset, header)
        }
        position = length
        return start < length ? gap(start, length) : nil
    }

    private mutating func stretch(_ start: UInt64, _ offset: UInt64, _ header: RecordHeader) -> SegmentStretch {
        let end = offset + UInt64(header.recordLength)
        position = min(length, (end + 63) & ~63)
        if entries.isEmpty, !isBroken, header.recordClass != .opening || offset != 0 {
            findings.append(Finding(.envelope, place(0), "no opening record"))
        }
        if sawFooter, !isBroken { findings.append(Finding(.footer, place(offset), "a record behind it")) }
        let before = header.recordClass == .footer && !isBroken ? entries : nil
        if header.recordClass == .footer { sawFooter = true }
        entries.append(
            Footer.Entry(offset: offset, storedLength: header.storedLength, recordClass: header.recordClass)
        )
        return SegmentStretch(start: start, end: position, record: offset, header: header, entries: before)
    }

    private mutating func gap(_ start: UInt64, _ end: UInt64) -> SegmentStretch {
        position = end
        return SegmentStretch(start: start, end: end, record: end)
    }

    /// What the end of the segment shows, once all stretches were taken.
    mutating func finish() {
        guard !isBroken, length == live.length else { return }
        if entries.isEmpty { findings.append(Finding(.envelope, place(0), "no opening record")) }
        if live.state == .sealed, !sawFooter {
            findings.append(Finding(.footer, ArchiveLayout.segment(live.number).description, "absent"))
        }
    }

    private func header(_ head: ArraySlice<UInt8>, _ offset: UInt64) throws(ArchiveError) -> RecordHeader {
        do throws(FormatError) {
            let header = try head.withUnsafeBufferPointer { (bytes) throws(FormatError) in
                try RecordHeader(parsing: UnsafeRawBufferPointer(bytes))
            }
            try header.require(archiveID: archiveID, segment: live.number, offset: offset)
            guard offset + UInt64(header.recordLength) <= length else { throw FormatError(.recordTruncated) }
            return header
        } catch {
            throw ArchiveError(error, place(offset))
        }
    }

    /// Up to 128 bytes at an offset; nil when they cannot be read.
    private mutating func peek(_ offset: UInt64) -> ArraySlice<UInt8>? {
        let count = Int(min(UInt64(RecordHeader.byteCount), length - offset))
        if offset < windowStart || offset + UInt64(count) > windowStart + UInt64(window.count) {
            let wanted = Int(min(UInt64(16 << 10), length - offset))
            guard let bytes = try? file.read(at: offset, count: wanted), bytes.count >= count else { return nil }
            window = bytes
            windowStart = offset
        }
        let low = Int(offset - windowStart)
        return window[low..<low + count]
    }
}
