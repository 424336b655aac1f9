import Foundation
import MailFormats
import Testing

/// What the three forms of base64 code say of a candidate.
struct Base64Outcome: Equatable {
    var cut: Base64Cut?
    var decoded: [UInt8]
}

func decodeWhole(_ candidate: [UInt8], _ lineEnds: LineEndStyle = .lf) -> Base64Outcome {
    var scratch = ByteScratch()
    let memory = scratch.reserve(Base64Leaf.capacity(forEncoded: candidate.count))
    let cut = candidate.withUnsafeBytes { Base64Leaf.decode($0, lineEnds: lineEnds, into: memory) }
    let count = Int(cut?.recipe.decodedByteCount ?? 0)
    return Base64Outcome(cut: cut, decoded: Array(memory[..<count]))
}

func decodeInChunks(_ candidate: [UInt8], _ lineEnds: LineEndStyle = .lf, size: Int) throws -> Base64Outcome {
    var check = Base64Check(lineEnds: lineEnds)
    _ = inChunks(candidate, size) { chunk, _ in
        _ = check.consume(chunk)
    } finish: { _ in
    }
    guard let cut = check.finish() else { return Base64Outcome(cut: nil, decoded: []) }
    var decoder = Base64Decoder(cut.recipe)
    var scratch = ByteScratch()
    var failure: Base64Decoder.Mismatch?
    let part = Array(candidate[Int(cut.range.lowerBound)..<Int(cut.range.upperBound)])
    let decoded = inChunks(part, size) { chunk, output in
        let memory = scratch.reserve(Base64Decoder.capacity(forEncoded: chunk.count))
        do throws(Base64Decoder.Mismatch) {
            let count = try decoder.consume(chunk, into: memory)
            output.append(contentsOf: memory[..<count])
        } catch {
            failure = error
        }
    } finish: { _ in
    }
    if let failure { throw failure }
    #expect(decoder.isComplete)
    return Base64Outcome(cut: cut, decoded: decoded)
}

func encode(_ decoded: [UInt8], _ recipe: Base64Recipe, size: Int) -> [UInt8] {
    var encoder = Base64Encoder(recipe)
    var scratch = ByteScratch()
    return inChunks(decoded, size) { chunk, output in
        let memory = scratch.reserve(encoder.capacity(forDecoded: chunk.count))
        let count = encoder.consume(chunk, into: memory)
        output.append(contentsOf: memory[..<count])
    } finish: { _ in
    }
}

/// Expects that all forms agree, that Foundation decodes the same, and that encoding gives the same bytes.
func expectExact(
    _ candidate: [UInt8],
    _ lineEnds: LineEndStyle = .lf,
    sizes: [Int],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let whole = decodeWhole(candidate, lineEnds)
    for size in sizes {
        #expect(try decodeInChunks(candidate, lineEnds, size: size) == whole, sourceLocation: sourceLocation)
    }
    guard let cut = whole.cut else { return }
    let part = Array(candidate[Int(cut.range.lowerBound)..<Int(cut.range.upperBound)])
    let expected = Data(base64Encoded: Data(part), options: .ignoreUnknownCharacters)
    #expect(Data(whole.decoded) == expected, sourceLocation: sourceLocation)
    for size in sizes + [1 << 20] {
        #expect(encode(whole.decoded, cut.recipe, size: size) == part, sourceLocation: sourceLocation)
    }
}

struct Base64Tests {
    @Test(
        "the vectors of RFC 4648 §10 decode and encode",
        arguments: [
            ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ]
    )
    func vectors(encoded: String, decoded: String) throws {
        for end in ["", "\n", "\r\n"] {
            let bytes = Array((encoded + end).utf8)
            let outcome = decodeWhole(bytes)
            #expect(outcome.decoded == Array(decoded.utf8))
            #expect(outcome.cut?.recipe.encodedByteCount == UInt64(bytes.count))
            #expect(outcome.cut?.recipe.endsWithLineEnd == !end.isEmpty)
            try expectExact(bytes, sizes: [1, 2, 3, 7])
        }
    }

