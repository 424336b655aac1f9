import MailFormats
import Testing

private func contents(_ text: String, _ dialect: MboxDialect? = nil) throws -> [String] {
    let bytes = Array(text.utf8)
    return try MboxScanner.scanAll(bytes, dialect: dialect).messages.map {
        String(decoding: bytes[Int($0.content.lowerBound)..<Int($0.content.upperBound)], as: UTF8.self)
    }
}

private let first = "From a@example.com Thu Jan  1 00:00:00 1970\n"
private let second = "From b@example.com Fri Jan  2 00:00:00 1970\n"

extension MboxScanner.Sizes {
    fileprivate init(block: Int, resident: Int) {
        self.init()
        blockByteCount = block
        residentByteLimit = resident
    }
}

struct MboxScannerTests {
    @Test("lead, content and trail are what the separator, the message and the added empty line are")
    func pieces() throws {
        let text = first + "Subject: 1\n\nbody\n\n" + second + "Subject: 2\n\nbody\n\n"
        let result = try MboxScanner.scanAll(Array(text.utf8))
        #expect(result.messages.map(\.lead) == [0..<44, 62..<106])
        #expect(result.messages.map(\.content) == [44..<61, 106..<123])
        #expect(result.messages.map(\.trail) == [61..<62, 123..<124])
        #expect(result.tail == 124..<124)
    }

    @Test(
        "a line that begins with From but is none stays in its message",
        arguments: [
            "From Russia with love\nYear: 1963\n",
            "From here on it is easy.\n",
            "From fc88a7ddc5dfa2f1b5e2a7d7f0c2b1b6f3f4a5b6 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.com>\nSubject: x\n",
            ">From a@example.com Thu Jan  1 00:00:00 1970\nSubject: quoted\n",
        ]
    )
    func body(line: String) throws {
        let body = "Subject: 1\n\ntext\n\n" + line
        #expect(try contents(first + body + "\n" + second + "Subject: 2\n\n") == [body, "Subject: 2\n\n"])
    }

    @Test("a file of git patches is an mbox of its own kind")
    func patches() throws {
        let line = "From fc88a7ddc5dfa2f1b5e2a7d7f0c2b1b6f3f4a5b6 Mon Sep 17 00:00:00 2001\n"
        let patch = "From: A <a@example.com>\nSubject: [PATCH] x\n\n---\n"
        #expect(try contents(line + patch + "\n" + line + patch) == [patch, patch])
    }

    @Test("stub lines, gaps and a byte order mark belong to the lead of the message after them")
    func stubs() throws {
        let text =
            "\u{FEFF}\nFrom - Thu Jan  1 00:00:00 1970\nFrom Moon\n" + first + "Subject: 1\n\n1\n\n" + second
            + "\nFrom\n"
        let result = try MboxScanner.scanAll(Array(text.utf8))
        #expect(result.messages.count == 1)
        #expect(try contents(text) == ["Subject: 1\n\n1\n"])
        #expect(result.tail.upperBound == UInt64(text.utf8.count))
        #expect(result.tail.count == second.utf8.count + 6)
    }

    @Test("a separator needs no empty line before it, and no date when mail fields follow")
    func bare() throws {
        #expect(try contents(first + "Subject: 1\n\n1\n" + second + "Subject: 2\n\n2\n").count == 2)
        #expect(try contents("From\u{20}-\nSubject: 1\n\n1\n\nFrom -\nSubject: 2\n\n2\n").count == 2)
        #expect(try contents(first + "Subject: 1\n\n1\n\nFrom MAILER-DAEMON\nSubject: 2\n\n2\n").count == 2)
    }

    @Test("a length that lands on a separator or on the end of the file holds its message together, another does not")
    func lengths() throws {
        let body = "x\n\n" + second + "Subject: forwarded\n\ny\n"
        func message(_ length: Int) -> String { "Content-Length: \(length)\nSubject: 1\n\n" + body }
        let exact = message(body.utf8.count)
        #expect(try contents(first + exact + "\n" + second + "Subject: 2\n\n") == [exact, "Subject: 2\n\n"])
        #expect(try contents(first + exact) == [exact])
        #expect(try contents(first + message(body.utf8.count + 9) + "\n" + second + "Subject: 2\n\n").count == 3)
        #expect(try contents(first + message(.max) + "\n" + second + "Subject: 2\n\n").count == 3)
        var stubborn = MboxDialect(.mboxrd, lineEnds: .lf)
        stubborn.honoursContentLength = false
        #expect(try contents(first + exact + "\n" + second + "Subject: 2\n\n", stubborn).count == 3)
    }

    @Test("an attached mailbox stays in its part")
    func attachedMailbox() throws {
        let message = """
            Content-Type: multipart/mixed; boundary="b"

            --b
            Content-Type: application/mbox

            \(first)Subject: a

            a

            \(second)Subject: b

            b

            --b--

            """
        #expect(try contents(first + message + "\n" + second + "Subject: 2\n\n") == [message, "Subject: 2\n\n"])
        // A multipart that never ends does not swallow the next message.
        let cut = "Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\ntext\n"
        #expect(try contents(first + cut + "\n" + second + "Subject: 2\n\n") == [cut, "Subject: 2\n\n"])
    }

