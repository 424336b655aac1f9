import OutlookFormats
import Testing

@Suite("Compressed RTF")
struct CompressedRTFTests {
    // MS-OXRTFCP, section 4.
    static let simple: [UInt8] = [
        0x2D, 0x00, 0x00, 0x00, 0x2B, 0x00, 0x00, 0x00, 0x4C, 0x5A, 0x46, 0x75, 0xF1, 0xC5, 0xC7, 0xA7, 0x03, 0x00,
        0x0A, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0A, 0xF3, 0x20, 0x68, 0x65, 0x6C, 0x09,
        0x00, 0x20, 0x62, 0x77, 0x05, 0xB0, 0x6C, 0x64, 0x7D, 0x0A, 0x80, 0x0F, 0xA0,
    ]
    static let crossing: [UInt8] = [
        0x1A, 0x00, 0x00, 0x00, 0x1C, 0x00, 0x00, 0x00, 0x4C, 0x5A, 0x46, 0x75, 0xE2, 0xD4, 0x4B, 0x51, 0x41, 0x00,
        0x04, 0x20, 0x57, 0x58, 0x59, 0x5A, 0x0D, 0x6E, 0x7D, 0x01, 0x0E, 0xB0,
    ]

    @Test(
        "the examples of MS-OXRTFCP unpack to their RTF",
        arguments: [
            (simple, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
            (crossing, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        ]
    )
    func examples(value: [UInt8], text: String) throws {
        let unpacked = try CompressedRTF.unpack(value)
        #expect(unpacked.bytes == Array(text.utf8) && unpacked.isWhole)
    }

    @Test("RTF that is not compressed is taken as it is")
    func uncompressed() throws {
        let text = Array("{\\rtf1 x}".utf8)
        let value = Make.littleEndian(UInt64(text.count + 12), 4) + Make.littleEndian(UInt64(text.count), 4)
        #expect(try CompressedRTF.unpack(value + Array("MELA".utf8) + [0, 0, 0, 0] + text).bytes == text)
    }

    @Test("a changed byte is told by the check value")
    func damaged() throws {
        var value = CompressedRTFTests.simple
        value[30] ^= 1
        #expect(try CompressedRTF.unpack(value).isWhole == false)
    }

    @Test("a value cut anywhere gives what is there, or an error")
    func cut() {
        for count in 0..<CompressedRTFTests.simple.count {
            let unpacked = try? CompressedRTF.unpack(Array(CompressedRTFTests.simple[..<count]))
            #expect(unpacked?.isWhole != true)
        }
    }

    @Test("plain RTF whose two sizes are alike, as some programs write it, is whole")
    func alikeSizes() throws {
        let text = Array("{\\rtf1 x}".utf8)
        let size = [UInt8(text.count + 12), 0, 0, 0]
        let value = size + size + Array("MELA".utf8) + [0, 0, 0, 0] + text
        let unpacked = try CompressedRTF.unpack(value)
        #expect(unpacked.bytes == text && unpacked.isWhole)
        #expect(try !CompressedRTF.unpack(Array(value.dropLast())).isWhole)
    }
}
