/// Undoes or redoes quoting for a message of any length, chunk by chunk, with the same result as the whole-buffer form.
///
/// The state is a few bytes, besides the exceptions (at most `QuotingExceptions.limit`). The output of a call is at most a
/// few bytes longer than its chunk when undoing, and one byte longer for each quoted line when redoing.
package struct MboxQuotingStream: Sendable {
    /// What has been seen of the current line.
    private enum Place {
        /// Within a line that is not quotable.
        case inLine
        /// After so many `>` at a line start; when undoing, one of them is held back.
        case prefix(depth: Int)
        /// After so many `>` and so many bytes of `From `, which are held back.
        case word(depth: Int, matched: Int)
    }

    private static let word: [UInt8] = [0x46, 0x72, 0x6F, 0x6D, 0x20]

    private let quoting: MboxQuoting
    private let endsAtLoneCR: Bool
    private let undoes: Bool
    private var decision: RequotingDecision
    private var ordinal: UInt32 = 0
    private var isVerbatim: Bool
    private var place = Place.prefix(depth: 0)

    /// When undoing: the lines found so far that must not be quoted again.
    package private(set) var exceptions = QuotingExceptions()
    /// Whether any byte was left out or added so far.
    package private(set) var changed = false

    /// A stream that undoes quoting.
    package static func undoing(_ quoting: MboxQuoting, lineEnds: LineEndStyle) -> MboxQuotingStream {
        MboxQuotingStream(quoting, lineEnds: lineEnds, undoes: true, exceptions: QuotingExceptions())
    }

    /// A stream that quotes again, with the exceptions that undoing gave.
    package static func redoing(
        _ quoting: MboxQuoting,
        lineEnds: LineEndStyle,
        exceptions: QuotingExceptions = QuotingExceptions()
    ) -> MboxQuotingStream {
        MboxQuotingStream(quoting, lineEnds: lineEnds, undoes: false, exceptions: exceptions)
    }

    private init(_ quoting: MboxQuoting, lineEnds: LineEndStyle, undoes: Bool, exceptions: QuotingExceptions) {
        self.quoting = quoting
        endsAtLoneCR = lineEnds.endsAtLoneCR
        self.undoes = undoes
        decision = RequotingDecision(exceptions)
        isVerbatim = quoting == .none
    }

    /// Takes the next bytes of the message and appends what is certain by now.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        var position = 0
        while position < chunk.count {
            if isVerbatim {
                output.append(contentsOf: chunk.part(position..<chunk.count))
                return
            }
            if case .inLine = place {
                position = copyLines(chunk, from: position, into: &output)
            } else {
                step(chunk[position], into: &output)
                position += 1
            }
        }
    }

    /// Appends what was held back; the message is over.
    package mutating func finish(into output: inout [UInt8]) {
        flush(into: &output)
        place = .inLine
    }

    /// Copies from within a line up to the next place where a quotable line may begin unfinished, or to the chunk's end.
    private mutating func copyLines(
        _ chunk: UnsafeRawBufferPointer,
        from first: Int,
        into output: inout [UInt8]
    ) -> Int {
        // The next line start is found by its end, so that a line start needs no look back before `first`.
        var copied = first
        var position = first
        while let hit = chunk.firstIndex(of: Ascii.capitalF, from: position, to: chunk.count) {
            position = hit + 1
            guard chunk.holdsFrom(at: hit) else { continue }
            position = hit + 5
            var start = hit
            while start > first, chunk[start - 1] == Ascii.greater { start -= 1 }
            guard start > first, isLineEnd(chunk[start - 1]) else { continue }
            output.append(contentsOf: chunk.part(copied..<start))
            emit(depth: hit - start, into: &output)
            copied = hit
            if isVerbatim { return hit }
        }
        // A quotable line may be cut by the chunk's end: all but one of its `>` and of its `From ` can go.
        var tail = chunk.count
        var matched = 0
        for length in stride(from: min(4, chunk.count - copied), to: 0, by: -1) {
            let start = chunk.count - length
            guard (0..<length).allSatisfy({ chunk[start + $0] == Self.word[$0] }) else { continue }
            tail = start
            matched = length
            break
        }
        var lineStart = tail
        while lineStart > copied, chunk[lineStart - 1] == Ascii.greater { lineStart -= 1 }
        guard lineStart > first, lineStart > copied, isLineEnd(chunk[lineStart - 1]) else {
            output.append(contentsOf: chunk.part(copied..<chunk.count))
            return chunk.count
        }
        let depth = tail - lineStart
        output.append(contentsOf: chunk.part(copied..<(undoes && depth > 0 ? tail - 1 : tail)))
        place = matched > 0 ? .word(depth: depth, matched: matched) : .prefix(depth: depth)
        return chunk.count
    }

    /// Takes one byte of a line that may still turn out quotable.
    private mutating func step(_ byte: UInt8, into output: inout [UInt8]) {
        switch place {
        case .prefix(let depth) where byte == Ascii.greater:
            if !undoes || depth > 0 { output.append(Ascii.greater) }
            // The depth is only ever compared with 0 and 1.
            place = .prefix(depth: min(depth + 1, 2))
            return
        case .prefix(let depth) where byte == Ascii.capitalF:
            place = .word(depth: depth, matched: 1)
            return
        case .word(let depth, let matched) where byte == Self.word[matched]:
            guard matched == 4 else {
                place = .word(depth: depth, matched: matched + 1)
                return
            }
            emit(depth: depth, heldBack: true, into: &output)
            output.append(contentsOf: Self.word)
            place = .inLine
            return
        default:
            flush(into: &output)
            output.append(byte)
            place = isLineEnd(byte) ? .prefix(depth: 0) : .inLine
        }
    }

    /// Gives out the held-back bytes of a line that is not quotable after all.
    private func flush(into output: inout [UInt8]) {
        switch place {
        case .inLine: break
        case .prefix(let depth):
            if undoes, depth > 0 { output.append(Ascii.greater) }
        case .word(let depth, let matched):
            if undoes, depth > 0 { output.append(Ascii.greater) }
            output.append(contentsOf: Self.word[..<matched])
        }
    }

    /// Appends the `>` of a line that does hold `From `, as many as it shall have.
    ///
    /// - Parameter heldBack: whether all of them have been given out already, but the one held back when undoing.
    private mutating func emit(depth: Int, heldBack: Bool = false, into output: inout [UInt8]) {
        let remaining = heldBack ? (undoes && depth > 0 ? 1 : 0) : depth
        let difference = undoes ? undoDifference(depth) : redoDifference(depth)
        if difference != 0 { changed = true }
        output.append(contentsOf: repeatElement(Ascii.greater, count: remaining + difference))
    }

    /// −1 when the line loses one `>`, otherwise 0; counts quotable lines.
    private mutating func undoDifference(_ depth: Int) -> Int {
        guard quoting == .rd || depth <= 1 else { return 0 }
        if ordinal == .max {
            exceptions.verbatimFrom = ordinal
        } else if depth == 0 {
            exceptions.note(ordinal)
        }
        isVerbatim = exceptions.verbatimFrom != nil
        guard !isVerbatim else { return 0 }
        ordinal += 1
        return depth == 0 ? 0 : -1
    }

    /// 1 when the line gains one `>`, otherwise 0; counts quotable lines.
    private mutating func redoDifference(_ depth: Int) -> Int {
        guard quoting == .rd || depth == 0 else { return 0 }
        guard let quotes = decision.next() else {
            isVerbatim = true
            return 0
        }
        return quotes ? 1 : 0
    }

    @inline(__always) private func isLineEnd(_ byte: UInt8) -> Bool {
        byte == Ascii.lf || (endsAtLoneCR && byte == Ascii.cr)
    }
}