    @Test(
        "what is no mbox is one message without separator, and nothing is nothing",
        arguments: [
            ("", 0, 0), ("\n\n", 0, 2), ("Subject: x\n\nFrom here\n", 1, 0), ("\u{0}\u{1}", 1, 0), ("From", 1, 0),
            ("From ", 0, 5),
        ]
    )
    func noMbox(text: String, count: Int, tail: Int) throws {
        let result = try MboxScanner.scanAll(Array(text.utf8))
        #expect(result.messages.count == count)
        #expect(result.messages.allSatisfy { $0.traits.contains(.lacksSeparator) && $0.separator.isEmpty })
        #expect(result.tail.count == tail)
    }

    @Test(
        "evidence decides the dialect",
        arguments: [
            (first + "Subject: 1\n\n>From x\n>>From y\n", MboxDialect.Name.mboxrd),
            (first + "Subject: 1\n\n>From x\n", .mboxo),
            (first + "Content-Length: 7\n\n>From x", .mboxcl),
            (first + "Content-Length: 6\n\nFrom x", .mboxcl2),
            (first + "Subject: 1\n\n" + String(repeating: "From x\n", count: 9), .unquoted),
        ]
    )
    func dialects(text: String, name: MboxDialect.Name) throws {
        let evidence = try MboxEvidence.gather(MemoryByteSource(Array(text.utf8)))
        #expect(evidence.isComplete)
        #expect(MboxDialect(evidence).name == name)
    }

    @Test("a message longer than the limit comes as a range only, and its neighbours with their bytes")
    func long() throws {
        let long = "Subject: long\n\n" + String(repeating: "0123456789abcdef\n", count: 20_000)
        let text = first + "Subject: 1\n\n1\n\n" + second + long + "\n>From x\n\n" + second + "Subject: 3\n\n3\n\n"
        let bytes = Array(text.utf8)
        let result = try MboxScanner.scanAll(bytes, sizes: .init(block: 4096, resident: 65_536))
        #expect(result.messages.count == 3)
        #expect(result.residentCount == 2)
        #expect(result.bytes == bytes)
        #expect(result.messages[1].traits.contains(.holdsFromLines))
        #expect(try MboxScanner.scanAll(bytes).messages == result.messages)
    }

    @Test("a multipart without an end is looked through to the next message only, however many there are")
    func unclosedMultiparts() throws {
        let message = "Content-Type: multipart/mixed; boundary=b\n\ntext\n\n"
        let bytes = Array(String(repeating: first + message, count: 3000).utf8)
        let sizes = MboxScanner.Sizes(block: 4096, resident: 65_536)
        var scanner = try MboxScanner(
            MemoryByteSource(bytes),
            dialect: MboxDialect(.mboxrd, lineEnds: .lf),
            sizes: sizes
        )
        var count = 0
        while let block = try scanner.nextBlock() {
            count += block.messages.count
            #expect(block.isResident && block.byteCount <= 8192)
        }
        #expect(count == 3000)
    }

    @Test("any bytes are tiled, and the same way whatever the sizes of reading", arguments: 0..<60)
    func soup(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let pieces = [
            first, second, "From -\n", "From x\n", "From ", ">From a\n", "\n", "\n\n", "\r\n", "\r", "Subject: x\n",
            "Content-Length: 10\n",
            "Content-Length: 3\n", "Content-Type: multipart/mixed; boundary=b\n", "--b\n", "--b--\n", "text\n",
            "From 123456@xxx\n", "\u{FEFF}",
            "From", "Content-Type: text/plain\n",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...80, using: &random) {
            bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
        }
        if seed % 3 == 0 { bytes = bytes.map { $0 == 0x0A ? 0x0D : $0 } }
        let dialect = MboxDialect(try MboxEvidence.gather(MemoryByteSource(bytes)))
        let whole = try MboxScanner.scanAll(bytes, dialect: dialect)
        #expect(whole.bytes == bytes)
        for (block, resident) in [(1, 1 << 20), (7, 1 << 20), (100, 50), (1, 1)] {
            let result = try MboxScanner.scanAll(
                bytes,
                dialect: dialect,
                sizes: .init(block: block, resident: resident)
            )
            #expect(result.bytes == bytes)
            #expect(result.messages == whole.messages)
            #expect(result.tail == whole.tail)
        }
    }

    @Test("a source that ends early or fails is an error with its place")
    func failing() throws {
        struct Short: ByteSource {
            var byteCount: UInt64 { 100 }
            func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
                0
            }
        }
        #expect(throws: ByteSourceError(.endedEarly, at: 0)) { try MboxEvidence.gather(Short()) }
    }

    @Test("messages before a length that leads to an unreadable place are handed out before the error")
    func unreadableLanding() throws {
        struct Torn: ByteSource {
            let bytes: MemoryByteSource
            let readable: UInt64
            var byteCount: UInt64 { bytes.byteCount }
            func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
                guard offset + UInt64(buffer.count) <= readable else { throw ByteSourceError(.system(5), at: offset) }
                return try bytes.read(at: offset, into: buffer)
            }
        }
        let text = first + "Subject: 1\n\nbody\n\n" + second + "Content-Length: 9000\n\n"
        let all = Array((text + String(repeating: "x\n", count: 10_000)).utf8)
        var scanner = try MboxScanner(
            Torn(bytes: MemoryByteSource(all), readable: 4096),
            sizes: MboxScanner.Sizes(block: 4096, resident: 16_384)
        )
        #expect(try scanner.nextBlock()?.messages.map(\.content) == [44..<61])
        let place = UInt64(text.utf8.count + 9000 - 1)
        #expect(throws: ByteSourceError(.system(5), at: place)) { try scanner.nextBlock() }
        #expect(throws: ByteSourceError(.system(5), at: place)) { try scanner.nextBlock() }
    }
}
