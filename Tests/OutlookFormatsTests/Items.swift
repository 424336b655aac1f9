import MailFormats
import OutlookFormats

/// Properties and items made by hand for the tests.
enum Make {
    static func text(_ id: UInt16, _ text: String, name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x001F), name: name, [.bytes(utf16(text))])
    }

    static func ansi(_ id: UInt16, _ bytes: [UInt8]) -> Property { Property(PropertyTag(id, 0x001E), [.bytes(bytes)]) }

    static func integer(_ id: UInt16, _ value: Int32, name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x0003), name: name, [.bytes(littleEndian(UInt64(UInt32(bitPattern: value)), 4))])
    }

    static func flag(_ id: UInt16, _ value: Bool, name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x000B), name: name, [.bytes([value ? 1 : 0])])
    }

    static func binary(_ id: UInt16, _ bytes: [UInt8], name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x0102), name: name, [.bytes(bytes)])
    }

    /// Seconds since 1970.
    static func time(_ id: UInt16, _ time: UInt64, name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x0040), name: name, [.bytes(littleEndian((time + 11_644_473_600) * 10_000_000, 8))])
    }

    static func texts(_ id: UInt16, _ texts: [String], name: PropertyName? = nil) -> Property {
        Property(PropertyTag(id, 0x001F), name: name, isMultiple: true, texts.map { .bytes(utf16($0)) })
    }

    static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

    static func littleEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func recipient(_ type: Int32, _ name: String, smtp: String) -> PropertyBag {
        PropertyBag([integer(0x0C15, type), text(0x3001, name), text(0x3002, "SMTP"), text(0x3003, smtp)])
    }

    /// A set of Outlook's: `first` is the first number of its GUID.
    static func set(_ first: UInt32) -> [UInt8] {
        littleEndian(UInt64(first), 4) + [0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    }

    static func attachment(_ name: String, _ content: PropertyValue, _ more: [Property] = []) -> MapiAttachment {
        MapiAttachment(PropertyBag([integer(0x3705, 1), text(0x3707, name)] + more), .data(content))
    }
}

/// What rendering makes of an item.
struct Made {
    let bytes: [UInt8]
    let rendered: Rendered
    var text: String { String(decoding: bytes, as: UTF8.self) }

    init(_ message: MapiMessage) throws {
        var bytes: [UInt8] = []
        rendered = try OutlookRendering.render(message) { bytes.append(contentsOf: $0) }
        self.bytes = bytes
    }

    /// The value of the first field of this name in the header, unfolded.
    func field(_ name: String) -> String? { fields(name).first }

    func fields(_ name: String) -> [String] {
        let header = text.components(before: "\r\n\r\n")
        var found: [String] = []
        for line in header.replacing("\r\n ", with: " ").replacing("\r\n\t", with: "\t").split(separator: "\r\n") {
            if line.lowercased().hasPrefix(name.lowercased() + ": ") {
                found.append(String(line.dropFirst(name.count + 2)))
            }
        }
        return found
    }
}

extension String {
    func components(before separator: String) -> String {
        guard let range = self.firstRange(of: separator) else { return self }
        return String(self[..<range.lowerBound])
    }
}
