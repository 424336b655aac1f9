/// A stretch of an MBOX file in memory, with what can be asked about places in it.
struct MboxWindow {
    let bytes: UnsafeRawBufferPointer
    /// Where the stretch starts in the file.
    let offset: UInt64
    /// Whether the file ends where the stretch ends.
    let isAtEnd: Bool
    let lineEnds: LineEndStyle

    /// Where the stretch ends in the file.
    var end: UInt64 { offset + UInt64(bytes.count) }

    /// The index of a place that is within the stretch.
    @inline(__always) func local(_ place: UInt64) -> Int { Int(place - offset) }

    /// The index of a place, or `fallback` when it is before the stretch.
    @inline(__always) func local(_ place: UInt64, orBefore fallback: Int) -> Int {
        place < offset ? fallback : Int(place - offset)
    }

    /// Whether a line ends with this byte.
    @inline(__always) func isLineEnd(_ byte: UInt8) -> Bool {
        byte == Ascii.lf || (byte == Ascii.cr && lineEnds.endsAtLoneCR)
    }

    /// Where the line end that starts at `index` is over; `nil` when none starts there.
    func afterLineEnd(at index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        if bytes[index] == Ascii.lf { return index + 1 }
        guard bytes[index] == Ascii.cr else { return nil }
        if index + 1 < bytes.count, bytes[index + 1] == Ascii.lf { return index + 2 }
        return lineEnds.endsAtLoneCR ? index + 1 : nil
    }

    /// Whether the line before the one that starts at `index` is empty, or none is before it in the message.
    func isAfterBlankLine(_ index: Int, contentStart: UInt64?) -> Bool {
        if let contentStart, offset + UInt64(index) == contentStart { return true }
        guard let before = beforeLineEnd(index) else { return false }
        if let contentStart, offset + UInt64(before) == contentStart { return true }
        return before > 0 && isLineEnd(bytes[before - 1])
    }

    /// Where the line end starts that is over at `index`; `nil` when none is.
    func beforeLineEnd(_ index: Int) -> Int? {
        guard index > 0 else { return nil }
        if bytes[index - 1] == Ascii.lf { return index > 1 && bytes[index - 2] == Ascii.cr ? index - 2 : index - 1 }
        return bytes[index - 1] == Ascii.cr && lineEnds.endsAtLoneCR ? index - 1 : nil
    }

    /// The separator line at `index`; `nil` when the stretch ends too early.
    func separatorLine(at index: Int) -> MboxSeparatorLine? {
        MboxSeparatorLine(bytes, at: index, terminator: lineEnds.terminator, isAtEnd: isAtEnd)
    }

    /// Whether a range of the file holds nothing but line ends and stub lines `From`.
    func isGap(_ range: Range<UInt64>) -> Bool {
        guard range.lowerBound >= offset, range.upperBound <= end else { return false }
        var index = local(range.lowerBound)
        let end = local(range.upperBound)
        while index < end {
            let byte = bytes[index]
            if byte == Ascii.lf || byte == Ascii.cr {
                index += 1
            } else if bytes.holds("From", at: index),
                index == 0 || index == local(range.lowerBound) || isLineEnd(bytes[index - 1]),
                index + 4 < end, isLineEnd(bytes[index + 4]) || bytes[index + 4] == Ascii.cr
            {
                index += 4
            } else {
                return false
            }
        }
        return true
    }
}

/// Whether a place in a message is within a MIME part that was begun and not yet ended.
///
/// A `From ` line there belongs to the part: an attached mailbox or message, or a patch.
struct MboxOpenPart: Sendable {
    /// `--` and the boundary of the message's own multipart.
    private var delimiter: [UInt8] = []
    /// Whether the delimiter that ends the multipart was seen.
    private var isClosed = false
    /// Up to where it was looked for.
    private var searched: UInt64 = 0
    /// A place known to be within a part up to here.
    private var openUntil: UInt64 = 0
    /// Whether a part was seen that begins with a `From ` line: it may hold more of them.
    private var holdsMailbox = false

    /// No multipart.
    init() {}

    /// The multipart of a Content-Type field, if it is one.
    init(contentType: UnsafeRawBufferPointer) {
        let parameters = MIMEParameters(contentType)
        guard parameters.valueBegins(with: "multipart/"), let boundary = parameters.value(of: "boundary"),
            !boundary.isEmpty
        else { return }
        delimiter = [Ascii.dash, Ascii.dash] + boundary
    }

