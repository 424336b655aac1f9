import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// A message made ready on a worker thread: id, content object, parts, envelope.
struct PreparedMessage: Sendable {
    let id: Bytes32
    let size: UInt64
    /// The content object: recipe and literals (Spec, format.md, section 8.2); nil when the archive has the message.
    let object: OwnedBytes?
    let parts: [(id: Bytes32, bytes: OwnedBytes)]
    let envelope: MailEnvelope
    /// Flags, labels and folders that the message itself tells.
    var marks: FoundPlace?

    /// Messages beyond this are streamed instead.
    static let largest = 8 << 20
    /// Base64 below this decoded size stays in the text, where it costs less than a part.
    static let smallestPart: UInt64 = 1366
}

/// A message on its way to be prepared; its steps wait for hashes, which are computed for many messages at once.
struct MessageDraft {
    /// A leaf that was cut out and decoded.
    private struct Cut {
        let part: OwnedBytes
        /// Where it stood in the message.
        let range: Range<Int>
        /// 0: all in one line.
        let lineLength: Int
        let lineEnd: UInt8
    }

    /// The message's bytes; they must stay until the draft is finished.
    let raw: UnsafeRawBufferPointer
    /// The message behind room for the recipe's length: the content object, when nothing is cut out.
    private let whole: OwnedBytes?
    /// The file that the message is a stretch of.
    private let held: OwnedBytes?
    private var cuts: [Cut] = []
    private var envelope = MailEnvelope()
    /// Set when it is known.
    var id = Bytes32.zero
    /// What its header says of its state and its folders.
    private(set) var marks: FoundPlace?

    /// The bytes before the message in the content object of a message without cut leaves.
    private static let lead = 4

    init(_ raw: UnsafeRawBufferPointer) {
        self.raw = raw
        whole = nil
        held = nil
    }

