/// One message of an MBOX file, as ranges of the file, in bytes from its start.
///
/// `lead`, `content` and `trail` follow each other without a gap, and so do the messages of a file: the first lead starts at
/// 0, and what follows the last trail is the scanner's `tail`.
package struct MboxMessage: Equatable, Sendable {
    /// What is unusual about a message.
    package struct Traits: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// No `From ` line stands before it: a file cut at its start, or no MBOX at all.
        package static let lacksSeparator = Traits(rawValue: 1)
        /// Its end was given by an exact Content-Length.
        package static let endedByLength = Traits(rawValue: 2)
        /// It holds a line of any number of `>` and `From `.
        ///
        /// Without it there is no quoting to undo.
        package static let holdsFromLines = Traits(rawValue: 4)
        /// Its bytes are all line ends: there is no mail in it.
        package static let isBlank = Traits(rawValue: 8)
    }

    /// What stands before the message and belongs to no other: byte order mark, stub lines, gaps, the `From ` line.
    package var lead: Range<UInt64>
    /// The message's own bytes, its quoting not undone.
    package var content: Range<UInt64>
    /// The empty line that an MBOX adds after a message, where it is there.
    package var trail: Range<UInt64>
    /// The `From ` line itself with its line end: the last part of `lead`, empty when there is none.
    package var separator: Range<UInt64>
    /// What is unusual.
    package var traits: Traits

    /// All of its bytes.
    package var range: Range<UInt64> { lead.lowerBound..<trail.upperBound }
}

/// A stretch of an MBOX file that holds whole messages, with its bytes where they fit into memory.
package struct MboxBlock: Sendable {
    /// Where the block starts in the file.
    package let offset: UInt64
    /// The messages, in order, without a gap.
    package let messages: [MboxMessage]
    /// Whether the bytes are here.
    ///
    /// Otherwise the block is one message longer than the scanner holds in memory, and its bytes
    /// are to be read from the source.
    package let isResident: Bool
    /// Bytes of the file from `bytesOffset` on; there may be more of them than belong to the block.
    private let bytes: [UInt8]
    private let bytesOffset: UInt64

    init(_ messages: [MboxMessage], bytes: [UInt8]?, at bytesOffset: UInt64) {
        offset = messages.first?.lead.lowerBound ?? bytesOffset
        self.messages = messages
        isResident = bytes != nil
        self.bytes = bytes ?? []
        self.bytesOffset = bytesOffset
    }

    /// The length of the block in bytes.
    package var byteCount: UInt64 { (messages.last?.trail.upperBound ?? offset) - offset }

    /// Calls with the bytes of a range of the file that lies within this block.
    ///
    /// - Returns: what `body` returns, or `nil` when the range is not within the block, or the block is not resident.
    package func withBytes<Result>(of range: Range<UInt64>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard isResident, range.lowerBound >= offset, range.upperBound <= offset + byteCount else { return nil }
        let local = Int(range.lowerBound - bytesOffset)..<Int(range.upperBound - bytesOffset)
        return bytes.withUnsafeBytes { body($0.part(local)) }
    }
}
