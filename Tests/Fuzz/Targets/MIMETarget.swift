import MailFormats

/// A message: what is cut out of it and encoded again is the message, however it was cut into chunks.
enum MIMETarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let choice = hash(input)
        let lineEnds = LineEndStyle.detect(input)
        let splitter = split(input, lineEnds, size: .max)
        for size in [1, [3, 7, 64, 1000][Int(choice & 3)]] {
            let other = split(input, lineEnds, size: size)
            require(other.leaves == splitter.leaves, "leaves do not depend on the chunks")
            require(other.partCount == splitter.partCount, "parts do not depend on the chunks")
            require(other.attachmentCount == splitter.attachmentCount, "attachments do not depend on the chunks")
        }
        require(splitter.leaves.count <= MIMESplitter.leafLimit, "leaves are bounded")

        var rebuilt: [UInt8] = []
        var end = 0
        for leaf in splitter.leaves {
            require(leaf.offset >= end && leaf.range.upperBound <= UInt64(input.count), "leaves follow each other")
            rebuilt += input[end..<Int(leaf.offset)]
            let candidate = UnsafeRawBufferPointer(rebasing: input[leaf.range])
            rebuilt += again(candidate, lineEnds, size: [1, 5, 77, 4096][Int(choice >> 2 & 3)])
            end = Int(leaf.range.upperBound)
        }
        rebuilt += input[end...]
        require(rebuilt.elementsEqual(input), "what was cut is put together again")

        // The bytes as one leaf: so that base64 is met without a header around it.
        require(again(input, lineEnds, size: 3).elementsEqual(input), "a leaf is put together again")
        header(input, lineEnds)
    }

    private static func split(
        _ input: UnsafeRawBufferPointer,
        _ lineEnds: LineEndStyle,
        size: Int
    ) -> MIMESplitter {
        var splitter = MIMESplitter(lineEnds: lineEnds, minimumByteCount: 1)
        chunks(input, size) { splitter.consume($0) }
        splitter.finish()
        return splitter
    }

    private static func chunks(_ bytes: UnsafeRawBufferPointer, _ size: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        var position = 0
        while position < bytes.count {
            let end = bytes.count - position <= size ? bytes.count : position + size
            body(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
            position = end
        }
    }

    /// Decodes what can be decoded of a candidate, in memory and in chunks, and encodes it again.
    private static func again(_ candidate: UnsafeRawBufferPointer, _ lineEnds: LineEndStyle, size: Int) -> [UInt8] {
        // Memory of exactly the size asked for, so that one byte too many is seen.
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Base64Leaf.capacity(forEncoded: candidate.count),
            alignment: 1
        )
        defer { memory.deallocate() }
        let cut = Base64Leaf.decode(candidate, lineEnds: lineEnds, into: memory)
        var check = Base64Check(lineEnds: lineEnds)
        chunks(candidate, size) { _ = check.consume($0) }
        require(check.finish() == cut, "check and decoding agree")
        guard let cut else { return [UInt8](candidate) }
        require(cut.range.upperBound <= UInt64(candidate.count), "a cut lies within its candidate")
        require(cut.recipe.decodedByteCount <= UInt64(memory.count), "decoded bytes fit")
        let decoded = UnsafeRawBufferPointer(rebasing: memory[..<Int(cut.recipe.decodedByteCount)])

        var decoder = Base64Decoder(cut.recipe)
        var inChunks: [UInt8] = []
        chunks(UnsafeRawBufferPointer(rebasing: candidate[cut.range]), size) { chunk in
            let place = UnsafeMutableRawBufferPointer.allocate(
                byteCount: Base64Decoder.capacity(forEncoded: chunk.count),
                alignment: 1
            )
            defer { place.deallocate() }
            guard let count = try? decoder.consume(chunk, into: place) else {
                require(false, "what was checked decodes")
                return
            }
            inChunks += place[..<count]
        }
        require(decoder.isComplete && inChunks.elementsEqual(decoded), "decoding does not depend on the chunks")

        var rebuilt = [UInt8](candidate[..<Int(cut.offset)])
        var encoder = Base64Encoder(cut.recipe)
        chunks(decoded, size) { chunk in
            let place = UnsafeMutableRawBufferPointer.allocate(
                byteCount: encoder.capacity(forDecoded: chunk.count),
                alignment: 1
            )
            defer { place.deallocate() }
            rebuilt += place[..<encoder.consume(chunk, into: place)]
        }
        return rebuilt + candidate[Int(cut.range.upperBound)...]
    }

    private static func header(_ input: UnsafeRawBufferPointer, _ lineEnds: LineEndStyle) {
        _ = MailKind.sniff(prefix: input)
        _ = MailKind.sniff(prefix: input, nameHint: .mbox)
        require(
            MailKind.headerStart(of: input, lineEnds: lineEnds) <= input.count,
            "a header starts within its message"
        )
        let envelope = Envelope(of: input, lineEnds: lineEnds)
        for value in [
            envelope.from, envelope.to, envelope.cc, envelope.subject, envelope.messageID, envelope.inReplyTo,
        ] {
            require((value?.bytes.count ?? 0) <= Envelope.valueByteLimit, "a kept field is bounded")
        }
        if let seconds = MailDate.parse(input) { _ = MailDate.asctime(seconds) }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a range that was found in a file of these bytes.
    subscript(range: Range<UInt64>) -> Slice<UnsafeRawBufferPointer> {
        require(range.upperBound <= UInt64(count), "a range lies within its file")
        return self[Int(range.lowerBound)..<Int(range.upperBound)]
    }
}