    /// Reads a file, which is not longer than `PreparedMessage.largest`.
    init(reading file: any RandomAccessBytes) throws(StorageError) {
        let count = Int(clamping: min(file.byteCount, UInt64(PreparedMessage.largest)))
        let whole = try OwnedBytes(capacity: MessageDraft.lead + count) { (out) throws(StorageError) in
            out.put(UInt32(0), 0)
            return MessageDraft.lead
                + (try file.read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: out[MessageDraft.lead...])))
        }
        self.whole = whole
        held = nil
        raw = whole.bytes.slice(MessageDraft.lead, whole.count - MessageDraft.lead)
    }

    /// A message that is a stretch of a file that is held.
    init(_ raw: UnsafeRawBufferPointer, within file: MessageDraft) {
        self.raw = raw
        whole = nil
        held = file.whole
    }

    /// The decoded leaves, whose ids `finished` wants.
    var parts: [OwnedBytes] { cuts.map(\.part) }

    /// Reads what programs noted in the header.
    mutating func readMarks() {
        marks = FoundPlace(marksOf: raw, lineEnds: LineEndStyle.detect(raw.slice(0, min(raw.count, 4096))))
    }

    /// Reads the header and cuts out the leaves that encode again to what they were.
    mutating func takeApart(_ splitter: inout MIMESplitter, _ scratch: inout ByteScratch) {
        let lineEnds = LineEndStyle.detect(raw.slice(0, min(raw.count, 4096)))
        splitter.reset(lineEnds: lineEnds)
        splitter.consume(raw)
        splitter.finish()
        for leaf in splitter.leaves {
            let start = Int(leaf.offset)
            let candidate = raw.slice(start, Int(leaf.byteCount))
            let out = scratch.reserve(Base64Leaf.capacity(forEncoded: candidate.count))
            guard let cut = Base64Leaf.decode(candidate, lineEnds: lineEnds, into: out),
                cut.recipe.decodedByteCount > 0, cut.recipe.lineLength <= 1_048_576 || isOneLine(cut.recipe)
            else { continue }
            // The recipe gives no line end after the last line: that one stays a literal.
            var end = start + Int(cut.range.upperBound)
            if cut.recipe.endsWithLineEnd { end -= cut.recipe.lineEnd.byteCount }
            let found = Cut(
                part: OwnedBytes(UnsafeRawBufferPointer(rebasing: out[0..<Int(cut.recipe.decodedByteCount)])),
                range: start + Int(cut.offset)..<end,
                lineLength: isOneLine(cut.recipe) ? 0 : Int(cut.recipe.lineLength),
                lineEnd: cut.recipe.lineEnd.rawValue
            )
            // Proven now, with what a reader does: a decoder's fault would else show when the mail is wanted back.
            guard comesBack(found, &scratch) else { continue }
            cuts.append(found)
        }
        envelope = MailEnvelope(Envelope(of: raw, lineEnds: lineEnds), attachments: splitter.attachmentCount)
    }

    private func comesBack(_ cut: Cut, _ scratch: inout ByteScratch) -> Bool {
        let whole = [Recipe.Part(id: .zero, size: UInt32(cut.part.count))]
        guard var encoder = MessageAssembly.encoder(whole, cut.lineLength, cut.lineEnd) else { return false }
        let out = scratch.reserve(encoder.capacity(forDecoded: cut.part.count))
        let count = encoder.consume(cut.part.bytes, into: out)
        return UnsafeRawBufferPointer(rebasing: out[0..<count])
            .equals(raw.slice(cut.range.lowerBound, cut.range.count))
    }

    /// A message that the archive has: nothing to store.
    var known: PreparedMessage {
        PreparedMessage(id: id, size: UInt64(raw.count), object: nil, parts: [], envelope: envelope, marks: marks)
    }

    /// The same, with what its header says.
    var knownWithEnvelope: PreparedMessage {
        let lineEnds = LineEndStyle.detect(raw.slice(0, min(raw.count, 4096)))
        let envelope = MailEnvelope(Envelope(of: raw, lineEnds: lineEnds), attachments: 0)
        return PreparedMessage(
            id: id,
            size: UInt64(raw.count),
            object: nil,
            parts: [],
            envelope: envelope,
            marks: marks
        )
    }

    /// The message with the ids of its parts, in their order.
    func finished(_ ids: ArraySlice<Bytes32>) -> PreparedMessage {
        PreparedMessage(
            id: id,
            size: UInt64(raw.count),
            object: cuts.isEmpty ? whole ?? wholeObject() : object(ids),
            parts: zip(ids, cuts).map { ($0, $1.part) },
            envelope: envelope,
            marks: marks
        )
    }

    private func wholeObject() -> OwnedBytes {
        OwnedBytes(capacity: MessageDraft.lead + raw.count) { out in
            out.put(UInt32(0), 0)
            UnsafeMutableRawBufferPointer(rebasing: out[MessageDraft.lead...]).copyMemory(from: raw)
            return out.count
        }
    }

    private func object(_ ids: ArraySlice<Bytes32>) -> OwnedBytes {
        var steps: [Recipe.Step] = []
        var literals: [Range<Int>] = []
        var position = 0
        for (id, cut) in zip(ids, cuts) {
            if cut.range.lowerBound > position {
                literals.append(position..<cut.range.lowerBound)
                steps.append(.literal(UInt64(cut.range.lowerBound - position)))
            }
            steps.append(
                .base64(
                    [Recipe.Part(id: id, size: UInt32(cut.part.count))],
                    lineLength: cut.lineLength,
                    lineEnd: cut.lineEnd
                )
            )
            position = cut.range.upperBound
        }
        if position < raw.count {
            literals.append(position..<raw.count)
            steps.append(.literal(UInt64(raw.count - position)))
        }
        let recipe = Recipe(steps: steps).encoded
        let count = literals.reduce(MessageDraft.lead + recipe.count) { $0 + $1.count }
        return OwnedBytes(capacity: count) { out in
            out.put(UInt32(recipe.count), 0)
            recipe.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: out[MessageDraft.lead...]).copyMemory(from: $0)
            }
            var filled = MessageDraft.lead + recipe.count
            for literal in literals {
                UnsafeMutableRawBufferPointer(rebasing: out[filled...])
                    .copyMemory(from: raw.slice(literal.lowerBound, literal.count))
                filled += literal.count
            }
            return filled
        }
    }
}

func isOneLine(_ recipe: Base64Recipe) -> Bool {
    recipe.characterCount <= UInt64(recipe.lineLength)
}

extension MailEnvelope {
    init(_ parsed: Envelope, attachments: UInt32) {
        self.init()
        date = parsed.date
        from = parsed.from?.bytes
        to = parsed.to?.bytes
        cc = parsed.cc?.bytes
        subject = parsed.subject?.bytes
        messageID = parsed.messageID?.bytes
        inReplyTo = parsed.inReplyTo?.bytes
        self.attachments = UInt64(attachments)
    }
}
