/// The scanner's judgement: which lines of an MBOX separate messages.
///
/// It holds no bytes; it is shown a window at a time. Every offset is one in the file. A window always ends where reading stands, and starts at or before `contextStart`, so
/// that a look back from the current place is possible.
struct MboxWalk: Sendable {
    /// What the walk came to.
    enum Step {
        /// The window is used up: it must go further.
        case needsMore
        /// A message is complete.
        case message(MboxMessage)
        /// Says where a Content-Length lands; `finishLength` must be told what is there.
        case checkLength(UInt64)
        /// Nothing but this is left.
        case end(Range<UInt64>)
    }

    /// The longest header that is looked through for a length and a boundary.
    static let headerByteLimit = 1 << 20
    /// How far ahead the end of an open MIME part is looked for.
    static let partLookahead = 1 << 20
    /// The longest gap that is made part of a lead.
    static let leadByteLimit: UInt64 = 1 << 16

    private enum Phase {
        case beginning
        case header
        case body
        case over
    }

    let byteCount: UInt64
    let honoursContentLength: Bool
    private(set) var lineEnds: LineEndStyle = .lf
    private(set) var evidence = MboxEvidence()

    /// Where the current message's lead starts: its bytes from here on are not handed out yet.
    private(set) var leadStart: UInt64 = 0
    private var separator: Range<UInt64> = 0..<0
    private var contentStart: UInt64 = 0
    private var traits: MboxMessage.Traits = .lacksSeparator
    private var phase = Phase.beginning
    /// Where the header's empty line ends.
    private var headerEnd: UInt64 = 0
    /// Where an exact length ends the message, and where the next separator then starts.
    private var lengthEnd: (content: UInt64, separator: UInt64)?
    private var scanned: UInt64 = 0
    private var firstShape: MboxSeparatorLine.Shape?
    private var part = MboxOpenPart()
    private var ahead = MboxLookahead()

    init(byteCount: UInt64, honoursContentLength: Bool) {
        self.byteCount = byteCount
        self.honoursContentLength = honoursContentLength
    }

    /// Sets how lines end, before the first step.
    mutating func begin(lineEnds: LineEndStyle) {
        self.lineEnds = lineEnds
        evidence.lineEnds = lineEnds
    }

    /// From where on a window is needed when the message itself is not kept.
    var contextStart: UInt64 {
        let needed = phase == .body ? scanned : contentStart
        return max(leadStart, needed - min(needed, UInt64(MboxScanner.contextByteCount)))
    }

    /// Goes on through a window that starts at `offset`.
    mutating func step(_ bytes: UnsafeRawBufferPointer, offset: UInt64, isAtEnd: Bool) -> Step {
        let window = MboxWindow(bytes: bytes, offset: offset, isAtEnd: isAtEnd, lineEnds: lineEnds)
        while true {
            switch phase {
            case .beginning:
                guard isAtEnd || bytes.count >= 3 else { return .needsMore }
                if bytes.holds("\u{FEFF}", at: 0) {
                    evidence.hasByteOrderMark = true
                    contentStart = 3
                }
                phase = .header
            case .header:
                guard let landing = readHeader(window) else { return .needsMore }
                phase = .body
                scanned = contentStart
                if let landing { return .checkLength(landing) }
            case .body:
                if let step = scanBody(window) { return step }
            case .over:
                return .end(leadStart..<byteCount)
            }
        }
    }

    /// Tells what `checkLength` asked: where the separator starts on which the length lands, or `nil`.
    mutating func finishLength(_ end: UInt64, landing: UInt64?) {
        guard let landing else { return }
        evidence.exactLengths.note(contentStart)
        if honoursContentLength { lengthEnd = (end, landing) }
    }

    /// Judges where a length lands, from one byte before it on.
    func landing(_ bytes: UnsafeRawBufferPointer, offset: UInt64, isAtEnd: Bool) -> UInt64? {
        let window = MboxWindow(bytes: bytes, offset: offset, isAtEnd: isAtEnd, lineEnds: lineEnds)
        var position = 1
        for _ in 0..<2 { position = window.afterLineEnd(at: position) ?? position }
        if position == bytes.count { return isAtEnd ? byteCount : nil }
        guard position > 1 || window.isLineEnd(bytes[0]), bytes.holds("From ", at: position) else { return nil }
        guard let line = window.separatorLine(at: position) else { return nil }
        if line.follower == .text, line.shape == .other || line.shape == .oneWord { return nil }
        return offset + UInt64(position)
    }

    // MARK: - Header

