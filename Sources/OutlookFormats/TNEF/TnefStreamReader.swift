import MailFormats

/// Reads one stream of TNEF, which may be the content of an attachment within another.
struct TnefStreamReader {
    /// An attachment that is being put together from its attributes.
    private struct Open {
        var bag = PropertyBag()
        var content = MapiAttachment.Content.none
        var data: Range<UInt64>?
        var title: [UInt8]?
        var transportName: [UInt8]?
        var isObject = false
    }

    let source: any ByteSource
    let depth: Int
    /// How many bytes may still be held in memory.
    private(set) var room: Int
    private var cursor: TnefCursor
    private var losses: [String] = []
    private var lossCount = 0
    private var message = MapiMessage(PropertyBag())
    /// What older attributes say, used where no property says it.
    private var older: [Property] = []
    private var open: Open?

    init(_ source: any ByteSource, _ range: Range<UInt64>, depth: Int, room: Int) {
        self.source = source
        self.depth = depth
        self.room = room
        cursor = TnefCursor(source, range)
    }

    mutating func note(_ text: String) {
        lossCount += 1
        if losses.count < TnefReader.mostLosses { losses.append(text) }
    }

    private mutating func note(_ error: OutlookError) { note("\(error.detail), at byte \(error.offset)") }

    /// Reads all attributes, as far as they can be read.
    mutating func read() -> MapiMessage {
        do throws(OutlookError) {
            _ = try cursor.skip(6, "the signature")
            while cursor.left > 0, try attribute() {}
        } catch {
            note(error)
        }
        close()
        for property in older where message.properties[property.tag.id] == nil { message.properties.add(property) }
        if lossCount > losses.count { losses.append("\(lossCount - losses.count) more") }
        message.losses = losses
        return message
    }

    /// Reads one attribute; false where none begins.
    private mutating func attribute() throws(OutlookError) -> Bool {
        let place = cursor.position
        let level = try cursor.bytes(1, "an attribute")[0]
        guard level == 1 || level == 2 else {
            note("\(cursor.left + 1) bytes that are no attribute, at byte \(place)")
            return false
        }
        let id = try cursor.number32("an attribute")
        let length = try cursor.number32("an attribute")
        let data = try cursor.skip(UInt64(length), "attribute \(String(id, radix: 16))")
        if cursor.left < 2 {
            note("the last attribute has no checksum")
        } else if try cursor.number16("a checksum") != sum(data) {
            note("the checksum of attribute \(String(id, radix: 16)) is wrong, at byte \(place)")
        }
        do throws(OutlookError) {
            if level == 1 { try messageAttribute(id, data) } else { try attachmentAttribute(id, data) }
        } catch {
            note(error)
        }
        return true
    }

    private func sum(_ data: Range<UInt64>) throws(OutlookError) -> UInt16 {
        var sum: UInt64 = 0
        var offset = data.lowerBound
        while offset < data.upperBound {
            let piece = try source.whole(Int(min(65_536, data.upperBound - offset)), at: offset, "an attribute")
            for byte in piece { sum &+= UInt64(byte) }
            offset += UInt64(piece.count)
        }
        return UInt16(truncatingIfNeeded: sum)
    }

    private mutating func messageAttribute(_ id: UInt32, _ data: Range<UInt64>) throws(OutlookError) {
        switch id {
        case TnefAttribute.messageProperties:
            var inner = TnefCursor(source, data)
            let bag = try properties(&inner, "the message")
            for property in bag.properties { message.properties.add(property) }
        case TnefAttribute.recipients:
            var inner = TnefCursor(source, data)
            let count = try inner.number32("the recipients")
            // Each has at least the number of its properties.
            guard UInt64(count) <= inner.left / 4 else {
                throw OutlookError(.overLimit, at: data.lowerBound, "the number of the recipients")
            }
            for index in 0..<count { message.recipients.append(try properties(&inner, "recipient \(index)")) }
        case TnefAttribute.codePage:
            let bytes = try source.whole(min(4, data.count), at: data.lowerBound, "the code page")
            if bytes.count == 4 { older.append(Property(PropertyTag(0x3FFD, 0x0003), [.bytes(bytes)])) }
        case TnefAttribute.messageClass:
            let name = String(decoding: try short(data), as: UTF8.self)
            let current = TnefAttribute.classes[name] ?? name
            older.append(Property(PropertyTag(0x001A, PropertyType.text8), [.bytes(Array(current.utf8))]))
        case TnefAttribute.from: try from(data)
        default:
            if let property = TnefAttribute.texts[id] {
                let tag = PropertyTag(property, PropertyType.text8)
                older.append(Property(tag, [try value(data, PropertyType.text8)]))
            } else if let property = TnefAttribute.dates[id], let time = TnefAttribute.time(try short(data)) {
                older.append(Property(PropertyTag(property, 0x0040), [.bytes(time)]))
            } else {
                pass(id, data)
            }
        }
    }

