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
    mutating func encloses(
        _ window: MboxWindow,
        at start: Int,
        after lineEnd: Int,
        contentStart: UInt64,
        _ ahead: inout MboxLookahead
    ) -> Bool? {
        let offset = window.offset + UInt64(start)
        if offset < openUntil { return true }
        if beginsPart(window, at: start, contentStart: contentStart) {
            holdsMailbox = true
            return true
        }
        guard !delimiter.isEmpty, !isClosed else { return false }
        findClose(window, before: start, contentStart: contentStart)
        guard !isClosed else { return false }
        return isOpen(window, from: lineEnd, &ahead)
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
    private mutating func isOpen(_ window: MboxWindow, from start: Int, _ ahead: inout MboxLookahead) -> Bool? {
        let bytes = window.bytes
        guard ahead.mayGoOn(at: window.offset + UInt64(start)) else { return false }
        let limit = min(bytes.count, start + MboxWalk.partLookahead)
        let message = holdsMailbox ? nil : ahead.firstMessage(window, from: start, to: limit)
        guard let next = findLine(window, beginningWith: delimiter, from: start, to: message?.start ?? limit) else {
            let isCertain = message?.isCertain ?? (window.isAtEnd || limit < bytes.count)
            guard isCertain else { return nil }
            ahead.note((message?.start ?? limit) - start)
            return false
        }
        ahead.note(next - start)
        // The same message once more has the same boundary, and declares it.
        let boundary = delimiter.dropFirst(2)
        for declared in [[0x3D] + boundary, [0x3D, Ascii.quote] + boundary]
        where bytes.firstRange(of: declared, from: start, to: next) != nil {
            return false
        }
        openUntil = window.offset + UInt64(next)
        return true
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
