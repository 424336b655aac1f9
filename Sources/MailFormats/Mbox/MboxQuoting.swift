/// How an MBOX dialect hides body lines that would look like separators.
///
/// A *quotable line* of a stored message (quoting undone) is a line the dialect would quote: for `rd` a line of any number of
/// `>` followed by `From `, for `o` a line that begins with `From `. In a file some of them may stand unquoted; those are the
/// *exceptions*, kept so that quoting again gives the file's own bytes.
package enum MboxQuoting: UInt8, Sendable {
    /// Nothing is quoted (mboxcl2), or quoting is left as it is.
    case none = 0
    /// `From ` becomes `>From `; nothing else changes (mboxo, mboxcl).
    case o = 1
    /// `From `, `>From `, `>>From ` … each gain one `>` (mboxrd).
    case rd = 2
}

/// Which quotable lines of a message must not be quoted again.
package struct QuotingExceptions: Equatable, Sendable {
    /// The most ordinals that are kept; from there on a message is left as it is.
    package static let limit = 4096

    /// Ordinals among the quotable lines, counted from 0, ascending.
    package var ordinals: [UInt32]
    /// From the quotable line with this ordinal on nothing was undone, and nothing is quoted again.
    package var verbatimFrom: UInt32?

    /// Makes a list of exceptions; by default there are none.
    package init(ordinals: [UInt32] = [], verbatimFrom: UInt32? = nil) {
        self.ordinals = ordinals
        self.verbatimFrom = verbatimFrom
    }

    /// Whether every quotable line is to be quoted.
    package var isEmpty: Bool { ordinals.isEmpty && verbatimFrom == nil }

    /// Notes that the quotable line of this ordinal stood unquoted.
    mutating func note(_ ordinal: UInt32) {
        if ordinals.count < Self.limit {
            ordinals.append(ordinal)
        } else {
            verbatimFrom = ordinal
        }
    }
}

/// What undoing a message's quoting came to.
package struct Unquoting: Equatable, Sendable {
    /// Whether any byte changed; when not, the input is the answer and nothing was written.
    package var changed: Bool
    /// The lines that must stay as they are when the message is quoted again.
    package var exceptions: QuotingExceptions
}

extension MboxQuoting {
    /// Undoes the quoting of a whole message.
    ///
    /// - Parameters:
    ///   - message: the message as the MBOX holds it, from its first header byte.
    ///   - lineEnds: how the lines of the MBOX end.
    ///   - output: where the changed message is appended; untouched when nothing changes.
    /// - Returns: whether the message changed, and the lines not to be quoted again.
    package func undo(
        _ message: UnsafeRawBufferPointer,
        lineEnds: LineEndStyle,
        into output: inout [UInt8]
    ) -> Unquoting {
        var result = Unquoting(changed: false, exceptions: QuotingExceptions())
        guard self != .none else { return result }
        var lines = FromLineSearch(message, lineEnds: lineEnds)
        var copied = 0
        var ordinal: UInt32 = 0
        while result.exceptions.verbatimFrom == nil, let line = lines.next() {
            guard self == .rd || line.depth <= 1 else { continue }
            guard ordinal < .max else {
                result.exceptions.verbatimFrom = ordinal
                break
            }
            if line.depth == 0 {
                result.exceptions.note(ordinal)
            } else {
                if copied == 0 { output.reserveCapacity(output.count + message.count) }
                output.append(contentsOf: message.part(copied..<line.start))
                copied = line.start + 1
                result.changed = true
            }
            ordinal += 1
        }
        if result.changed { output.append(contentsOf: message.part(copied..<message.count)) }
        return result
    }

    /// Quotes a whole message again, the exact inverse of `undo`.
    ///
    /// - Parameters:
    ///   - message: the message with its quoting undone.
    ///   - lineEnds: as given to `undo`.
    ///   - exceptions: as given by `undo`; empty for a message that is exported to a new MBOX.
    ///   - output: where the quoted message is appended; untouched when nothing changes.
    /// - Returns: whether the message changed; when not, the input is the answer.
    package func redo(
        _ message: UnsafeRawBufferPointer,
        lineEnds: LineEndStyle,
        exceptions: QuotingExceptions = QuotingExceptions(),
        into output: inout [UInt8]
    ) -> Bool {
        guard self != .none else { return false }
        var lines = FromLineSearch(message, lineEnds: lineEnds)
        var decision = RequotingDecision(exceptions)
        var copied = 0
        var changed = false
        while let line = lines.next() {
            guard self == .rd || line.depth == 0 else { continue }
            guard let quotes = decision.next() else { break }
            guard quotes else { continue }
            if !changed { output.reserveCapacity(output.count + message.count + 64) }
            output.append(contentsOf: message.part(copied..<line.start))
            output.append(Ascii.greater)
            copied = line.start
            changed = true
        }
        if changed { output.append(contentsOf: message.part(copied..<message.count)) }
        return changed
    }
}

/// Says for one quotable line after the other whether it is quoted again.
struct RequotingDecision {
    private let exceptions: QuotingExceptions
    private var ordinal: UInt32 = 0
    private var nextException = 0

    init(_ exceptions: QuotingExceptions) { self.exceptions = exceptions }

    /// Whether the next quotable line is quoted; `nil` when all that follows is left as it is.
    mutating func next() -> Bool? {
        if let end = exceptions.verbatimFrom, ordinal >= end { return nil }
        defer { if ordinal < .max { ordinal += 1 } }
        if nextException < exceptions.ordinals.count, exceptions.ordinals[nextException] == ordinal {
            nextException += 1
            return false
        }
        return true
    }
}

/// Walks over the lines that consist of any number of `>` followed by `From `.
struct FromLineSearch {
    /// Such a line: where it starts, and how many `>` it has.
    struct Line {
        var start: Int
        var depth: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private let endsAtLoneCR: Bool
    private var position: Int

    /// Searches these bytes, whose first one is at a line start.
    init(_ bytes: UnsafeRawBufferPointer, lineEnds: LineEndStyle) {
        self.bytes = bytes
        endsAtLoneCR = lineEnds.endsAtLoneCR
        position = 0
    }

    mutating func next() -> Line? {
        while let hit = bytes.firstIndex(of: Ascii.capitalF, from: position, to: bytes.count) {
            position = hit + 1
            guard bytes.holdsFrom(at: hit) else { continue }
            position = hit + 5
            var start = hit
            while start > 0, bytes[start - 1] == Ascii.greater { start -= 1 }
            guard start > 0 else { return Line(start: 0, depth: hit) }
            let before = bytes[start - 1]
            if before == Ascii.lf || (endsAtLoneCR && before == Ascii.cr) {
                return Line(start: start, depth: hit - start)
            }
        }
        return nil
    }
}