    /// Reads the header for what bears on the message's end: `nil` when the window is too short, otherwise where its length
    /// lands, if it has one.
    private mutating func readHeader(_ window: MboxWindow) -> UInt64?? {
        let bytes = window.bytes
        let first = window.local(contentStart)
        let limit = min(bytes.count, first + Self.headerByteLimit)
        var position = first
        var length: UInt64?
        part = MboxOpenPart()
        while true {
            guard let lineEnd = bytes.firstIndex(of: lineEnds.terminator, from: position, to: limit) else {
                guard window.isAtEnd || limit < bytes.count else { return .none }
                headerEnd = contentStart
                return .some(nil)
            }
            if let after = window.afterLineEnd(at: position) {
                headerEnd = window.offset + UInt64(after)
                break
            }
            switch Ascii.lower(bytes[position]) {
            case 0x63 where bytes.holdsIgnoringCase("content-length:", at: position):
                if length == nil { length = Self.number(bytes.part(position + 15..<lineEnd)) }
            case 0x63 where bytes.holdsIgnoringCase("content-type:", at: position):
                var fields = HeaderFields(bytes, from: position, to: limit, lineEnds: lineEnds)
                if let field = fields.next() { part = MboxOpenPart(contentType: bytes.part(field.body)) }
            case 0x66 where bytes.holds("From ", at: position):
                // A header that runs into the next separator has neither.
                headerEnd = window.offset + UInt64(position)
                part = MboxOpenPart()
                return .some(nil)
            default: break
            }
            position = lineEnd + 1
        }
        guard let length else { return .some(nil) }
        evidence.lengths.note(contentStart)
        let (end, overflows) = headerEnd.addingReportingOverflow(length)
        return .some(overflows || end > byteCount ? nil : end)
    }

    /// The number that a field body consists of, blanks aside.
    private static func number(_ body: UnsafeRawBufferPointer) -> UInt64? {
        var result: UInt64?
        var isOver = false
        for byte in body {
            if Ascii.isDigit(byte), !isOver, (result ?? 0) < 1 << 59 {
                result = (result ?? 0) * 10 + UInt64(byte - 0x30)
            } else if Ascii.isBlank(byte) || byte == Ascii.cr {
                if result != nil { isOver = true }
            } else {
                return nil
            }
        }
        return result
    }

    // MARK: - Body

    /// Looks for the next separator; `nil` when the walk is to go on in another phase.
    private mutating func scanBody(_ window: MboxWindow) -> Step? {
        let bytes = window.bytes
        var position = window.local(scanned)
        while let hit = bytes.firstIndex(of: Ascii.capitalF, from: position, to: bytes.count) {
            if hit > bytes.count - 5 {
                guard window.isAtEnd else {
                    scanned = window.offset + UInt64(hit)
                    return finishByLength(window, before: scanned) ?? .needsMore
                }
                position = hit + 1
                continue
            }
            position = hit + 1
            guard bytes.holdsFrom(at: hit) else { continue }
            var start = hit
            let first = max(0, window.local(contentStart, orBefore: 0))
            while start > first, bytes[start - 1] == Ascii.greater { start -= 1 }
            guard
                start == first && window.offset + UInt64(start) == contentStart
                    || start > 0 && window.isLineEnd(bytes[start - 1])
            else { continue }
            let offset = window.offset + UInt64(hit)
            if let ended = lengthEnd, offset >= ended.separator {
                scanned = offset
                return finishByLength(window, before: byteCount) ?? .needsMore
            }
            if start < hit {
                noteQuoted(window.offset + UInt64(start), depth: hit - start)
                continue
            }
            scanned = offset
            switch judge(window, at: hit) {
            case .needsMore: return .needsMore
            case .body: position = hit + 5
            case .separator(let line):
                return separate(window, at: offset, contentEnd: trimmed(window, before: offset), line: line)
            }
        }
        scanned = window.end
        if let step = finishByLength(window, before: window.end) { return step }
        guard window.isAtEnd else { return .needsMore }
        let end = lengthEnd?.content ?? trimmed(window, before: byteCount)
        return finish(window, contentEnd: end, at: byteCount) ?? .end(leadStart..<byteCount)
    }

    /// Notes a line of `>` and `From `.
    private mutating func noteQuoted(_ offset: UInt64, depth: Int) {
        traits.insert(.holdsFromLines)
        if depth == 1 { evidence.quotedOnce.note(offset) } else { evidence.quotedDeeper.note(offset) }
        if lengthEnd != nil { evidence.quotedInsideLength.note(offset) }
    }

    /// Ends the message where its length says, when the walk has come there; `nil` when it has not.
    private mutating func finishByLength(_ window: MboxWindow, before limit: UInt64) -> Step? {
        guard let ended = lengthEnd, ended.separator <= limit, ended.separator < byteCount else { return nil }
        let start = ended.separator
        guard start <= window.end, start >= window.offset, let line = window.separatorLine(at: window.local(start))
        else {
            return .needsMore
        }
        traits.insert(.endedByLength)
        return separate(window, at: start, contentEnd: ended.content, line: line)
    }

