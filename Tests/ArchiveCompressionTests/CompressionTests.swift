import ArchiveCompression
import ArchiveFormat
import Testing

struct CompressionTests {
    static let text = Array(String(repeating: "The quick brown fox jumps over the lazy dog.\r\n", count: 400).utf8)

    static func encode(_ codec: Codec, _ bytes: [UInt8], limit: Int? = nil) throws -> [UInt8]? {
        var compressor = try Compressor(codec)
        var out = [UInt8](repeating: 0, count: bytes.count + 100)
        let size = try bytes.withUnsafeBytes { input in
            try out.withUnsafeMutableBytes { try compressor.compress(input, into: $0, limit: limit ?? bytes.count) }
        }
        return size.map { Array(out[..<$0]) }
    }

    static func decode(_ codec: Codec, _ bytes: [UInt8], _ count: Int) throws -> [UInt8] {
        var decompressor = Decompressor()
        // Nothing may write behind the output, whether the stream is refused or not.
        var out = [UInt8](repeating: 0xA5, count: count + 64)
        defer { #expect(out[count...].allSatisfy { $0 == 0xA5 }) }
        try bytes.withUnsafeBytes { input in
            try out.withUnsafeMutableBytes { output in
                try decompressor.decompress(
                    codec,
                    input,
                    into: UnsafeMutableRawBufferPointer(rebasing: output[..<count])
                )
            }
        }
        return Array(out[..<count])
    }

    @Test("what was encoded decodes to the same bytes", arguments: [Codec.zlib, .zstd])
    func roundTrip(_ codec: Codec) throws {
        let encoded = try #require(try Self.encode(codec, Self.text))
        #expect(encoded.count < Self.text.count / 10)
        #expect(try Self.decode(codec, encoded, Self.text.count) == Self.text)
    }

    @Test("one context serves many inputs one after the other", arguments: [Codec.zlib, .zstd])
    func reuse(_ codec: Codec) throws {
        var compressor = try Compressor(codec, level: 1)
        var decompressor = Decompressor()
        for count in [1, 100, 18_000, 7, 5000] {
            let bytes = Array(Self.text.prefix(count))
            var encoded = [UInt8](repeating: 0, count: count + 100)
            var decoded = [UInt8](repeating: 0, count: count)
            let size = try bytes.withUnsafeBytes { input in
                try encoded.withUnsafeMutableBytes { try compressor.compress(input, into: $0, limit: .max) }
            }
            try encoded[..<(try #require(size))].withUnsafeBytes { input in
                try decoded.withUnsafeMutableBytes { try decompressor.decompress(codec, input, into: $0) }
            }
            #expect(decoded == bytes)
        }
    }

    @Test("bytes that do not get smaller than the limit give nothing", arguments: [Codec.zlib, .zstd, .stored])
    func incompressible(_ codec: Codec) throws {
        var state: UInt64 = 88_172_645_463_325_252
        let noise = (0..<10_000).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
        #expect(try Self.encode(codec, noise) == nil)
        #expect(try Self.encode(codec, Self.text, limit: 10) == nil)
        #expect(try Self.encode(codec, []) == nil)
    }

    @Test("the limit is exact: one byte less gives nothing", arguments: [Codec.zlib, .zstd])
    func limit(_ codec: Codec) throws {
        let size = try #require(try Self.encode(codec, Self.text)).count
        #expect(try Self.encode(codec, Self.text, limit: size + 1)?.count == size)
        #expect(try Self.encode(codec, Self.text, limit: size) == nil)
    }

    @Test("stored bytes have exactly the stated length")
    func stored() throws {
        #expect(try Self.decode(.stored, [1, 2, 3], 3) == [1, 2, 3])
        #expect(throws: CompressionError.decodedLength) { try Self.decode(.stored, [1, 2, 3], 2) }
        #expect(throws: CompressionError.decodedLength) { try Self.decode(.stored, [1, 2, 3], 4) }
    }

    @Test(
        "a stream that gives more or fewer bytes than stated is E311",
        arguments: [Codec.zlib, .zstd],
        [-1, 1, 5000]
    )
    func otherLength(_ codec: Codec, _ difference: Int) throws {
        let encoded = try #require(try Self.encode(codec, Self.text))
        #expect(throws: CompressionError.decodedLength) {
            try Self.decode(codec, encoded, Self.text.count + difference)
        }
    }

    @Test("a stream cut short anywhere is E310", arguments: [Codec.zlib, .zstd])
    func truncated(_ codec: Codec) throws {
        let encoded = try #require(try Self.encode(codec, Self.text))
        for count in 0..<encoded.count {
            #expect(throws: CompressionError.invalidStream, "\(count) of \(encoded.count)") {
                try Self.decode(codec, Array(encoded[..<count]), Self.text.count)
            }
        }
    }

    @Test("a byte behind the stream is E310", arguments: [Codec.zlib, .zstd])
    func trailing(_ codec: Codec) throws {
        let encoded = try #require(try Self.encode(codec, Self.text))
        #expect(throws: CompressionError.invalidStream) { try Self.decode(codec, encoded + [0], Self.text.count) }
    }

    @Test("a flipped bit is an error or gives other bytes, but never more", arguments: [Codec.zlib, .zstd])
    func flipped(_ codec: Codec) throws {
        let encoded = try #require(try Self.encode(codec, Self.text))
        for index in encoded.indices {
            for bit in 0..<8 {
                var bad = encoded
                bad[index] ^= 1 << UInt8(bit)
                _ = try? Self.decode(codec, bad, Self.text.count)
            }
        }
    }
}
