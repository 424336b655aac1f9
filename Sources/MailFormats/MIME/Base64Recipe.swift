/// How a decoded leaf is encoded again to the very bytes it was cut from.
///
/// The encoded form is the canonical base64 (RFC 4648 §4, §3.5) of the decoded bytes, cut into lines of `lineLength`
/// characters, of which the last may be shorter.
package struct Base64Recipe: Equatable, Sendable {
    /// The longest line, in characters.
    package static let maximumLineLength: UInt32 = 1 << 30
    /// The longest leaf, in decoded bytes.
    package static let maximumDecodedByteCount: UInt64 = 1 << 48

    /// Characters in a full line, a multiple of 4; for a leaf of one line, its length.
    package let lineLength: UInt32
    /// What ends each line.
    package let lineEnd: LineEnd
    /// The length of the decoded bytes.
    package let decodedByteCount: UInt64
    /// Whether the last line has its line end too.
    package let endsWithLineEnd: Bool

    /// Makes a recipe, or `nil` when the values are out of limits: an empty leaf, a line length that is no multiple of 4.
    package init?(lineLength: UInt32, lineEnd: LineEnd, decodedByteCount: UInt64, endsWithLineEnd: Bool) {
        guard lineLength >= 4, lineLength % 4 == 0, lineLength <= Self.maximumLineLength, decodedByteCount > 0,
            decodedByteCount <= Self.maximumDecodedByteCount
        else { return nil }
        self.lineLength = lineLength
        self.lineEnd = lineEnd
        self.decodedByteCount = decodedByteCount
        self.endsWithLineEnd = endsWithLineEnd
    }

    /// The number of characters, without line ends.
    package var characterCount: UInt64 { (decodedByteCount + 2) / 3 * 4 }

    /// The length of the encoded form in bytes, with its line ends.
    package var encodedByteCount: UInt64 {
        let lines = (characterCount + UInt64(lineLength) - 1) / UInt64(lineLength)
        return characterCount + (lines - (endsWithLineEnd ? 0 : 1)) * UInt64(lineEnd.byteCount)
    }
}

/// The part of a candidate that decodes and encodes again to the same bytes.
package struct Base64Cut: Equatable, Sendable {
    /// Where the part starts, in bytes from the start of the candidate.
    package var offset: UInt64
    /// How it is encoded again, and by that how long it is.
    package var recipe: Base64Recipe

    /// The part as a range of the candidate.
    package var range: Range<UInt64> { offset..<offset + recipe.encodedByteCount }
}
