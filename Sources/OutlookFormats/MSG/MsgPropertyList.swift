/// A `__properties_version1.0` stream: the small properties themselves, and what is in streams of their own (MS-OXMSG §2.4).
struct MsgPropertyList {
    /// One of the properties.
    struct Item {
        var tag: PropertyTag
        /// The value where it is of at most eight bytes; else the length of its stream and four further bytes.
        var value: [UInt8]

        /// How long the stream with the value is, with the zero at the end of a text.
        var byteCount: UInt32 { value.number32(at: 0) ?? 0 }
    }

    private(set) var items: [Item] = []
    /// How many recipients and attachments the message has by its own count; nil for what is no message.
    private(set) var counts: (recipients: UInt32, attachments: UInt32)?
    /// Whether the bytes end within a property, or list more than are read.
    private(set) var isCut = false

    /// - Parameter isMessage: whether it belongs to a message, whose header is longer.
    init(_ bytes: [UInt8], isMessage: Bool) {
        var place = 8
        if isMessage {
            // The message itself has a header of 32 bytes, one within another 24: the length tells, items have 16.
            place = bytes.count % 16 == 0 ? 32 : 24
            if let recipients = bytes.number32(at: 16), let attachments = bytes.number32(at: 20) {
                counts = (recipients, attachments)
            }
        }
        guard bytes.count >= place else {
            isCut = true
            return
        }
        while place + 16 <= bytes.count {
            guard items.count < PropertyBag.mostProperties else {
                isCut = true
                return
            }
            if let type = bytes.number16(at: place), let id = bytes.number16(at: place + 2) {
                items.append(Item(tag: PropertyTag(id, type), value: Array(bytes[place + 8..<place + 16])))
            }
            place += 16
        }
        isCut = place != bytes.count
    }
}
