/// What the name of a storage or stream in an MSG file says (MS-OXMSG §2.1, §2.2).
enum MsgStreamName: Equatable {
    /// `__properties_version1.0`: the list of properties.
    case properties
    /// `__nameid_version1.0`: what the named properties are called.
    case names
    /// `__recip_version1.0_#XXXXXXXX`.
    case recipient(UInt32)
    /// `__attach_version1.0_#XXXXXXXX`.
    case attachment(UInt32)
    /// `__substg1.0_XXXXXXXX`: a value, or the lengths of several.
    case value(PropertyTag)
    /// `__substg1.0_XXXXXXXX-XXXXXXXX`: one of several values.
    case oneOf(PropertyTag, UInt32)
    /// Anything else.
    case other

    init(_ name: String) {
        let units = Array(name.utf8)
        func rest(_ prefix: String) -> ArraySlice<UInt8>? {
            let wanted = Array(prefix.utf8)
            guard units.count >= wanted.count else { return nil }
            for (left, right) in zip(units, wanted) where Self.lower(left) != right { return nil }
            return units[wanted.count...]
        }
        self = .other
        if let rest = rest("__substg1.0_") {
            guard let tag = Self.number(rest.prefix(8)) else { return }
            let property = PropertyTag(UInt16(tag >> 16), UInt16(tag & 0xFFFF))
            if rest.count == 8 {
                self = .value(property)
            } else if rest.count == 17, rest[rest.startIndex + 8] == 0x2D, let index = Self.number(rest.suffix(8)) {
                self = .oneOf(property, index)
            }
        } else if let rest = rest("__recip_version1.0_#") {
            if let number = Self.number(rest) { self = .recipient(number) }
        } else if let rest = rest("__attach_version1.0_#") {
            if let number = Self.number(rest) { self = .attachment(number) }
        } else if rest("__properties_version1.0")?.isEmpty == true {
            self = .properties
        } else if rest("__nameid_version1.0")?.isEmpty == true {
            self = .names
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// A number of eight hexadecimal digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard digits.count == 8 else { return nil }
        var number: UInt32 = 0
        for digit in digits {
            switch lower(digit) {
            case 0x30...0x39: number = number << 4 | UInt32(digit - 0x30)
            case let letter where (0x61...0x66).contains(letter): number = number << 4 | UInt32(letter - 0x57)
            default: return nil
            }
        }
        return number
    }
}
