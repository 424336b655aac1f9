/// What can be seen of one `From ` line and of the line after it.
struct MboxSeparatorLine: Sendable {
    /// How the line itself is made.
    enum Shape: Sendable {
        /// `From <sender> <weekday> <month> …`, with a time of day and a year: the form of RFC 4155.
        case canonical
        /// It holds a month, a time of day and a year, in whatever order.
        case dated
        /// `From -`, as Netscape and Thunderbird write it, alone or with a date.
        case dash
        /// `From <digits>@xxx`, as Gmail writes it.
        case gmail
        /// `From <40 hexadecimal digits> Mon Sep 17 00:00:00 2001`, as `git format-patch` writes it.
        case gitPatch
        /// One word after `From`.
        case oneWord
        /// Anything else: a sentence, most likely.
        case other
    }

    /// What the next line is.
    enum Follower: Sendable {
        /// A header field with a name that mail programs write.
        case knownField
        /// Anything of the form of a header field.
        case field
        /// An empty line.
        case blank
        /// Another `From ` line that is dated or has a mail field after it.
        case from
        /// The end of the file.
        case end
        /// Any other line.
        case text
    }

    /// The longest `From ` line that can be a separator, in bytes.
    static let maximumByteCount = 8192
    /// How many bytes after the line are looked at.
    static let lookahead = 1024

    var shape: Shape
    var follower: Follower
    /// Where the next line starts.
    var end: Int

    /// Looks at the line at `start`; `nil` when the bytes end too early to tell.
    ///
    /// - Parameter isAtEnd: whether the file ends where the bytes end.
    init?(_ bytes: UnsafeRawBufferPointer, at start: Int, terminator: UInt8, isAtEnd: Bool) {
        let limit = min(bytes.count, start + Self.maximumByteCount)
        guard let lineEnd = bytes.firstIndex(of: terminator, from: start, to: limit) else {
            guard isAtEnd || limit < bytes.count else { return nil }
            shape = .other
            follower = isAtEnd && limit == bytes.count ? .end : .text
            if follower == .end { shape = Self.shape(bytes.part(start..<limit)) }
            end = limit
            return
        }
        end = lineEnd + 1
        guard isAtEnd || bytes.count - end >= Self.lookahead else { return nil }
        shape = Self.shape(bytes.part(start..<lineEnd))
        // No further than promised, so that the answer does not depend on how much happens to be there.
        let view = bytes.part(0..<min(bytes.count, end + Self.lookahead))
        let found = Self.follower(view, at: end, terminator: terminator)
        follower = found == .end && (view.count < bytes.count || !isAtEnd) ? .text : found
    }

    /// Judges the line without its end.
    static func shape(_ line: UnsafeRawBufferPointer) -> Shape {
        var end = line.count
        while end > 5, Ascii.isBlank(line[end - 1]) || line[end - 1] == Ascii.cr { end -= 1 }
        if end <= 5 { return .oneWord }
        if line[5] == Ascii.dash, end == 6 { return .dash }
        var position = 5
        var words = 0
        var hasMonth = false
        var hasTime = false
        var hasYear = false
        var firstWord = 0..<0
        var isCanonical = false
        while position < end {
            while position < end, Ascii.isBlank(line[position]) { position += 1 }
            let wordStart = position
            while position < end, !Ascii.isBlank(line[position]) { position += 1 }
            guard position > wordStart else { break }
            let word = wordStart..<position
            if words == 0 { firstWord = word }
            words += 1
            if words == 2 { isCanonical = MailDate.isWeekday(line, word) }
            if !hasMonth {
                hasMonth = isMonth(line, word)
                if words == 3, !hasMonth { isCanonical = false }
            }
            if !hasTime { hasTime = isTime(line, word) }
            if !hasYear { hasYear = isYear(line, word) }
        }
        if isGmail(line, firstWord) { return .gmail }
        guard hasMonth, hasTime, hasYear else { return words <= 1 ? .oneWord : .other }
        if firstWord.count == 40, line.holds("Mon Sep 17 00:00:00 2001", at: firstWord.upperBound + 1) {
            return .gitPatch
        }
        if firstWord.count == 1, line[5] == Ascii.dash { return .dash }
        return isCanonical ? .canonical : .dated
    }