    /// Takes the line at `offset` as a separator: gives the message before it, if there is one, and begins the next.
    private mutating func separate(
        _ window: MboxWindow,
        at offset: UInt64,
        contentEnd: UInt64,
        line: MboxSeparatorLine
    ) -> Step? {
        note(line, at: offset, afterBlank: window.isAfterBlankLine(window.local(offset), contentStart: contentStart))
        let finished = finish(window, contentEnd: contentEnd, at: offset)
        separator = offset..<window.offset + UInt64(line.end)
        contentStart = separator.upperBound
        traits = []
        lengthEnd = nil
        phase = .header
        return finished
    }

    /// Makes a message of what stands before `end`; `nil` when there is nothing but a gap, which stays with the lead.
    private mutating func finish(_ window: MboxWindow, contentEnd: UInt64, at end: UInt64) -> Step? {
        let isBlank = contentStart >= window.offset && window.isGap(contentStart..<end)
        let isLast = end == byteCount
        phase = isLast ? .over : .header
        if isBlank, end - leadStart <= Self.leadByteLimit || isLast { return nil }
        if isBlank { traits.insert(.isBlank) }
        if lengthEnd != nil, isLast { traits.insert(.endedByLength) }
        let message = MboxMessage(
            lead: leadStart..<contentStart,
            content: contentStart..<contentEnd,
            trail: contentEnd..<end,
            separator: separator.isEmpty ? contentStart..<contentStart : separator,
            traits: traits
        )
        leadStart = end
        return .message(message)
    }

    /// The end of a message's content before a separator or the end of the file: without the empty line that an MBOX adds.
    private func trimmed(_ window: MboxWindow, before offset: UInt64) -> UInt64 {
        let end = window.local(offset)
        guard window.isAfterBlankLine(end, contentStart: nil) else { return offset }
        let length = window.bytes[end - 1] == Ascii.lf && end > 1 && window.bytes[end - 2] == Ascii.cr ? 2 : 1
        let start = offset - UInt64(length)
        // The empty line that ends the header is the message's own.
        return start >= headerEnd && start >= contentStart ? start : offset
    }

    private mutating func note(_ line: MboxSeparatorLine, at offset: UInt64, afterBlank: Bool) {
        evidence.separators.note(offset)
        if afterBlank { evidence.separatorsAfterBlank.note(offset) }
        switch line.shape {
        case .canonical, .dated: evidence.datedSeparators.note(offset)
        case .dash: evidence.dashSeparators.note(offset)
        case .gmail: evidence.gmailSeparators.note(offset)
        default: break
        }
        if firstShape == nil { firstShape = line.shape }
    }
}

// MARK: - Judging one line

extension MboxWalk {
    private enum Verdict {
        case needsMore
        case body
        case separator(MboxSeparatorLine)
    }

    /// Judges the line at `start` that begins with `From `, by its form, its place and what follows.
    private mutating func judge(_ window: MboxWindow, at start: Int) -> Verdict {
        let offset = window.offset + UInt64(start)
        if let ended = lengthEnd, offset < ended.separator {
            evidence.bareInsideLength.note(offset)
            traits.insert(.holdsFromLines)
            return .body
        }
        guard let line = window.separatorLine(at: start) else { return .needsMore }
        guard looksLikeSeparator(line, window, at: start) else {
            evidence.bareInBody.note(offset)
            traits.insert(.holdsFromLines)
            return .body
        }
        if offset > contentStart {
            let isInPart = part.encloses(window, at: start, after: line.end, contentStart: contentStart, &ahead)
            guard let isInPart else { return .needsMore }
            if isInPart {
                evidence.separatorsInPart.note(offset)
                traits.insert(.holdsFromLines)
                return .body
            }
        }
        return .separator(line)
    }

    /// Whether the form and the neighbours of a line are those of a separator.
    private func looksLikeSeparator(_ line: MboxSeparatorLine, _ window: MboxWindow, at start: Int) -> Bool {
        let offset = window.offset + UInt64(start)
        let isFirst = offset == contentStart && traits.contains(.lacksSeparator)
        if isFirst { return line.follower != .text || line.isDated || line.shape == .gitPatch }
        let isAfterBlank = window.isAfterBlankLine(start, contentStart: contentStart)
        if line.shape == .gitPatch, firstShape != .gitPatch { return false }
        switch line.follower {
        case .knownField:
            if line.isDated || line.shape == .gitPatch { return true }
            return isAfterBlank && (line.shape == .oneWord || firstShape == .other || firstShape == .oneWord)
        case .field:
            return isAfterBlank && (line.isDated || line.shape == .gitPatch)
        case .blank, .end:
            return isAfterBlank && line.isDated
        case .from:
            return isAfterBlank && (line.isDated || line.shape == .oneWord)
        case .text:
            // By RFC 4155 the line alone separates. A message joined to the one before it would be lost to its owner.
            return isAfterBlank && line.shape == .canonical && firstShape == .canonical
        }
    }
}
