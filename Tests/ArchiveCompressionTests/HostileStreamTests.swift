import ArchiveCompression
import ArchiveFormat
import Testing

/// Streams made with the zstd tool and with Python's zlib, and changes of these by hand.
struct HostileStreamTests {
    static let hello = Array("hello hello hello hello\n".utf8)

    @Test(
        "what other programs encoded decodes",
        arguments: [
            (Codec.zlib, "78dacb48cdc9c957c84027b90070be08bb"),
            (Codec.zstd, "28b52ffd20186d00003868656c6c6f200a0100994b11"),
            // With a checksum.
            (Codec.zstd, "28b52ffd24186d00003868656c6c6f200a0100994b11a87c2ea8"),
        ]
    )
    func foreign(_ codec: Codec, _ stream: String) throws {
        #expect(try CompressionTests.decode(codec, Self.bytes(stream), 24) == Self.hello)
    }

    static let refused: [(name: String, codec: Codec, stream: String)] = [
        ("raw deflate", .zlib, "cb48cdc9c957c84027b900"),
        ("gzip", .zlib, "1f8b0800000000000203cb48cdc9c957c84027b9000088590b18000000"),
        ("zlib with a dictionary", .zlib, "78f9062c0215cb00110a1824170070be08bb"),
        ("zlib with a wrong checksum", .zlib, "78dacb48cdc9c957c84027b90070be08bc"),
        ("zlib twice", .zlib, "78dacb48cdc9c957c84027b90070be08bb78dacb48cdc9c957c84027b90070be08bb"),
        ("zstd without content size", .zstd, "28b52ffd00586d00003868656c6c6f200a0100994b11"),
        ("zstd with a dictionary id", .zstd, "28b52ffd23577b026118550000080a020cf00bc8572f20"),
        (
            "zstd behind a skippable frame", .zstd,
            "502a4d18040000006162636428b52ffd20186d00003868656c6c6f200a0100994b11"
        ),
        (
            "zstd before a skippable frame", .zstd,
            "28b52ffd20186d00003868656c6c6f200a0100994b11502a4d180400000061626364"
        ),
        (
            "two zstd frames", .zstd,
            "28b52ffd200c610000414141414141414141414141" + "28b52ffd200c610000414141414141414141414141"
        ),
        ("zstd with its reserved bit", .zstd, "28b52ffd28186d00003868656c6c6f200a0100994b11"),
        ("zstd with a wrong checksum", .zstd, "28b52ffd24186d00003868656c6c6f200a0100994b11a87c2ea9"),
        ("a frame of zstd 0.7", .zstd, "27b52ffd20186d00003868656c6c6f200a0100994b11"),
        ("only a magic", .zstd, "28b52ffd"),
        ("nothing", .zstd, ""),
        ("nothing", .zlib, ""),
    ]

    @Test("a stream that the Spec does not allow is E310", arguments: refused)
    func refusal(_ name: String, _ codec: Codec, _ stream: String) {
        // Two frames of 12 bytes state 12; the others are judged with the 24 they hold.
        let count = name == "two zstd frames" ? 12 : 24
        #expect(throws: CompressionError.invalidStream, "\(name)") {
            try CompressionTests.decode(codec, Self.bytes(stream), count)
        }
    }

    @Test("a window over 8 MiB is E310, 8 MiB is not")
    func window() throws {
        // One RLE block of 100 zero bytes, content size in 4 bytes; the window is the byte before it.
        func frame(_ window: UInt8) -> [UInt8] {
            Self.bytes("28b52ffd80") + [window] + Self.bytes("64000000") + Self.bytes("230300") + [0]
        }
        // Exponent 13, mantissa 0: 8 MiB; mantissa 1: 9 MiB; exponent 31, mantissa 7: 3.75 TiB.
        #expect(try CompressionTests.decode(.zstd, frame(13 << 3), 100) == [UInt8](repeating: 0, count: 100))
        for window: UInt8 in [13 << 3 | 1, 14 << 3, 255] {
            #expect(throws: CompressionError.invalidStream) { try CompressionTests.decode(.zstd, frame(window), 100) }
        }
        // A single segment has its content as window: 16 MiB are too many.
        let single = Self.bytes("28b52ffda000000001") + Self.bytes("0300fc00")
        #expect(throws: CompressionError.invalidStream) { try CompressionTests.decode(.zstd, single, 16 << 20) }
    }

    @Test("a bomb gives not one byte more than stated")
    func bombs() {
        // 1 MiB of zeros in 1039 bytes, and 16 MiB in 531; they are asked for less.
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        guard let zlib = try? CompressionTests.encode(.zlib, zeros),
            let zstd = try? CompressionTests.encode(.zstd, zeros)
        else {
            Issue.record("the zeros did not encode")
            return
        }
        #expect(throws: CompressionError.decodedLength) { try CompressionTests.decode(.zlib, zlib, 4096) }
        #expect(throws: CompressionError.decodedLength) { try CompressionTests.decode(.zstd, zstd, 4096) }
        // A frame that states 16 bytes, and whose one RLE block gives 100.
        let liar = Self.bytes("28b52ffd2010") + Self.bytes("23030000")
        #expect(throws: CompressionError.invalidStream) { try CompressionTests.decode(.zstd, liar, 16) }
        // A frame that states 200 bytes, and gives 100.
        let short = Self.bytes("28b52ffd20c8") + Self.bytes("23030000")
        #expect(throws: CompressionError.invalidStream) { try CompressionTests.decode(.zstd, short, 200) }
        // A content size of 2^64 − 1 bytes.
        let endless = Self.bytes("28b52ffdc068ffffffffffffffff") + Self.bytes("23030000")
        #expect(throws: CompressionError.decodedLength) { try CompressionTests.decode(.zstd, endless, 16) }
    }

    @Test("the highest levels keep to a window of 8 MiB", arguments: [19, 22])
    func highLevel(_ level: Int) throws {
        let bytes = [UInt8](repeating: 7, count: 12 << 20)
        var compressor = try Compressor(.zstd, level: level)
        var out = [UInt8](repeating: 0, count: 1 << 16)
        let size = try bytes.withUnsafeBytes { input in
            try out.withUnsafeMutableBytes { try compressor.compress(input, into: $0, limit: .max) }
        }
        #expect(try CompressionTests.decode(.zstd, Array(out[..<(try #require(size))]), bytes.count) == bytes)
    }

    static func bytes(_ text: String) -> [UInt8] { ArchiveFormat.bytes(hexadecimal: text.utf8) ?? [] }
}
