import MailFormats
import Testing

/// Undoes and redoes quoting in the whole-buffer form and in chunks, and expects the first bytes again.
func expectQuotingInverts(
    _ bytes: [UInt8],
    _ quoting: MboxQuoting,
    _ lineEnds: LineEndStyle,
    chunks: [Int] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    var unquoted: [UInt8] = []
    let result = bytes.withUnsafeBytes { quoting.undo($0, lineEnds: lineEnds, into: &unquoted) }
    if !result.changed { unquoted = bytes }
    var again: [UInt8] = []
    let changed = unquoted.withUnsafeBytes {
        quoting.redo($0, lineEnds: lineEnds, exceptions: result.exceptions, into: &again)
    }
    #expect((changed ? again : unquoted) == bytes, sourceLocation: sourceLocation)
    for size in chunks {
        var undoing = MboxQuotingStream.undoing(quoting, lineEnds: lineEnds)
        let undone = inChunks(bytes, size) {
            undoing.consume($0, into: &$1)
        } finish: {
            undoing.finish(into: &$0)
        }
        #expect(undone == unquoted, "undoing in chunks of \(size)", sourceLocation: sourceLocation)
        #expect(undoing.exceptions == result.exceptions, sourceLocation: sourceLocation)
        #expect(undoing.changed == result.changed, sourceLocation: sourceLocation)
        var redoing = MboxQuotingStream.redoing(quoting, lineEnds: lineEnds, exceptions: result.exceptions)
        let redone = inChunks(unquoted, size) {
            redoing.consume($0, into: &$1)
        } finish: {
            redoing.finish(into: &$0)
        }
        #expect(redone == bytes, "redoing in chunks of \(size)", sourceLocation: sourceLocation)
    }
}

/// Feeds bytes in chunks of a size and collects what comes out.
func inChunks(
    _ bytes: [UInt8],
    _ size: Int,
    _ body: (UnsafeRawBufferPointer, inout [UInt8]) -> Void,
    finish: (inout [UInt8]) -> Void
) -> [UInt8] {
    var output: [UInt8] = []
    bytes.withUnsafeBytes { all in
        var position = 0
        while position < all.count {
            let end = min(position + size, all.count)
            body(UnsafeRawBufferPointer(rebasing: all[position..<end]), &output)
            position = end
        }
    }
    finish(&output)
    return output
}

/// A fixed sequence of numbers, so that a failure can be repeated (Steele and others, SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

struct MboxQuotingTests {
    @Test(
        "each dialect undoes its own quoting",
        arguments: [
            (
                MboxQuoting.rd, ">From a\n>>From b\nFrom c\n> From d\n>From",
                "From a\n>From b\nFrom c\n> From d\n>From", [UInt32(2)]
            ),
            (.o, ">From a\n>>From b\nFrom c\n x>From d\n", "From a\n>>From b\nFrom c\n x>From d\n", [1]),
            (.none, ">From a\nFrom b\n", ">From a\nFrom b\n", []),
        ]
    )
    func dialects(quoting: MboxQuoting, quoted: String, plain: String, exceptions: [UInt32]) {
        var output: [UInt8] = []
        let bytes = Array(quoted.utf8)
        let result = bytes.withUnsafeBytes { quoting.undo($0, lineEnds: .lf, into: &output) }
        #expect((result.changed ? output : bytes) == Array(plain.utf8))
        #expect(result.exceptions == QuotingExceptions(ordinals: exceptions))
        expectQuotingInverts(bytes, quoting, .lf, chunks: [1, 2, 3, 7])
    }

    @Test("quoting a soup of marks, words and line ends again gives the same soup", arguments: 0..<40)
    func soup(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let pieces = [
            "F", "r", "o", "m", " ", ">", "\r", "\n", "From ", ">From ", ">>From ", "\r\n", "\nFrom ", "\n>From ", "x",
        ]
        for _ in 0..<12 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
            }
            for quoting in [MboxQuoting.none, .o, .rd] {
                for lineEnds in [LineEndStyle.lf, .cr] {
                    expectQuotingInverts(bytes, quoting, lineEnds, chunks: [1, 2, 5, 4096])
                }
            }
        }
    }

    @Test("a lone carriage return begins a line only in a file whose lines end so")
    func loneReturn() {
        let bytes = Array("a\r>From b\r".utf8)
        var output: [UInt8] = []
        let asLF = bytes.withUnsafeBytes { MboxQuoting.rd.undo($0, lineEnds: .lf, into: &output) }
        #expect(!asLF.changed)
        let asCR = bytes.withUnsafeBytes { MboxQuoting.rd.undo($0, lineEnds: .cr, into: &output) }
        #expect(asCR.changed)
        #expect(output == Array("a\rFrom b\r".utf8))
    }

    @Test("beyond the limit of exceptions a message is left as it is, and comes back")
    func manyExceptions() {
        var bytes: [UInt8] = []
        for index in 0..<QuotingExceptions.limit + 50 { bytes += Array("From \(index)\n>From \(index)\n".utf8) }
        var output: [UInt8] = []
        let result = bytes.withUnsafeBytes { MboxQuoting.rd.undo($0, lineEnds: .lf, into: &output) }
        #expect(result.exceptions.ordinals.count == QuotingExceptions.limit)
        #expect(result.exceptions.verbatimFrom == UInt32(2 * QuotingExceptions.limit))
        expectQuotingInverts(bytes, .rd, .lf, chunks: [1, 4096])
    }
}
