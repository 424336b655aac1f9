/// What a file of mail is, judged by its first bytes.
package enum MailKind: Equatable, Sendable {
    /// Messages one after the other, each behind a `From ` line.
    case mbox
    /// One message.
    case eml
    /// No byte at all.
    case empty
    /// Nothing known.
    case unknown(Reason)

    /// Why a file is not taken for mail.
    package enum Reason: UInt8, Sendable {
        /// NUL bytes among the first ones, and no header.
        case binary = 0
        /// Text without a header field in its first lines.
        case noHeaderField = 1
        /// Nothing but empty lines.
        case blank = 2
    }

    /// What the name of a file promises.
    package enum NameHint: Sendable {
        /// Nothing.
        case none
        /// One message: `.eml`, `.msg`-like names, a Maildir file.
        case eml
        /// An MBOX.
        case mbox
    }

    /// How many bytes are worth giving to `sniff`.
    package static let prefixByteCount = 1 << 16

    /// Judges by the first bytes of a file.
    ///
    /// A file that begins with a `From ` line is an MBOX, unless its name promises one message and no second separator is
    /// among the bytes given: some programs save a message with its `From ` line. Both ways every byte is kept; to be sure
    /// that such a file holds one message, gather its `MboxEvidence` and look at `separators`.
    ///
    /// - Parameters:
    ///   - prefix: the first bytes, best `prefixByteCount` of them or the whole file.
    ///   - nameHint: what the name promises.
    package static func sniff(prefix: UnsafeRawBufferPointer, nameHint: NameHint = .none) -> MailKind {
        guard !prefix.isEmpty else { return .empty }
        let lineEnds = LineEndStyle.detect(prefix)
        let start = skipBlank(prefix)
        guard start < prefix.count else { return .unknown(.blank) }
        if prefix.holds("From ", at: start), beginsMbox(prefix, at: start, lineEnds: lineEnds) {
            if nameHint == .eml, separatorCount(prefix, lineEnds: lineEnds) < 2 { return .eml }
            return .mbox
        }
        if hasHeader(prefix, from: start, lineEnds: lineEnds, nameHint: nameHint) { return .eml }
        let looked = min(prefix.count, 4096)
        return .unknown(prefix.firstIndex(of: 0, from: 0, to: looked) != nil ? .binary : .noHeaderField)
    }

    /// Where the header of a message starts: after a byte order mark, empty lines, and `From ` lines of its own.
    package static func headerStart(of message: UnsafeRawBufferPointer, lineEnds: LineEndStyle) -> Int {
        var position = skipBlank(message)
        for _ in 0..<8 where message.holds("From ", at: position) || message.holds(">From ", at: position) {
            let limit = min(message.count, position + MboxSeparatorLine.maximumByteCount)
            guard let end = message.firstIndex(of: lineEnds.terminator, from: position, to: limit) else { break }
            position = end + 1
        }
        return position < message.count ? position : 0
    }

    private static func skipBlank(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = bytes.holds("\u{FEFF}", at: 0) ? 3 : 0
        while position < bytes.count, bytes[position] == Ascii.lf || bytes[position] == Ascii.cr { position += 1 }
        return position
    }

    private static func beginsMbox(_ prefix: UnsafeRawBufferPointer, at start: Int, lineEnds: LineEndStyle) -> Bool {
        guard
            let line = MboxSeparatorLine(prefix, at: start, terminator: lineEnds.terminator, isAtEnd: true)
        else { return false }
        switch line.follower {
        case .text, .end: return line.shape != .other && line.shape != .oneWord
        case .field, .knownField, .blank, .from: return true
        }
    }

    private static func separatorCount(_ prefix: UnsafeRawBufferPointer, lineEnds: LineEndStyle) -> UInt64 {
        let evidence = try? MboxEvidence.gather(MemoryByteSource(Array(prefix)))
        return evidence?.separators.count ?? 0
    }

    /// Whether the first lines hold a header field that mail has.
    private static func hasHeader(
        _ prefix: UnsafeRawBufferPointer,
        from start: Int,
        lineEnds: LineEndStyle,
        nameHint: NameHint
    ) -> Bool {
        var fields = HeaderFields(prefix, from: start, lineEnds: lineEnds)
        for count in 0..<200 {
            guard let field = fields.next() else { return false }
            // Prose before the first field: a few lines of it are forgiven.
            if count == 0, lineCount(prefix, from: start, to: field.name.lowerBound, lineEnds: lineEnds) > 5 {
                return false
            }
            if nameHint == .eml, field.name.lowerBound == start { return true }
            if MboxSeparatorLine.isKnownField(prefix.part(field.name)) { return true }
        }
        return false
    }

    private static func lineCount(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        to end: Int,
        lineEnds: LineEndStyle
    ) -> Int {
        var count = 0
        var position = start
        while let hit = bytes.firstIndex(of: lineEnds.terminator, from: position, to: end) {
            count += 1
            position = hit + 1
        }
        return count
    }
}