    @Test(
        "what does not encode again the same way ends the part before it",
        arguments: [
            // candidate, length of the part, decoded
            ("Zm9v\nZm9v\nZh==\n", 10, "foofoo"),  // pad bits not zero
            ("Zm9v\nZm9v\nZm8\n", 10, "foofoo"),  // padding missing
            ("Zm9v\nZm9v \nZm9v\n", 5, "foo"),  // blank at the end of a line
            ("Zm9vZm9v\nZm9v\nZm9vZm9v\n", 14, "foofoofoo"),  // a short line in between is the last
            ("Zm9vZm8=\nfooter text\n", 9, "foofo"),  // text after the padding
            ("Zm9v\r\nZm9v\nZm9v\n", 10, "foofoo"),  // another line end: the line counts, its end does not
            ("Zm8=Zm9v\nZm9v\n", 0, ""),  // padding in a line
            ("Zm9\nZm9v\n", 0, ""),  // a line length that is no multiple of 4
            ("Zm9v\nZm9vZm9v\n", 5, "foo"),  // a longer line
            ("\n\r\nZm9v\n", 5, "foo"),  // empty lines before
            ("", 0, ""), ("\n", 0, ""), ("Zm9", 0, ""), ("Zm-v\n", 0, ""),
        ]
    )
    func shapes(candidate: String, length: Int, decoded: String) throws {
        let bytes = Array(candidate.utf8)
        let outcome = decodeWhole(bytes)
        #expect(outcome.decoded == Array(decoded.utf8))
        #expect(Int(outcome.cut?.recipe.encodedByteCount ?? 0) == length)
        try expectExact(bytes, sizes: [1, 2, 3, 5, 7])
    }

    @Test("random lines, ends and defects: all forms agree", arguments: 0..<30)
    func soup(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for _ in 0..<10 {
            let length = [4, 8, 60, 64, 72, 76, 100].randomElement(using: &random) ?? 76
            let end = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
            let raw = (0..<Int.random(in: 1...700, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            let text = Array(Data(raw).base64EncodedString().utf8)
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: text.count, by: length) {
                bytes += text[start..<min(start + length, text.count)]
                bytes += Array(end.utf8)
            }
            if Bool.random(using: &random) { bytes.removeLast(end.utf8.count) }
            if Bool.random(using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = [0x3D, 0x20, 0x0A, 0x0D, 0x41, 0x80].randomElement(using: &random) ?? 0
            } else {
                let outcome = decodeWhole(bytes, end == "\r" ? .cr : .lf)
                #expect(outcome.decoded == raw)
                #expect(outcome.cut?.recipe.encodedByteCount == UInt64(bytes.count))
            }
            try expectExact(bytes, end == "\r" ? .cr : .lf, sizes: [1, 3, 4, 7, 64])
        }
    }

    @Test("a recipe out of limits is refused")
    func limits() {
        #expect(Base64Recipe(lineLength: 0, lineEnd: .lf, decodedByteCount: 3, endsWithLineEnd: true) == nil)
        #expect(Base64Recipe(lineLength: 77, lineEnd: .lf, decodedByteCount: 3, endsWithLineEnd: true) == nil)
        #expect(Base64Recipe(lineLength: 76, lineEnd: .lf, decodedByteCount: 0, endsWithLineEnd: true) == nil)
        #expect(Base64Recipe(lineLength: 76, lineEnd: .lf, decodedByteCount: .max, endsWithLineEnd: true) == nil)
    }

    @Test(
        "bytes that are not what the recipe says do not decode",
        arguments: ["Zm9v\nZm9v", "Zm9v\nZm9v\n\n", "Zm9v Zm9v\n", "Zm9v\nZm8=\n"]
    )
    func mismatch(encoded: String) throws {
        let recipe = try #require(
            Base64Recipe(lineLength: 4, lineEnd: .lf, decodedByteCount: 6, endsWithLineEnd: true)
        )
        var decoder = Base64Decoder(recipe)
        var scratch = ByteScratch()
        let bytes = Array(encoded.utf8)
        let memory = scratch.reserve(100)
        var failed = false
        bytes.withUnsafeBytes { all in
            do throws(Base64Decoder.Mismatch) { _ = try decoder.consume(all, into: memory) } catch { failed = true }
        }
        #expect(failed || !decoder.isComplete)
    }
}
