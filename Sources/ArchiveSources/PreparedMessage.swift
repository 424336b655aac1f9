import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import MailFormats

/// A message made ready on a worker thread: id, content object, parts, envelope.
struct PreparedMessage: Sendable {
    var id: Bytes32
    var size: UInt64
    /// The content object: recipe and literals (Spec, format.md, section 8.2); empty when the archive has the message.
    var object: [UInt8]
    var parts: [(id: Bytes32, bytes: [UInt8])]
    var envelope: MailEnvelope

    /// Messages beyond this are streamed instead.
    static let largest = 8 << 20
    /// Base64 below this decoded size stays in the text, where it costs less than a part.
    static let smallestPart: UInt64 = 1366

    /// The bytes before the message in the content object of a message without cut leaves.
    static let lead = 4

    /// A file's bytes behind room for the recipe's length: the content object, when nothing is cut out.
    static func readWhole(_ file: any RandomAccessBytes) throws(StorageError) -> [UInt8] {
        let count = Int(clamping: min(file.byteCount, UInt64(largest)))
        var failure: StorageError?
        let object = [UInt8](unsafeUninitializedCapacity: lead + count) { buffer, filled in
            buffer[0..<lead].initialize(repeating: 0)
            do throws(StorageError) {
                let target = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[lead...]))
                filled = lead + (try file.read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: target[..<count])))
            } catch {
                failure = error
                filled = lead
            }
        }
        if let failure { throw failure }
        return object
    }

    /// A message that was read whole: its array becomes the content object when nothing is cut out.
    init(
        whole object: [UInt8],
        _ keys: AppendKeys,
        _ known: Set<ObjectKey>,
        _ splitter: inout MIMESplitter,
        _ scratch: inout ByteScratch
    ) {
        self = object.withUnsafeBytes {
            PreparedMessage(
                $0.slice(PreparedMessage.lead, $0.count - PreparedMessage.lead),
                keys,
                known,
                &splitter,
                &scratch,
                whole: object
            )
        }
    }

    init(
        _ raw: UnsafeRawBufferPointer,
        _ keys: AppendKeys,
        _ known: Set<ObjectKey>,
        _ splitter: inout MIMESplitter,
        _ scratch: inout ByteScratch,
        whole: [UInt8]? = nil
    ) {
        id = keys.contentID(of: raw)
        size = UInt64(raw.count)
        parts = []
        guard !known.contains(ObjectKey(id, .content)) else {
            object = []
            envelope = MailEnvelope()
            return
        }
        let lineEnds = LineEndStyle.detect(raw.slice(0, min(raw.count, 4096)))
        splitter.reset(lineEnds: lineEnds)
        splitter.consume(raw)
        splitter.finish()
        var steps: [Recipe.Step] = []
        var literals: [(Int, Int)] = []
        var position = 0
        for leaf in splitter.leaves {
            let start = Int(leaf.offset)
            let candidate = raw.slice(start, Int(leaf.byteCount))
            let out = scratch.reserve(Base64Leaf.capacity(forEncoded: candidate.count))
            guard let cut = Base64Leaf.decode(candidate, lineEnds: lineEnds, into: out),
                cut.recipe.decodedByteCount > 0, cut.recipe.lineLength <= 1_048_576 || isOneLine(cut.recipe)
            else { continue }
            let count = Int(cut.recipe.decodedByteCount)
            let decoded = UnsafeRawBufferPointer(rebasing: out[0..<count])
            let partID = keys.contentID(of: decoded)
            parts.append((partID, Array(decoded)))
            let cutStart = start + Int(cut.offset)
            if cutStart > position {
                literals.append((position, cutStart))
                steps.append(.literal(UInt64(cutStart - position)))
            }
            steps.append(
                .base64(
                    [Recipe.Part(id: partID, size: UInt32(count))],
                    lineLength: isOneLine(cut.recipe) ? 0 : Int(cut.recipe.lineLength),
                    lineEnd: cut.recipe.lineEnd.rawValue
                )
            )
            // The recipe gives no line end after the last line: that one stays a literal.
            position = start + Int(cut.range.upperBound)
            if cut.recipe.endsWithLineEnd { position -= cut.recipe.lineEnd.byteCount }
        }
        if steps.isEmpty {
            object = whole ?? PreparedMessage.object(of: raw)
        } else {
            if position < raw.count {
                literals.append((position, raw.count))
                steps.append(.literal(UInt64(raw.count - position)))
            }
            let recipe = Recipe(steps: steps).encoded
            object = []
            object.reserveCapacity(4 + recipe.count + literals.reduce(0) { $0 + $1.1 - $1.0 })
            object.append(littleEndian: UInt32(recipe.count))
            object.append(contentsOf: recipe)
            for (from, to) in literals { object.append(contentsOf: raw.slice(from, to - from)) }
        }
        envelope = MailEnvelope(Envelope(of: raw, lineEnds: lineEnds), attachments: splitter.attachmentCount)
    }

    private static func object(of raw: UnsafeRawBufferPointer) -> [UInt8] {
        var object: [UInt8] = []
        object.reserveCapacity(lead + raw.count)
        object.append(littleEndian: UInt32(0))
        object.append(contentsOf: raw)
        return object
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
