import MailFormats

/// Reads the values of a property bag as what they mean.
///
/// A value of a wrong type or length counts as absent: it stays in the record.
struct PropertyReader {
    let bag: PropertyBag
    /// The code page of the bag's 8-bit texts.
    let page: CodePage

    /// Texts for headers and fields beyond so many bytes are not read.
    static let longestText = 1 << 20

    /// Reads with a code page from elsewhere: that of the message, for its recipients and attachments.
    init(_ bag: PropertyBag, page: CodePage) {
        self.bag = bag
        self.page = page
    }

    /// Reads a message's bag with the code page that it names.
    init(message bag: PropertyBag) {
        self.bag = bag
        let plain = PropertyReader(bag, page: .windows1252)
        let number = plain.integer(Tag.messageCodePage) ?? plain.integer(Tag.internetCodePage)
        page = CodePage(number: number.map { UInt32(truncatingIfNeeded: $0) } ?? 1252)
    }

    /// The integer with this id, signed, of 2, 4 or 8 bytes.
    func integer(_ id: UInt16) -> Int64? { bag[id].flatMap(PropertyReader.integer) }
    /// The named integer.
    func integer(_ name: PropertyName) -> Int64? { bag[name].flatMap(PropertyReader.integer) }

    private static func integer(_ property: Property) -> Int64? {
        guard !property.isMultiple, let bytes = property.values.first?.load(limit: 8) else { return nil }
        switch (property.tag.type, bytes.count) {
        case (0x0002, 2...): return Int64(Int16(truncatingIfNeeded: bytes.littleEndian(0, 2)))
        case (0x0003, 4...), (0x000A, 4...): return Int64(Int32(truncatingIfNeeded: bytes.littleEndian(0, 4)))
        case (0x0014, 8): return Int64(truncatingIfNeeded: bytes.littleEndian(0, 8))
        case (0x000B, 1...): return bytes[0] == 0 ? 0 : 1
        default: return nil
        }
    }

    /// The named number with a fraction.
    func double(_ name: PropertyName) -> Double? {
        guard let property = bag[name], property.tag.type == 0x0005,
            let bytes = property.values.first?.load(limit: 8), bytes.count == 8
        else { return nil }
        return Double(bitPattern: bytes.littleEndian(0, 8))
    }

    /// The time with this id, in seconds since 1970.
    func time(_ id: UInt16) -> Int64? { bag[id].flatMap(PropertyReader.time) }
    /// The named time, in seconds since 1970.
    func time(_ name: PropertyName) -> Int64? { bag[name].flatMap(PropertyReader.time) }

    private static func time(_ property: Property) -> Int64? {
        guard property.tag.type == 0x0040, !property.isMultiple, let bytes = property.values.first?.load(limit: 8),
            bytes.count == 8
        else { return nil }
        // From 1602 to 4500: Outlook writes 4501 for "none".
        let ticks = bytes.littleEndian(0, 8)
        guard ticks > 315_360_000_000_000, ticks < 914_800_000_000_000_000 else { return nil }
        return Int64(ticks / 10_000_000) - 11_644_473_600
    }

    /// The text with this id, without zeros at its end; nil when there is none, or it is empty.
    func text(_ id: UInt16) -> String? { bag[id].flatMap(text) }
    /// The named text.
    func text(_ name: PropertyName) -> String? { bag[name].flatMap(text) }

    private func text(_ property: Property) -> String? {
        property.isMultiple ? nil : property.values.first.flatMap { text($0, type: property.tag.type) }
    }

    /// All texts of a property, which may have one or several values.
    func texts(_ property: Property?) -> [String] {
        guard let property else { return [] }
        return property.values.prefix(4096).compactMap { text($0, type: property.tag.type) }
    }

    private func text(_ value: PropertyValue, type: UInt16) -> String? {
        guard type == 0x001E || type == 0x001F, let bytes = value.load(limit: PropertyReader.longestText) else {
            return nil
        }
        var utf8 = type == 0x001F ? CodePage.utf8(utf16: bytes) : page.utf8(bytes)
        while utf8.last == 0 { utf8.removeLast() }
        return utf8.isEmpty ? nil : String(decoding: utf8, as: UTF8.self)
    }

    /// The binary value with this id, if it is no longer than the limit.
    func binary(_ id: UInt16, limit: Int = longestText) -> [UInt8]? {
        bag[id].flatMap { PropertyReader.binary($0, limit: limit) }
    }

    /// The named binary value.
    func binary(_ name: PropertyName, limit: Int = longestText) -> [UInt8]? {
        bag[name].flatMap { PropertyReader.binary($0, limit: limit) }
    }

    private static func binary(_ property: Property, limit: Int) -> [UInt8]? {
        guard property.tag.type == 0x0102, !property.isMultiple else { return nil }
        return property.values.first?.load(limit: limit)
    }
}

extension PropertyValue {
    /// The bytes, where they are no more than the limit and can be read.
    func load(limit: Int) -> [UInt8]? {
        switch self {
        case .bytes(let bytes): return bytes.count <= limit ? bytes : nil
        case .source(let source):
            guard source.byteCount <= UInt64(limit) else { return nil }
            var bytes = [UInt8](repeating: 0, count: Int(source.byteCount))
            let filled = try? bytes.withUnsafeMutableBytes { buffer throws(ByteSourceError) in
                var done = 0
                while done < buffer.count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                    let count = try source.read(at: UInt64(done), into: rest)
                    guard count > 0 else { break }
                    done += count
                }
                return done
            }
            return filled == bytes.count ? bytes : nil
        }
    }
}

extension [UInt8] {
    /// The integer of `count` bytes at an offset; bytes beyond the end count as zero.
    func littleEndian(_ offset: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<count where offset >= 0 && offset < self.count - place {
            value |= UInt64(self[offset + place]) << UInt64(8 * place)
        }
        return value
    }
}