    /// Whether the line at `start`, over at `lineEnd`, is within a part; `nil` when the window ends too early to tell.
    mutating func encloses(_ window: MboxWindow, at start: Int, after lineEnd: Int, contentStart: UInt64) -> Bool? {
        let offset = window.offset + UInt64(start)
        if offset < openUntil { return true }
        if beginsPart(window, at: start, contentStart: contentStart) {
            holdsMailbox = true
            return true
        }
        guard !delimiter.isEmpty, !isClosed else { return false }
        findClose(window, before: start, contentStart: contentStart)
        guard !isClosed else { return false }
        return isOpen(window, from: lineEnd)
    }

    /// Whether the line at `start` is the first after the header fields of a part.
    private func beginsPart(_ window: MboxWindow, at start: Int, contentStart: UInt64) -> Bool {
        let bytes = window.bytes
        let first = max(window.local(contentStart, orBefore: 0), start - 4096)
        guard var lineEnd = window.beforeLineEnd(start), lineEnd > first, window.isLineEnd(bytes[lineEnd - 1]) else {
            return false
        }
        var holdsContentField = false
        for _ in 0..<32 {
            guard let textEnd = window.beforeLineEnd(lineEnd) else { return false }
            var lineStart = textEnd
            while lineStart > first, !window.isLineEnd(bytes[lineStart - 1]) { lineStart -= 1 }
            guard lineStart > first, lineStart < textEnd else { return false }
            if bytes[lineStart] == Ascii.dash, bytes.holds("--", at: lineStart) {
                if !delimiter.isEmpty, bytes.part(lineStart..<textEnd).elementsEqual(delimiter) { return true }
                return holdsContentField
            }
            if !Ascii.isBlank(bytes[lineStart]) {
                guard HeaderFields.nameEnd(bytes, at: lineStart, to: textEnd) != nil else { return false }
                if bytes.holdsIgnoringCase("content-", at: lineStart) { holdsContentField = true }
            }
            lineEnd = lineStart
        }
        return false
    }

    /// Looks for the delimiter that ends the multipart, before `end`.
    private mutating func findClose(_ window: MboxWindow, before end: Int, contentStart: UInt64) {
        let first = window.local(max(contentStart, searched), orBefore: 0)
        let close = delimiter + [Ascii.dash, Ascii.dash]
        // It mostly stands near the end.
        let near = max(first, end - 2048)
        isClosed =
            findLine(window, beginningWith: close, from: near, to: end) != nil
            || findLine(window, beginningWith: close, from: first, to: min(end, near + close.count)) != nil
        searched = window.offset + UInt64(max(first, end - close.count))
    }

    /// Whether a delimiter of the multipart follows, before what looks like other messages.
    private mutating func isOpen(_ window: MboxWindow, from start: Int) -> Bool? {
        let bytes = window.bytes
        let limit = min(bytes.count, start + MboxWalk.partLookahead)
        guard let next = findLine(window, beginningWith: delimiter, from: start, to: limit) else {
            return window.isAtEnd || limit < bytes.count ? false : nil
        }
        // The same message once more has the same boundary, and declares it.
        let boundary = delimiter.dropFirst(2)
        for declared in [[0x3D] + boundary, [0x3D, Ascii.quote] + boundary]
        where bytes.firstRange(of: declared, from: start, to: next) != nil {
            return false
        }
        if !holdsMailbox {
            guard let holdsCandidate = findCandidate(window, from: start, to: next) else { return nil }
            if holdsCandidate { return false }
        }
        openUntil = window.offset + UInt64(next)
        return true
    }

    /// Whether another dated `From ` line with a header field after it stands in a range; `nil` when the window is too short.
    private func findCandidate(_ window: MboxWindow, from start: Int, to end: Int) -> Bool? {
        var position = start
        while let hit = window.bytes.firstIndex(of: Ascii.capitalF, from: position, to: end) {
            position = hit + 1
            guard hit > 0, window.bytes.holdsFrom(at: hit), window.isLineEnd(window.bytes[hit - 1]) else { continue }
            guard let line = window.separatorLine(at: hit) else { return nil }
            if line.isDated, line.follower == .knownField { return true }
        }
        return false
    }

    /// Where a line starts that begins with these bytes.
    private func findLine(_ window: MboxWindow, beginningWith text: [UInt8], from start: Int, to end: Int) -> Int? {
        var position = start
        while let hit = window.bytes.firstRange(of: text, from: position, to: end) {
            if hit == 0 || window.isLineEnd(window.bytes[hit - 1]) { return hit }
            position = hit + 1
        }
        return nil
    }
}
