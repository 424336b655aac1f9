/// Finds the part of a candidate that encodes again to the same bytes, chunk by chunk, for leaves of any length.
///
/// Gives what `Base64Leaf.decode` gives, without decoding; a `Base64Decoder` then decodes in a second pass. The state is a
/// few words.
package struct Base64Check: Sendable {
    private enum Phase {
        /// Before the first line: only line ends.
        case lead
        /// Within a line.
        case line
        /// After a carriage return that may begin a line end.
        case afterReturn
        /// Nothing more can change.
        case over
    }

    private let endsAtLoneCR: Bool
    private var phase = Phase.lead
    private var offset: UInt64 = 0
    private var start: UInt64 = 0
    private var lineLength: UInt64?
    private var lineEnd = LineEnd.lf
    private var lineCharacters: UInt64 = 0
    private var groupFill = 0
    private var group: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
    /// How many bytes the last group of the line holds when it is padded, otherwise 3.
    private var lastGroupByteCount = 3
    private var decodedByteCount: UInt64 = 0
    private var endsWithLineEnd = false

    /// Begins a check.
    package init(lineEnds: LineEndStyle) { endsAtLoneCR = lineEnds.endsAtLoneCR }

    /// Takes the next bytes.
    ///
    /// - Returns: whether more bytes can matter.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer) -> Bool {
        Base64Tables.decoding.withUnsafeBufferPointer { table in
            var position = 0
            while position < chunk.count, phase != .over {
                if phase == .line, groupFill == 0, lastGroupByteCount == 3 {
                    position += skipGroups(chunk, from: position, table)
                    guard position < chunk.count else { break }
                }
                take(chunk[position], at: offset + UInt64(position))
                position += 1
            }
        }
        offset += UInt64(chunk.count)
        return phase != .over
    }

    /// Ends the candidate: the part with its recipe, or `nil` when not even its first line will do.
    package mutating func finish() -> Base64Cut? {
        if phase == .line || phase == .afterReturn, lineCharacters > 0 {
            // A lone return at the very end is no line end, and spoils the line.
            if phase == .line { endLine(nil) }
        }
        phase = .over
        guard let lineLength, lineLength <= UInt64(Base64Recipe.maximumLineLength),
            let recipe = Base64Recipe(
                lineLength: UInt32(lineLength),
                lineEnd: lineEnd,
                decodedByteCount: decodedByteCount,
                endsWithLineEnd: endsWithLineEnd
            )
        else { return nil }
        return Base64Cut(offset: start, recipe: recipe)
    }

    /// Passes over whole groups of valid characters; returns how many bytes that were.
    private mutating func skipGroups(
        _ chunk: UnsafeRawBufferPointer,
        from first: Int,
        _ table: UnsafeBufferPointer<UInt32>
    ) -> Int {
        guard let base = chunk.baseAddress, let words = table.baseAddress else { return 0 }
        var position = first
        while position + 4 <= chunk.count {
            let word = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            let value =
                words[Int(word & 0xFF)] | words[256 + Int(word >> 8 & 0xFF)] | words[512 + Int(word >> 16 & 0xFF)]
                | words[768 + Int(word >> 24)]
            guard value & Base64Tables.invalid == 0 else { break }
            position += 4
        }
        lineCharacters += UInt64(position - first)
        return position - first
    }

    private mutating func take(_ byte: UInt8, at place: UInt64) {
        switch phase {
        case .over: return
        case .lead:
            guard byte != Ascii.lf, byte != Ascii.cr else { return }
            start = place
            phase = .line
            takeCharacter(byte)
        case .afterReturn:
            if byte == Ascii.lf { endLine(.crlf) } else { phase = .over }
        case .line:
            if byte == Ascii.cr {
                if endsAtLoneCR { endLine(.cr) } else { phase = .afterReturn }
            } else if byte == Ascii.lf, !endsAtLoneCR {
                endLine(.lf)
            } else {
                takeCharacter(byte)
            }
        }
    }

    private mutating func takeCharacter(_ byte: UInt8) {
        // Nothing may follow a padded group.
        guard lastGroupByteCount == 3 else {
            phase = .over
            return
        }
        switch groupFill {
        case 0: group.0 = byte
        case 1: group.1 = byte
        case 2: group.2 = byte
        default: group.3 = byte
        }
        groupFill += 1
        lineCharacters += 1
        guard groupFill == 4 else { return }
        groupFill = 0
        guard let last = Base64Tables.decodeLast(group.0, group.1, group.2, group.3) else {
            phase = .over
            return
        }
        lastGroupByteCount = last.byteCount
    }

    /// Judges the line that ends here.
    private mutating func endLine(_ end: LineEnd?) {
        let characters = lineCharacters
        let isFirst = lineLength == nil
        guard groupFill == 0, characters > 0, characters <= lineLength ?? .max else {
            phase = .over
            return
        }
        if isFirst {
            lineLength = characters
            lineEnd = end ?? .lf
        }
        decodedByteCount += characters / 4 * 3 - UInt64(3 - lastGroupByteCount)
        endsWithLineEnd = end == lineEnd
        lineCharacters = 0
        let isLast = characters != lineLength || lastGroupByteCount != 3 || !endsWithLineEnd
        phase = isLast ? .over : .line
    }
}
