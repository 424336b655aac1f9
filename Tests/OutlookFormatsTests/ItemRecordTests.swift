import ArchiveFormat
import MailFormats
import OutlookFormats
import Testing

@Suite("The record of an Outlook item")
struct ItemRecordTests {
    @Test("the record is the CBOR that the documentation describes")
    func layout() throws {
        // By hand, after Docs/outlook-rendering.md and RFC 8949.
        let name = PropertyName(set: Array(repeating: 0xAB, count: 16), .string("x"))
        let message = MapiMessage(
            PropertyBag([
                Make.flag(0x9000, true, name: name), Make.integer(0x0E07, 1), Make.ansi(0x0037, [0x41]),
                Make.text(0x1000, "hi"),
            ]),
            recipients: [PropertyBag([Make.integer(0x0C15, 1)])],
            attachments: [MapiAttachment(PropertyBag([Make.integer(0x3705, 1)]), .data(.bytes([1, 2, 3])))]
        )
        let subject: [UInt8] = [0xA3, 0, 0x18, 0x37, 1, 0x18, 0x1E, 3, 0x81, 0x41, 0x41]
        let flags: [UInt8] = [0xA3, 0, 0x19, 0x0E, 0x07, 1, 3, 3, 0x81, 0x44, 1, 0, 0, 0]
        let body: [UInt8] = [0xA3, 0, 0x19, 0x10, 0, 1, 0x18, 0x1F, 3, 0x81, 0xA3, 0, 0x61, 0x31, 1, 1, 2, 4]
        let named: [UInt8] =
            [0xA3, 1, 0x0B, 2, 0x82, 0x50] + Array(repeating: 0xAB, count: 16) + [0x61, 0x78, 3, 0x81, 0x41, 1]
        let recipient: [UInt8] = [0x81, 0xA3, 0, 0x19, 0x0C, 0x15, 1, 3, 3, 0x81, 0x44, 1, 0, 0, 0]
        let attachment: [UInt8] =
            [0xA2, 0, 0x81, 0xA3, 0, 0x19, 0x37, 0x05, 1, 3, 3, 0x81, 0x44, 1, 0, 0, 0]
            + [1, 0xA3, 0, 0x61, 0x32, 1, 0, 2, 3]
        let expected: [UInt8] =
            [0xA5, 0, 1, 1, 0x84] + subject + flags + body + named + [2, 0x81] + recipient + [3, 0x81] + attachment
            + [4, 0x80]
        #expect(try Made(message).rendered.record == expected)
    }

    @Test("the order in which a store gives properties changes nothing")
    func order() throws {
        let properties = [
            Make.text(0x0037, "s"), Make.integer(0x0E07, 1), Make.text(0x1000, "b"), Make.integer(0x0017, 2),
            Make.text(0x9001, "v", name: PropertyName(set: Make.set(1), .number(5))),
        ]
        let one = try Made(MapiMessage(PropertyBag(properties)))
        let other = try Made(MapiMessage(PropertyBag(properties.reversed())))
        #expect(one.bytes == other.bytes && one.rendered.record == other.rendered.record)
    }

    @Test("text that UTF-8 cannot say stays in the record")
    func unpaired() throws {
        let broken = Make.utf16("AAAAAAAAAAAAA") + [0x00, 0xD8]
        let made = try Made(MapiMessage(PropertyBag([Property(PropertyTag(0x1000, 0x001F), [.bytes(broken)])])))
        #expect(made.text.hasSuffix("AA=EF=BF=BD"))
        // A byte string of 28 bytes that holds them as they are.
        #expect(made.rendered.record.firstRange(of: [0x58, 28] + broken) != nil)
    }

    @Test("a value too long for the record is a part of the message")
    func surplus() throws {
        let long = MemoryByteSource([UInt8](repeating: 7, count: 2 << 20))
        let made = try Made(
            MapiMessage(PropertyBag([Property(PropertyTag(0x3A00, 0x0102), [.source(long)]), Make.text(0x1000, "b")]))
        )
        #expect(made.rendered.record.count < 200)
        #expect(made.text.contains("filename=outlook-property-1.bin"))
        #expect(made.rendered.losses.isEmpty)
    }

    @Test("items of random properties are rendered the same twice, without a trap")
    func random() throws {
        var random = Seeded(3)
        let ids: [UInt16] = [
            0x0017, 0x001A, 0x0036, 0x0037, 0x0039, 0x0042, 0x004F, 0x0064, 0x0065, 0x0070, 0x0071, 0x007D, 0x0C1A,
            0x0C1E, 0x0C1F, 0x0E06, 0x0E07, 0x1000, 0x1009, 0x1013, 0x1035, 0x1039, 0x1042, 0x3001, 0x3007, 0x3FDE,
            0x3FFD, 0x5D01, 0x5D02, 0x3A42, 0x0C15, 0x3002, 0x3003, 0x3707, 0x370E, 0x3712,
        ]
        let types: [UInt16] = [0x0002, 0x0003, 0x0005, 0x000B, 0x0014, 0x001E, 0x001F, 0x0040, 0x0102]
        let classes = [
            "IPM.Note", "IPM.Contact", "IPM.Task", "IPM.DistList", "IPM.Activity", "IPM.Note.SMIME", "REPORT.X",
        ]
        func bag() -> PropertyBag {
            var bag = PropertyBag([Make.text(0x001A, classes.randomElement(using: &random) ?? "")])
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let tag = PropertyTag(
                    ids.randomElement(using: &random) ?? 0,
                    types.randomElement(using: &random) ?? 0
                )
                let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                bag.add(Property(tag, isMultiple: Bool.random(using: &random), [.bytes(bytes)]))
            }
            return bag
        }
        for _ in 0..<500 {
            let message = MapiMessage(
                bag(),
                recipients: [bag()],
                attachments: [
                    MapiAttachment(bag(), .data(.bytes([1, 2, 3]))),
                    MapiAttachment(bag(), .message(MapiMessage(bag()))),
                ]
            )
            let made = try Made(message)
            #expect(try Made(message).bytes == made.bytes)
            let lines = made.text.components(before: "\r\n\r\n").split(
                separator: "\r\n",
                omittingEmptySubsequences: false
            )
            #expect(lines.allSatisfy { $0.utf8.count <= 998 && !$0.isEmpty })
        }
    }
}
