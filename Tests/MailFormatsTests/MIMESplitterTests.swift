import Foundation
import MailFormats
import Testing

func split(_ message: [UInt8], size: Int = .max, minimum: UInt64 = 1) -> MIMESplitter {
    var splitter = MIMESplitter(
        lineEnds: message.withUnsafeBytes { LineEndStyle.detect($0) },
        minimumByteCount: minimum
    )
    _ = inChunks(message, min(size, max(message.count, 1))) { chunk, _ in
        splitter.consume(chunk)
    } finish: { _ in
    }
    splitter.finish()
    return splitter
}

func leafTexts(_ text: String, size: Int = .max) -> [String] {
    let bytes = Array(text.utf8)
    return split(bytes, size: size).leaves.map {
        String(decoding: bytes[Int($0.range.lowerBound)..<Int($0.range.upperBound)], as: UTF8.self)
    }
}

struct MIMESplitterTests {
    /// After RFC 2046 §5.1.1, with an encoded part.
    static let simple = """
        From: Nathaniel Borenstein <nsb@bellcore.com>
        MIME-Version: 1.0
        Content-type: multipart/mixed;
         boundary="simple boundary"

        This is the preamble.
        --simple boundary

        This is implicitly typed plain US-ASCII text.
        --simple boundary
        Content-type: application/octet-stream; name="a.bin"
        Content-Transfer-Encoding: BASE64

        AAAA
        BBBB
        --simple boundary--

        This is the epilogue.
        --simple boundary
        Content-Transfer-Encoding: base64

        CCCC

        """

    @Test("a leaf is found in chunks of any size", arguments: [1, 2, 7, 64, .max])
    func simple(size: Int) {
        for text in [Self.simple, Self.simple.replacing("\n", with: "\r\n")] {
            let splitter = split(Array(text.utf8), size: size)
            #expect(splitter.leaves.count == 1)
            #expect(leafTexts(text, size: size).first?.replacing("\r\n", with: "\n") == "AAAA\nBBBB\n")
            #expect(splitter.partCount == 2)
            #expect(splitter.attachmentCount == 1)
        }
    }

    @Test("a leaf is found in a message whose lines end with lone carriage returns")
    func loneReturns() {
        #expect(leafTexts(Self.simple.replacing("\n", with: "\r")) == ["AAAA\rBBBB\r"])
    }

    @Test("a message that is base64 as a whole is one leaf")
    func whole() {
        #expect(leafTexts("Content-Transfer-Encoding: base64\n\nAAAA\n--x\n") == ["AAAA\n--x\n"])
    }

    @Test("the outer delimiter ends inner parts that were left open, and nested messages have their own header")
    func nested() {
        let text = """
            Content-Type: multipart/mixed; boundary=a

            --a
            Content-Type: message/rfc822

            Subject: inner
            Content-Type: multipart/mixed; boundary=(b

            --(b
            Content-Transfer-Encoding: base64

            AAAA
            --a
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment

            BBBB
            --(b
            CCCC
            --a--

            """
        #expect(leafTexts(text) == ["AAAA\n", "BBBB\n--(b\nCCCC\n"])
        let splitter = split(Array(text.utf8))
        #expect(splitter.partCount == 2)
        #expect(splitter.attachmentCount == 1)
    }

    @Test("nesting beyond the limit is not followed, and nothing grows")
    func depth() {
        var text = ""
        for level in 0..<200 { text += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
        text += "Content-Transfer-Encoding: base64\n\nAAAA\n"
        #expect(leafTexts(text).isEmpty)
    }
}

@Suite(.enabled(if: Corpora.isThere))
struct MIMECorporaTests {
    /// Everything below these folders that may be mail, in groups, so that the test runs in parallel.
    static let groups: [[String]] = {
        let files = (Corpora.files(below: "edge") + Corpora.files(below: "large")).filter { path in
            ![".gz", ".zip", ".tgz", ".xml", ".json", ".out", ".png", ".pdf"].contains(where: path.hasSuffix)
        }
        return stride(from: 0, to: files.count, by: 400).map { Array(files[$0..<min($0 + 400, files.count)]) }
    }()

    @Test("every leaf of every message encodes to its own bytes again", arguments: groups.indices)
    func leaves(group: Int) throws {
        for path in Self.groups[group] {
            let message = try Corpora.bytes(path)
            let lineEnds = message.withUnsafeBytes { LineEndStyle.detect($0) }
            let whole = split(message)
            for leaf in whole.leaves {
                let candidate = Array(message[Int(leaf.range.lowerBound)..<Int(leaf.range.upperBound)])
                let outcome = decodeWhole(candidate, lineEnds)
                #expect(try decodeInChunks(candidate, lineEnds, size: 4096) == outcome, "\(path)")
                guard let cut = outcome.cut else { continue }
                let part = candidate[Int(cut.range.lowerBound)..<Int(cut.range.upperBound)]
                #expect(encode(outcome.decoded, cut.recipe, size: 1 << 22).elementsEqual(part), "\(path)")
            }
            for size in message.count < 20_000 ? [1, 7, 4096] : [4096] {
                let chunked = split(message, size: size)
                #expect(chunked.leaves == whole.leaves, "\(path)")
                #expect(chunked.partCount == whole.partCount, "\(path)")
                #expect(chunked.attachmentCount == whole.attachmentCount, "\(path)")
            }
        }
    }
}
