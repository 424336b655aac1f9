/// What the named properties of an MSG file are called: its `__nameid_version1.0` (MS-OXMSG §2.2.3).
struct MsgNames {
    /// The sets that have numbers of their own: PS_MAPI and PS_PUBLIC_STRINGS.
    private static let mapi: [UInt8] = [0x28, 0x03, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    private static let publicStrings: [UInt8] = [0x29, 0x03, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]

    private var names: [UInt16: PropertyName] = [:]

    init() {}

    /// - Returns: also how many names could not be read.
    static func parse(sets: [UInt8], entries: [UInt8], strings: [UInt8]) -> (names: MsgNames, unread: Int) {
        var result = MsgNames()
        var unread = entries.count % 8 == 0 ? 0 : 1
        var place = 0
        while let identifier = entries.number32(at: place), let kind = entries.number16(at: place + 4),
            let index = entries.number16(at: place + 6)
        {
            place += 8
            guard index < 0x8000 else {
                unread += 1
                continue
            }
            let isString = kind & 1 != 0
            guard let set = set(kind >> 1, in: sets),
                let name = isString
                    ? string(at: identifier, in: strings).map(PropertyName.Kind.string) : .number(identifier)
            else {
                unread += 1
                continue
            }
            result.names[0x8000 + index] = PropertyName(set: set, name)
        }
        return (result, unread)
    }

    subscript(id: UInt16) -> PropertyName? { id >= 0x8000 ? names[id] : nil }

    private static func set(_ number: UInt16, in sets: [UInt8]) -> [UInt8]? {
        switch number {
        case 0: return [UInt8](repeating: 0, count: 16)
        case 1: return mapi
        case 2: return publicStrings
        default:
            let place = (Int(number) - 3) * 16
            guard place <= sets.count - 16 else { return nil }
            return Array(sets[place..<place + 16])
        }
    }

    private static func string(at offset: UInt32, in strings: [UInt8]) -> String? {
        let place = Int(offset)
        guard let length = strings.number32(at: place), Int(length) <= strings.count - place - 4 else { return nil }
        let units = (0..<Int(length) / 2).map { strings.number16(at: place + 4 + 2 * $0) ?? 0 }
        return String(decoding: units, as: UTF16.self)
    }
}
