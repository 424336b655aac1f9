import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// A message that the archive has now.
struct StoredMessage {
    let id: Bytes32
    let size: UInt64
    let envelope: MailEnvelope
    /// Whether it had it not before.
    let isNew: Bool
    /// What its header says of its state and its folders.
    let marks: FoundPlace?
}

/// A message too long for memory: read several times from its source, in chunks (Spec, format.md, section 8.2).
struct LargeMessage {
    let source: FileByteSource
    let range: Range<UInt64>
    let quoting: MboxQuoting
    let lineEnds: LineEndStyle

    private static let chunk = 1 << 20
    private static let partSize = 8 << 20

    private(set) var exceptions = QuotingExceptions()
    private(set) var wasQuoted = false

    init(source: FileByteSource, range: Range<UInt64>, quoting: MboxQuoting, lineEnds: LineEndStyle) {
        self.source = source
        self.range = range
        self.quoting = quoting
        self.lineEnds = lineEnds
    }

    /// Gives the message, its quoting undone, chunk by chunk.
    ///
    /// - Parameter goOn: Called for each chunk; it throws when the run is to stop.
    private mutating func stream(
        _ goOn: (String) throws(ArchiveError) -> Void,
        _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var unquoting = MboxQuotingStream.undoing(quoting, lineEnds: lineEnds)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LargeMessage.chunk, alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        var out: [UInt8] = []
        while offset < range.upperBound {
            try goOn(source.file.displayName)
            let wanted = Int(min(UInt64(LargeMessage.chunk), range.upperBound - offset))
            let count: Int
            do throws(ByteSourceError) {
                count = try source.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<wanted]))
            } catch {
                throw ArchiveError(.source, source.file.displayName, "at \(error.offset)")
            }
            guard count == wanted else { throw ArchiveError(.source, source.file.displayName, "it became shorter") }
            offset += UInt64(count)
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
            if quoting == .none {
                try body(chunk)
            } else {
                out.removeAll(keepingCapacity: true)
                unquoting.consume(chunk, into: &out)
                try out.withUnsafeBufferPointer { (b) throws(ArchiveError) in try body(UnsafeRawBufferPointer(b)) }
            }
        }
        guard quoting != .none else { return }
        out.removeAll(keepingCapacity: true)
        unquoting.finish(into: &out)
        try out.withUnsafeBufferPointer { (b) throws(ArchiveError) in try body(UnsafeRawBufferPointer(b)) }
        exceptions = unquoting.exceptions
        wasQuoted = unquoting.changed
    }

    /// Stores the message; gives its id, size, envelope, and whether it is new.
    ///
    /// - Parameter check: Throws when the source is not what it was: called before the message counts as stored, since
    ///   an object without an entry in a manifest would stand there without its envelope.
    mutating func store(
        in session: WriteSession,
        keys: AppendKeys,
        goOn: (String) throws(ArchiveError) -> Void,
        check: () throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> StoredMessage {
        let hash = StreamingHash(keys.contentHasher())
        var splitter = MIMESplitter(lineEnds: lineEnds, minimumByteCount: 65_536)
        var size: UInt64 = 0
        var head: [UInt8] = []
        try stream(goOn) { (chunk) throws(ArchiveError) in
            hash.update(chunk)
            splitter.consume(chunk)
            size += UInt64(chunk.count)
            if head.count < LargeMessage.chunk { head.append(contentsOf: chunk) }
        }
        splitter.finish()
        let id = hash.finish()
        let envelope = head.withUnsafeBytes {
            MailEnvelope(Envelope(of: $0, lineEnds: lineEnds), attachments: splitter.attachmentCount)
        }
        let marks = head.withUnsafeBytes { FoundPlace(marksOf: $0, lineEnds: lineEnds) }
        let key = ObjectKey(id, .content)
        if session.isKnown(key) {
            try check()
            return StoredMessage(id: id, size: size, envelope: envelope, isNew: false, marks: marks)
        }
        let cuts = try self.cuts(splitter.leaves, goOn)
        var steps = try self.parts(cuts, of: id, in: session, keys: keys, goOn)
        var recipe = Recipe(steps: steps).encoded
        if recipe.count > Limits.recipe {
            // Too many leaves for one recipe: then all of it is kept as it is.
            steps = try self.parts([], of: id, in: session, keys: keys, goOn)
            recipe = Recipe(steps: steps).encoded
        }
        guard recipe.count <= Limits.recipe else { throw ArchiveError(.recipe, source.file.displayName, "too long") }
        var object: [UInt8] = []
        object.append(littleEndian: UInt32(recipe.count))
        object += recipe
        try check()
        try session.add(key, OwnedBytes(object))
        return StoredMessage(id: id, size: size, envelope: envelope, isNew: true, marks: marks)
    }

    /// Which leaves re-encode to exactly what they were.
    private mutating func cuts(
        _ leaves: [MIMESplitter.Leaf],
        _ goOn: (String) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> [(UInt64, Base64Recipe)] {
        var cuts: [(UInt64, Base64Recipe)] = []
        var next = 0
        var check: Base64Check?
        var position: UInt64 = 0
        let style = lineEnds
        try stream(goOn) { (chunk) throws(ArchiveError) in
            var from = 0
            while from < chunk.count, next < leaves.count {
                let leaf = leaves[next]
                let start = Int(clamping: Int64(leaf.offset) - Int64(position))
                let end = Int(clamping: Int64(leaf.range.upperBound) - Int64(position))
                guard start < chunk.count else { break }
                if check == nil, start >= 0 { check = Base64Check(lineEnds: style) }
                let low = max(start, from)
                let high = min(end, chunk.count)
                if high > low { _ = check?.consume(chunk.slice(low, high - low)) }
                from = high
                guard end <= chunk.count else { break }
                if let cut = check?.finish(), cut.recipe.decodedByteCount > 0,
                    cut.recipe.lineLength <= 1_048_576 || isOneLine(cut.recipe)
                {
                    cuts.append((leaf.offset + cut.offset, cut.recipe))
                }
                check = nil
                next += 1
            }
            position += UInt64(chunk.count)
        }
        return cuts
    }

    /// Stores literals and decoded leaves as parts of bounded size, and gives the steps that join them.
    private mutating func parts(
        _ cuts: [(UInt64, Base64Recipe)],
        of id: Bytes32,
        in session: WriteSession,
        keys: AppendKeys,
        _ goOn: (String) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> [Recipe.Step] {
        var steps: [Recipe.Step] = []
        var pending: [UInt8] = []
        var list: [Recipe.Part] = []
        func flush() throws(ArchiveError) {
            guard !pending.isEmpty else { return }
            let id = pending.withUnsafeBytes { keys.contentID(of: $0) }
            list.append(Recipe.Part(id: id, size: UInt32(pending.count)))
            try session.add(ObjectKey(id, .part), OwnedBytes(pending))
            pending.removeAll(keepingCapacity: true)
        }
        func collect(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
            var from = 0
            while from < bytes.count {
                let count = min(bytes.count - from, LargeMessage.partSize - pending.count)
                pending.append(contentsOf: bytes.slice(from, count))
                from += count
                if pending.count == LargeMessage.partSize { try flush() }
            }
        }
        func endLiteral() throws(ArchiveError) {
            try flush()
            if !list.isEmpty { steps.append(.verbatim(list)) }
            list = []
        }
        var next = 0
        var decoder: Base64Decoder?
        var position: UInt64 = 0
        var memory = [UInt8](repeating: 0, count: Base64Decoder.capacity(forEncoded: LargeMessage.chunk * 2))
        let name = source.file.displayName
        // What is stored must be what was hashed: the source may change between the passes.
        let again = StreamingHash(keys.contentHasher())
        try stream(goOn) { (chunk) throws(ArchiveError) in
            again.update(chunk)
            var from = 0
            while from < chunk.count {
                guard next < cuts.count else { break }
                let (offset, recipe) = cuts[next]
                var length = recipe.encodedByteCount
                if recipe.endsWithLineEnd { length -= UInt64(recipe.lineEnd.byteCount) }
                let start = Int(clamping: Int64(offset) - Int64(position))
                let end = Int(clamping: Int64(offset + length) - Int64(position))
                if start > from {
                    let high = min(start, chunk.count)
                    try collect(chunk.slice(from, high - from))
                    from = high
                    continue
                }
                if decoder == nil {
                    try endLiteral()
                    guard
                        let open = Base64Recipe(
                            lineLength: recipe.lineLength,
                            lineEnd: recipe.lineEnd,
                            decodedByteCount: recipe.decodedByteCount,
                            endsWithLineEnd: false
                        )
                    else { throw ArchiveError(.recipe, name) }
                    decoder = Base64Decoder(open)
                }
                let high = min(end, chunk.count)
                let piece = chunk.slice(from, high - from)
                var count = 0
                let needed = Base64Decoder.capacity(forEncoded: piece.count)
                if memory.count < needed { memory = [UInt8](repeating: 0, count: needed) }
                do throws(Base64Decoder.Mismatch) {
                    count = try memory.withUnsafeMutableBufferPointer { (m) throws(Base64Decoder.Mismatch) in
                        try decoder?.consume(piece, into: UnsafeMutableRawBufferPointer(m)) ?? 0
                    }
                } catch {
                    throw ArchiveError(.source, name, "it changed while it was read")
                }
                try memory.withUnsafeBufferPointer { (m) throws(ArchiveError) in
                    try collect(UnsafeRawBufferPointer(m).slice(0, count))
                }
                from = high
                guard end <= chunk.count else { break }
                try flush()
                steps.append(
                    .base64(
                        list,
                        lineLength: isOneLine(recipe) ? 0 : Int(recipe.lineLength),
                        lineEnd: recipe.lineEnd.rawValue
                    )
                )
                list = []
                decoder = nil
                next += 1
            }
            if from < chunk.count { try collect(chunk.slice(from, chunk.count - from)) }
            position += UInt64(chunk.count)
        }
        try endLiteral()
        guard again.finish() == id else { throw ArchiveError(.source, name, "it changed while it was read") }
        return steps
    }
}