    /// Whether the line has a date, or is of a form that stands for one.
    var isDated: Bool { Self.isDated(shape) }

    private static func isDated(_ shape: Shape) -> Bool {
        switch shape {
        case .canonical, .dated, .dash, .gmail: true
        case .gitPatch, .oneWord, .other: false
        }
    }

    /// Judges the line that starts at `start`.
    static func follower(
        _ bytes: UnsafeRawBufferPointer,
        at first: Int,
        terminator: UInt8,
        depth: Int = 0
    ) -> Follower {
        var start = first
        // Old mailers put their own quoted `From ` line before the header fields.
        for _ in 0..<4 where bytes.holds(">From ", at: start) {
            let limit = min(bytes.count, first + lookahead)
            start = (bytes.firstIndex(of: terminator, from: start, to: limit) ?? limit - 1) + 1
        }
        guard start < bytes.count else { return .end }
        if bytes[start] == terminator || bytes[start] == Ascii.cr || bytes[start] == Ascii.lf { return .blank }
        if bytes.holds("From ", at: start) {
            let limit = min(bytes.count, start + maximumByteCount)
            guard depth < 8, let end = bytes.firstIndex(of: terminator, from: start, to: limit) else { return .text }
            if isDated(shape(bytes.part(start..<end))) { return .from }
            let next = follower(bytes, at: end + 1, terminator: terminator, depth: depth + 1)
            return next == .knownField || next == .from ? .from : .text
        }
        guard let colon = HeaderFields.nameEnd(bytes, at: start, to: bytes.count) else { return .text }
        return isKnownField(bytes.part(start..<colon)) ? .knownField : .field
    }

    private static func isMonth(_ line: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        guard word.count == 3 || (word.count == 4 && !Ascii.isLetter(line[word.upperBound - 1])) else { return false }
        return MailDate.month(line, at: word.lowerBound) != nil
    }

    private static func isTime(_ line: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        guard word.count >= 4, Ascii.isDigit(line[word.lowerBound]) else { return false }
        let colon = line[word.lowerBound + 1] == Ascii.colon ? word.lowerBound + 1 : word.lowerBound + 2
        return colon + 2 < word.upperBound && line[colon] == Ascii.colon && Ascii.isDigit(line[colon - 1])
            && Ascii.isDigit(line[colon + 1]) && Ascii.isDigit(line[colon + 2])
    }

    private static func isYear(_ line: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        guard word.count == 4 else { return false }
        return word.allSatisfy { Ascii.isDigit(line[$0]) }
            && (line[word.lowerBound] == 0x31 || line[word.lowerBound] == 0x32)
    }

    private static func isGmail(_ line: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        guard word.count > 5, line.holds("@xxx", at: word.upperBound - 4) else { return false }
        return (word.lowerBound..<word.upperBound - 4).allSatisfy { Ascii.isDigit(line[$0]) }
    }

    static func isKnownField(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.holdsIgnoringCase("x-", at: 0) || name.holdsIgnoringCase("content-", at: 0)
            || name.holdsIgnoringCase("list-", at: 0) || name.holdsIgnoringCase("resent-", at: 0)
            || name.holdsIgnoringCase("arc-", at: 0) || name.holdsIgnoringCase("dkim-", at: 0)
        {
            return true
        }
        return knownFields.contains { name.count == $0.utf8CodeUnitCount && name.holdsIgnoringCase($0, at: 0) }
    }

    private static let knownFields: [StaticString] = [
        "from", "to", "cc", "bcc", "date", "subject", "received", "return-path", "message-id", "mime-version", "sender",
        "reply-to", "delivered-to", "in-reply-to", "references", "status", "envelope-to", "delivery-date",
        "organization",
        "priority", "precedence", "errors-to", "lines", "path", "newsgroups", "user-agent", "apparently-to",
        "authentication-results", "received-spf", "comments", "keywords", "approved", "mail-from", "via", "importance",
        "thread-topic", "thread-index", "posted-date", "original-recipient", "disposition-notification-to",
        "return-receipt-to",
        "mailing-list", "autocrypt", "domainkey-signature", "article-i.d.", "replied", "encoding",
    ]
}
