/// Walks over the header fields of a message or of a MIME part, as they are, without copying.
///
/// Tolerant: a line that is no field (RFC 5322 §2.2) and continues none is skipped; the walk ends at the first empty line or
/// at the end of the bytes. A leading byte order mark, leading empty lines are not skipped here: see `MailKind.headerStart`.
package struct HeaderFields: Sequence, IteratorProtocol {
    /// One field, as ranges of the bytes walked over.
    package struct Field: Sendable {
        /// The name, without the colon.
        package var name: Range<Int>
        /// What follows the colon up to the end of the last continuation line, without that line end.
        package var body: Range<Int>
        /// Where the next field starts.
        package var end: Int
    }

    /// The longest field name, in bytes; a longer run of name characters is text.
    package static let maximumNameByteCount = 256

    private let bytes: UnsafeRawBufferPointer
    private let terminator: UInt8
    private let limit: Int
    /// Where the walk stands: after the last field given, and in the end after the empty line.
    package private(set) var position: Int
    /// Whether the empty line that ends the header has been passed.
    package private(set) var isFinished = false

    /// Begins a walk.
    ///
    /// - Parameters:
    ///   - bytes: the header and whatever follows it.
    ///   - start: where the first field starts.
    ///   - limit: where to stop at the latest.
    ///   - lineEnds: how the lines end; by default at line feeds only.
    package init(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int = 0,
        to limit: Int? = nil,
        lineEnds: LineEndStyle = .lf
    ) {
        self.bytes = bytes
        terminator = lineEnds.terminator
        self.limit = Swift.min(limit ?? bytes.count, bytes.count)
        position = start
    }

    package mutating func next() -> Field? {
        while !isFinished, position < limit {
            let start = position
            let lineEnd = endOfLine(from: start)
            position = lineEnd
            if isBlankLine(start, lineEnd) {
                isFinished = true
                return nil
            }
            guard let nameEnd = Self.nameEnd(bytes, at: start, to: lineEnd),
                let colon = bytes.firstIndex(of: Ascii.colon, from: nameEnd, to: lineEnd)
            else { continue }
            while position < limit, Ascii.isBlank(bytes[position]) {
                let next = endOfLine(from: position)
                position = next
            }
            return Field(name: start..<nameEnd, body: colon + 1..<trimmedEnd(colon + 1, position), end: position)
        }
        return nil
    }

    /// Whether the name of a field is this one, given in lower case.
    package func has(_ name: StaticString, _ field: Field) -> Bool {
        field.name.count == name.utf8CodeUnitCount && bytes.holdsIgnoringCase(name, at: field.name.lowerBound)
    }

    /// Where the name ends of the field that starts at `start`; `nil` when no field starts there.
    ///
    /// Blanks between the name and the colon are accepted (RFC 5322 §4.5).
    static func nameEnd(_ bytes: UnsafeRawBufferPointer, at start: Int, to end: Int) -> Int? {
        let limit = Swift.min(end, bytes.count, start + maximumNameByteCount)
        var position = start
        while position < limit {
            let byte = bytes[position]
            if byte == Ascii.colon { return position > start ? position : nil }
            guard byte > 0x20, byte < 0x7F else { break }
            position += 1
        }
        let nameEnd = position
        while position < limit, Ascii.isBlank(bytes[position]) { position += 1 }
        guard nameEnd > start, position < limit, bytes[position] == Ascii.colon else { return nil }
        return nameEnd
    }

    /// Where the next line starts.
    private func endOfLine(from start: Int) -> Int {
        guard let hit = bytes.firstIndex(of: terminator, from: start, to: limit) else { return limit }
        return hit + 1
    }

    private func isBlankLine(_ start: Int, _ end: Int) -> Bool {
        let length = end - start
        if length == 1 { return bytes[start] == terminator || bytes[start] == Ascii.cr }
        return length == 2 && bytes[start] == Ascii.cr && bytes[start + 1] == Ascii.lf
    }

    /// The end without the last line end.
    private func trimmedEnd(_ start: Int, _ end: Int) -> Int {
        var end = end
        if end > start, bytes[end - 1] == terminator { end -= 1 }
        if end > start, bytes[end - 1] == Ascii.cr { end -= 1 }
        return end
    }
}
