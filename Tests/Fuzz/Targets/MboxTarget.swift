import MailFormats

/// An MBOX: its pieces are the file, quoting that is undone comes back by the byte, memory is bounded.
enum MboxTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input)
        let source = MemoryByteSource(bytes)
        guard let evidence = try? MboxEvidence.gather(source) else {
            require(false, "memory can be read")
            return
        }
        require(evidence.isComplete, "evidence of a small file is that of all of it")
        var dialect = MboxDialect(evidence)
        let choice = hash(input)
        if choice % 8 < 5 {
            dialect = MboxDialect(
                MboxDialect.Name(rawValue: UInt8(choice % 8)) ?? .mboxrd,
                lineEnds: evidence.lineEnds
            )
        }
        if choice >> 3 & 3 == 0 { dialect.honoursContentLength = false }

        let whole = scan(source, dialect)
        require(whole.joined.elementsEqual(input), "the pieces of a file are the file")
        var sizes = MboxScanner.Sizes()
        // One byte at a time costs the square of the length.
        sizes.blockByteCount = (bytes.count < 400 ? [1, 7, 100, 4096] : [50, 100, 1000, 4096])[Int(choice >> 5 & 3)]
        sizes.residentByteLimit = [1, 50, 1000, 65_536][Int(choice >> 7 & 3)]
        let small = scan(source, dialect, sizes)
        require(small.messages == whole.messages, "messages do not depend on the sizes of reading")
        require(small.tail == whole.tail, "the tail does not depend on the sizes of reading")
        require(small.joined.elementsEqual(input), "the pieces of a file are the file, also in small blocks")

        for message in whole.messages {
            quoting(input[message.content], dialect, choice)
        }
        if choice >> 9 & 255 == 0 { bounded(bytes, dialect) }
    }

    private struct Scan {
        var messages: [MboxMessage] = []
        var tail: Range<UInt64> = 0..<0
        var joined: [UInt8] = []
    }

    private static func scan(
        _ source: MemoryByteSource,
        _ dialect: MboxDialect,
        _ sizes: MboxScanner.Sizes = MboxScanner.Sizes()
    ) -> Scan {
        var result = Scan()
        guard var scanner = try? MboxScanner(source, dialect: dialect, sizes: sizes) else {
            require(false, "memory can be read")
            return result
        }
        var end: UInt64 = 0
        while let block = (try? scanner.nextBlock()) ?? nil {
            for message in block.messages {
                require(message.lead.lowerBound == end, "messages follow each other")
                require(message.lead.upperBound == message.content.lowerBound, "content follows lead")
                require(message.content.upperBound == message.trail.lowerBound, "trail follows content")
                require(
                    message.separator.isEmpty || message.separator.upperBound == message.lead.upperBound,
                    "the separator ends the lead"
                )
                end = message.trail.upperBound
                let held = block.withBytes(of: message.range) { [UInt8]($0) }
                require(held != nil || !block.isResident, "a resident block has its bytes")
                result.joined +=
                    held ?? Array(source.bytes[Int(message.range.lowerBound)..<Int(message.range.upperBound)])
            }
            result.messages += block.messages
        }
        result.tail = scanner.tail
        require(result.tail.lowerBound == end && result.tail.upperBound == source.byteCount, "the tail is the rest")
        result.joined += source.bytes[Int(result.tail.lowerBound)...]
        return result
    }

    private static func quoting(_ slice: Slice<UnsafeRawBufferPointer>, _ dialect: MboxDialect, _ choice: UInt64) {
        let message = UnsafeRawBufferPointer(rebasing: slice)
        let lineEnds = dialect.lineEnds
        for quoting in [MboxQuoting.none, .o, .rd] {
            var plain: [UInt8] = []
            let undone = quoting.undo(message, lineEnds: lineEnds, into: &plain)
            if !undone.changed {
                require(plain.isEmpty, "nothing is written when nothing changes")
                plain = [UInt8](message)
            }
            var back: [UInt8] = []
            let changed = plain.withUnsafeBytes {
                quoting.redo($0, lineEnds: lineEnds, exceptions: undone.exceptions, into: &back)
            }
            if !changed { back = plain }
            require(back.elementsEqual(message), "quoting again gives the file's bytes")

            let size = [1, 3, 64, 4096][Int(choice >> 16 & 3)]
            var undoing = MboxQuotingStream.undoing(quoting, lineEnds: lineEnds)
            let streamed = stream(&undoing, message, size)
            require(streamed == plain, "the stream undoes as the whole does")
            require(undoing.exceptions == undone.exceptions, "the stream finds the same exceptions")
            var redoing = MboxQuotingStream.redoing(quoting, lineEnds: lineEnds, exceptions: undone.exceptions)
            let requoted = plain.withUnsafeBytes { stream(&redoing, $0, size) }
            require(requoted.elementsEqual(message), "the stream gives the file's bytes")
        }
    }

    private static func stream(_ stream: inout MboxQuotingStream, _ bytes: UnsafeRawBufferPointer, _ size: Int)
        -> [UInt8]
    {
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let end = min(position + size, bytes.count)
            stream.consume(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), into: &output)
            position = end
        }
        stream.finish(into: &output)
        return output
    }

    /// The input over and over, to 4 MiB: `run` lets no single allocation be larger than 2 MiB.
    private static func bounded(_ bytes: [UInt8], _ dialect: MboxDialect) {
        guard !bytes.isEmpty else { return }
        var sizes = MboxScanner.Sizes()
        sizes.blockByteCount = 4096
        sizes.residentByteLimit = 65_536
        let source = RepeatedSource(bytes: bytes, byteCount: 4 << 20)
        guard var scanner = try? MboxScanner(source, dialect: dialect, sizes: sizes) else { return }
        // An open part is looked for 1 MiB ahead.
        let mostBytes = UInt64(sizes.residentByteLimit + sizes.blockByteCount + 70_000 + (1 << 20))
        var end: UInt64 = 0
        while let block = (try? scanner.nextBlock()) ?? nil {
            require(!block.isResident || block.byteCount <= mostBytes, "a resident block is bounded")
            require(block.offset == end, "blocks follow each other")
            end = block.offset + block.byteCount
        }
        require(scanner.tail == end..<source.byteCount, "the tail is the rest")
    }
}

/// A file that repeats a few bytes, and takes no memory for it.
private struct RepeatedSource: ByteSource {
    let bytes: [UInt8]
    let byteCount: UInt64

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let count = Int(min(UInt64(buffer.count), byteCount - offset))
        var place = Int(offset % UInt64(bytes.count))
        for index in 0..<count {
            buffer[index] = bytes[place]
            place += 1
            if place == bytes.count { place = 0 }
        }
        return count
    }
}