    /// The sender, as Microsoft Mail wrote it: name, and address with its type before it.
    private mutating func from(_ data: Range<UInt64>) throws(OutlookError) {
        let bytes = try short(data)
        guard bytes.number16(at: 0) == 4, let nameLength = bytes.number16(at: 4), let length = bytes.number16(at: 6),
            8 + Int(nameLength) + Int(length) <= bytes.count
        else { return }
        let name = Array(bytes[8..<8 + Int(nameLength)])
        let address = PropertyType.withoutZeros(
            Array(bytes[(8 + Int(nameLength))...].prefix(Int(length))),
            PropertyType.text8
        )
        var parts = [(UInt16(0x0C1A), PropertyType.withoutZeros(name, PropertyType.text8))]
        if let colon = address.firstIndex(of: 0x3A) {
            parts += [(0x0C1E, Array(address[..<colon])), (0x0C1F, Array(address[(colon + 1)...]))]
        }
        for (id, text) in parts { older.append(Property(PropertyTag(id, PropertyType.text8), [.bytes(text)])) }
    }

    private mutating func attachmentAttribute(_ id: UInt32, _ data: Range<UInt64>) throws(OutlookError) {
        if id == TnefAttribute.attachmentStart {
            close()
            let kind = try source.whole(min(2, data.count), at: data.lowerBound, "an attachment").first
            open = Open(isObject: kind == 2)
            return
        }
        var current = open ?? Open()
        defer { open = current }
        switch id {
        case TnefAttribute.attachmentProperties:
            var inner = TnefCursor(source, data)
            let place = "attachment \(message.attachments.count)"
            let bag = try properties(&inner, place)
            for property in bag.properties {
                if property.tag.id == 0x3701, let value = property.values.first {
                    current.content = try content(property, value, place)
                } else {
                    current.bag.add(property)
                }
            }
        case TnefAttribute.attachmentData: current.data = data
        case TnefAttribute.attachmentTitle: current.title = try short(data)
        case TnefAttribute.attachmentTransportName: current.transportName = try short(data)
        case TnefAttribute.attachmentCreated, TnefAttribute.attachmentModified:
            let property: UInt16 = id == TnefAttribute.attachmentCreated ? 0x3007 : 0x3008
            guard current.bag[property] == nil, let time = TnefAttribute.time(try short(data)) else { return }
            current.bag.add(Property(PropertyTag(property, 0x0040), [.bytes(time)]))
        default: pass(id, data)
        }
    }

    private mutating func pass(_ id: UInt32, _ data: Range<UInt64>) {
        guard !TnefAttribute.passed.contains(id), TnefAttribute.dates[id] == nil else { return }
        note("attribute \(String(id, radix: 16)) is not known, at byte \(data.lowerBound)")
    }

    /// Ends the attachment that is open.
    private mutating func close() {
        guard var current = open else { return }
        open = nil
        guard message.attachments.count < TnefReader.mostAttachments else {
            note("more than \(TnefReader.mostAttachments) attachments")
            return
        }
        if case .none = current.content, let data = current.data {
            do throws(OutlookError) {
                current.content = .data(try value(data, PropertyType.bytes))
            } catch {
                note(error)
            }
        }
        if current.bag[0x3704] == nil, current.bag[0x3707] == nil, let title = current.title ?? current.transportName {
            current.bag.add(Property(PropertyTag(0x3704, PropertyType.text8), [.bytes(title)]))
        }
        if current.bag[0x3705] == nil {
            let method: UInt8
            switch current.content {
            case .none: method = 0
            case .data: method = current.isObject ? 6 : 1
            case .message: method = 5
            }
            current.bag.add(Property(PropertyTag(0x3705, 0x0003), [.bytes([method, 0, 0, 0])]))
        }
        message.attachments.append(MapiAttachment(current.bag, current.content))
    }

    /// The content that the properties of an attachment hold: after the id of its interface where it is an object.
    private mutating func content(
        _ property: Property,
        _ value: PropertyValue,
        _ place: String
    ) throws(OutlookError) -> MapiAttachment.Content {
        guard property.tag.type == PropertyType.object, value.byteCount >= 16 else { return .data(value) }
        let whole: any ByteSource
        switch value {
        case .bytes(let bytes): whole = MemoryByteSource(bytes)
        case .source(let source): whole = source
        }
        let interface = try whole.whole(16, at: 0, place)
        let rest = 16..<whole.byteCount
        // IID_IMessage; what has another id is a storage or a stream.
        if interface.starts(with: [0x07, 0x03, 0x02, 0x00, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]),
            try whole.available(4, at: 16, place) == TnefReader.signature
        {
            if depth + 1 < MapiMessage.maximumDepth {
                var inner = TnefStreamReader(whole, rest, depth: depth + 1, room: room)
                defer { room = inner.room }
                return .message(inner.read())
            }
            note("\(place): messages within messages are followed to a depth of \(MapiMessage.maximumDepth)")
        }
        return .data(.source(whole.part(from: 16, count: rest.upperBound - 16)))
    }

    /// A text or date, of which no more than is sensible is read.
    private func short(_ data: Range<UInt64>) throws(OutlookError) -> [UInt8] {
        let count = Int(min(65_536, data.upperBound - data.lowerBound))
        return PropertyType.withoutZeros(try source.whole(count, at: data.lowerBound, "a text"), PropertyType.text8)
    }

    /// A value: in memory where there is room.
    mutating func value(_ data: Range<UInt64>, _ type: UInt16) throws(OutlookError) -> PropertyValue {
        let count = data.upperBound - data.lowerBound
        guard count <= UInt64(PropertyBag.largestInMemory), Int(count) <= room else {
            return .source(source.part(from: data.lowerBound, count: count))
        }
        room -= Int(count)
        return .bytes(PropertyType.withoutZeros(try source.whole(Int(count), at: data.lowerBound, "a value"), type))
    }
}
