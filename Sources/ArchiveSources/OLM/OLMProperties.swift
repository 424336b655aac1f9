import MailFormats
import OutlookFormats

/// Makes the properties of MAPI that a message is rendered from (MS-OXPROPS).
struct OLMProperties {
    private(set) var bag = PropertyBag()

    mutating func add(_ id: UInt16, text: [UInt8]?) {
        guard let text, !text.isEmpty else { return }
        bag.add(Property(PropertyTag(id, 0x001F), [Self.utf16(text)]))
    }

    mutating func add(_ id: UInt16, integer: Int32) {
        bag.add(Property(PropertyTag(id, 0x0003), [.bytes(withUnsafeBytes(of: integer.littleEndian) { Array($0) })]))
    }

    mutating func add(_ id: UInt16, binary: [UInt8]?) {
        guard let binary, !binary.isEmpty else { return }
        bag.add(Property(PropertyTag(id, 0x0102), [.bytes(binary)]))
    }

    /// A time in seconds since 1970.
    mutating func add(_ id: UInt16, time: Int64?) {
        if let time { bag.add(Property(PropertyTag(id, 0x0040), [Self.time(time)])) }
    }

    mutating func add(_ name: PropertyName, text: [UInt8]?) {
        guard let text, !text.isEmpty else { return }
        bag.add(Property(PropertyTag(0x8000, 0x001F), name: name, [Self.utf16(text)]))
    }

    mutating func add(_ name: PropertyName, texts: [[UInt8]]) {
        guard !texts.isEmpty else { return }
        bag.add(Property(PropertyTag(0x8000, 0x001F), name: name, isMultiple: true, texts.map(Self.utf16)))
    }

    mutating func add(_ name: PropertyName, time: Int64?) {
        if let time { bag.add(Property(PropertyTag(0x8000, 0x0040), name: name, [Self.time(time)])) }
    }

    mutating func add(_ name: PropertyName, boolean: Bool) {
        bag.add(Property(PropertyTag(0x8000, 0x000B), name: name, [.bytes([boolean ? 1 : 0, 0])]))
    }

    private static func utf16(_ text: [UInt8]) -> PropertyValue {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 2)
        for unit in String(decoding: text, as: UTF8.self).utf16 {
            bytes.append(UInt8(truncatingIfNeeded: unit))
            bytes.append(UInt8(truncatingIfNeeded: unit >> 8))
        }
        return .bytes(bytes)
    }

    private static func time(_ seconds: Int64) -> PropertyValue {
        let ticks = (seconds &+ 11_644_473_600) &* 10_000_000
        return .bytes(withUnsafeBytes(of: ticks.littleEndian) { Array($0) })
    }
}

/// A time as an OLM writes it: `2011-06-21T23:48:10`, in UTC though it does not say so.
func olmTime(_ text: [UInt8]?) -> Int64? {
    guard let text, text.count >= 19, text.count <= 25 else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for byte in text[range] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
        let minute = number(14..<16), let second = number(17..<19), text[4] == 0x2D, text[7] == 0x2D,
        text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A, (1...12).contains(month), (1...31).contains(day),
        hour < 24, minute < 60, second <= 60, year >= 1601
    else { return nil }
    // Days since 1970 in the calendar that all use now; March is the first month, so that leap days come last.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return days * 86_400 + hour * 3600 + minute * 60 + second
}
