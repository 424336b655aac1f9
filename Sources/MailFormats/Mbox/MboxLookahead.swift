/// What was seen ahead of the current place of an MBOX, so that nothing is looked through again for each message.
struct MboxLookahead: Sendable {
    /// No message starts in this range, and one at its end if `isFound`.
    private var searched: Range<UInt64> = 0..<0
    private var isFound = false
    /// How many bytes were looked through for delimiters.
    private var byteCount: UInt64 = 0

    /// Whether delimiters may still be looked for: a file of multiparts without an end is not read a thousand times.
    func mayGoOn(at offset: UInt64) -> Bool { byteCount / 16 <= offset + (4 << 20) }

    /// Adds to what was looked through, once it is known what is there.
    mutating func note(_ count: Int) { byteCount += UInt64(count) }

    /// Where the next dated `From ` line with a header field after it starts in a range.
    ///
    /// Not certain when the window is too short to tell.
    mutating func firstMessage(
        _ window: MboxWindow,
        from start: Int,
        to end: Int
    ) -> (start: Int, isCertain: Bool)? {
        let first = window.offset + UInt64(start)
        let last = window.offset + UInt64(end)
        var position = start
        if first >= searched.lowerBound, first <= searched.upperBound {
            if isFound {
                return searched.upperBound < last ? (window.local(searched.upperBound), true) : nil
            }
            guard searched.upperBound < last else { return nil }
            position = window.local(searched.upperBound)
        } else {
            searched = first..<first
        }
        isFound = false
        while let hit = window.bytes.firstIndex(of: Ascii.capitalF, from: position, to: end) {
            position = hit + 1
            // The last bytes of the window may be the start of such a line.
            guard hit + 5 <= window.bytes.count || window.isAtEnd else { break }
            guard hit > 0, window.bytes.holdsFrom(at: hit), window.isLineEnd(window.bytes[hit - 1]) else { continue }
            searched = searched.lowerBound..<window.offset + UInt64(hit)
            guard let line = window.separatorLine(at: hit) else { return (hit, false) }
            isFound = line.isDated && line.follower == .knownField
            if isFound { return (hit, true) }
        }
        let safe = max(last - min(last, 5), searched.lowerBound)
        searched = searched.lowerBound..<max(searched.upperBound, safe)
        return nil
    }
}
