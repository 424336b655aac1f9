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
