/// Decodes a candidate that is in memory, and says which part of it encodes again to the same bytes.
///
/// That part is a run of full lines of equal length and the shorter or padded line after it. What does not fit (blanks at a
/// line's end, a line of another length, text after the padding, pad bits that are not zero) ends the part before it.
package enum Base64Leaf {
    /// How many bytes of memory `decode` needs for a candidate of this length.
    package static func capacity(forEncoded byteCount: Int) -> Int { byteCount / 4 * 3 + 16 }

    /// Decodes the longest part of a candidate that starts with its first line.
    ///
    /// - Parameters:
    ///   - candidate: the bytes of a leaf, perhaps with empty lines before and anything after the encoded lines.
    ///   - lineEnds: how the lines of the message end.
    ///   - output: memory of at least `capacity(forEncoded:)` bytes; filled from its start.
    /// - Returns: the part with its recipe, or `nil` when not even the first line will do. `recipe.decodedByteCount` bytes
    ///   of `output` are filled.
    package static func decode(
        _ candidate: UnsafeRawBufferPointer,
        lineEnds: LineEndStyle,
        into output: UnsafeMutableRawBufferPointer
    ) -> Base64Cut? {
        let capacity = capacity(forEncoded: candidate.count)
        guard let input = candidate.baseAddress, let out = output.baseAddress, output.count >= capacity else {
            return nil
        }
        let count = candidate.count
        var start = 0
        while start < count, candidate[start] == Ascii.lf || candidate[start] == Ascii.cr { start += 1 }
        let first = line(candidate, at: start, lineEnds: lineEnds)
        guard first.length >= 4, first.length % 4 == 0, first.length <= Int(Base64Recipe.maximumLineLength) else {
            return nil
        }
        let length = first.length
        let lineEnd = first.end ?? .lf
        var position = start
        var filled = 0
        if first.end != nil {
            let full = Base64Tables.decoding.withUnsafeBufferPointer { tables in
                decodeFullLines(
                    input + start,
                    count: count - start,
                    lineLength: length,
                    lineEnd: lineEnd,
                    into: out,
                    tables: tables
                )
            }
            position += full * (length + lineEnd.byteCount)
            filled = full * (length / 4 * 3)
        }
        var endsWithLineEnd = position > start
        let last = line(candidate, at: position, lineEnds: lineEnds)
        if last.length >= 4, last.length <= length, last.length % 4 == 0,
            let added = decodeLastLine(candidate.part(position..<position + last.length), into: out + filled)
        {
            filled += added
            endsWithLineEnd = last.end == lineEnd
        }
        guard
            let recipe = Base64Recipe(
                lineLength: UInt32(length),
                lineEnd: lineEnd,
                decodedByteCount: UInt64(filled),
                endsWithLineEnd: endsWithLineEnd
            )
        else { return nil }
        return Base64Cut(offset: UInt64(start), recipe: recipe)
    }

    /// The length of the line at `start` without its end, and what ends it; `nil` when nothing does.
    private static func line(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        lineEnds: LineEndStyle
    ) -> (length: Int, end: LineEnd?) {
        guard let end = bytes.firstIndex(of: lineEnds.terminator, from: start, to: bytes.count) else {
            return (bytes.count - start, nil)
        }
        if lineEnds.endsAtLoneCR { return (end - start, .cr) }
        return end > start && bytes[end - 1] == Ascii.cr ? (end - start - 1, .crlf) : (end - start, .lf)
    }

    /// Decodes lines of exactly this length with exactly this end, up to the first that is anything else.
    ///
    /// - Returns: how many lines were decoded.
    private static func decodeFullLines(
        _ input: UnsafeRawPointer,
        count: Int,
        lineLength: Int,
        lineEnd: LineEnd,
        into output: UnsafeMutableRawPointer,
        tables: UnsafeBufferPointer<UInt32>
    ) -> Int {
        guard let table = tables.baseAddress else { return 0 }
        let endLength = lineEnd.byteCount
        let stride = lineLength + endLength
        var lines = 0
        var source = input
        var target = output
        var remaining = count
        while remaining >= stride {
            var seen: UInt32 = 0
            var index = 0
            while index + 8 <= lineLength {
                let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let low = group(UInt32(truncatingIfNeeded: word), table)
                let high = group(UInt32(truncatingIfNeeded: word >> 32), table)
                seen |= low | high
                let joined = UInt64(low & 0x00FF_FFFF) | UInt64(high) << 24
                target.storeBytes(of: joined.littleEndian, as: UInt64.self)
                target += 6
                index += 8
            }
            if index < lineLength {
                let low = group(
                    UInt32(littleEndian: source.loadUnaligned(fromByteOffset: index, as: UInt32.self)),
                    table
                )
                seen |= low
                target.storeBytes(of: low.littleEndian, as: UInt32.self)
                target += 3
            }
            guard seen & Base64Tables.invalid == 0 else { break }
            let end = source + lineLength
            switch lineEnd {
            case .lf: guard end.load(as: UInt8.self) == Ascii.lf else { return lines }
            case .cr: guard end.load(as: UInt8.self) == Ascii.cr else { return lines }
            case .crlf:
                guard end.load(as: UInt8.self) == Ascii.cr, end.load(fromByteOffset: 1, as: UInt8.self) == Ascii.lf
                else {
                    return lines
                }
            }
            lines += 1
            source += stride
            remaining -= stride
        }
        return lines
    }

    @inline(__always)
    private static func group(_ word: UInt32, _ table: UnsafePointer<UInt32>) -> UInt32 {
        table[Int(word & 0xFF)] | table[256 + Int(word >> 8 & 0xFF)] | table[512 + Int(word >> 16 & 0xFF)]
            | table[768 + Int(word >> 24)]
    }

    /// Decodes one line that may end with padding; `nil` when it is not canonical.
    private static func decodeLastLine(_ line: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) -> Int? {
        var filled = 0
        var index = 0
        while index < line.count {
            guard
                let group = Base64Tables.decodeLast(line[index], line[index + 1], line[index + 2], line[index + 3]),
                group.byteCount == 3 || index + 4 == line.count
            else { return nil }
            for place in 0..<group.byteCount {
                let byte = UInt8(truncatingIfNeeded: group.word >> UInt32(8 * place))
                output.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
                filled += 1
            }
            index += 4
        }
        return filled
    }
}
