/// How mail programs write the names of folders into names of files.
///
/// What is decoded here is what people see; a name that is not written by the rules stays as it is, byte for byte.
enum FolderNames {
    /// The folder that `.Sub.Sub` of Maildir++ stands for.
    ///
    /// The dots are the hierarchy, the names between are in modified UTF-7 (RFC 3501, section 5.1.3) or, as Dovecot is
    /// often told, in UTF-8.
    static func maildirPlus(_ name: ArraySlice<UInt8>) -> [[UInt8]] {
        name.dropFirst().split(separator: UInt8(ascii: ".")).map { modifiedUTF7($0) ?? Array($0) }
    }

    /// The folder that `.Sub.Sub` of Evolution stands for: `_` and two hexadecimal digits are a byte.
    ///
    /// `..Sub` is a folder below the inbox.
    static func evolution(_ name: ArraySlice<UInt8>) -> [[UInt8]] {
        var folder = name.dropFirst().split(separator: UInt8(ascii: ".")).map { evolutionUnescaped($0) }
        if name.begins(with: ".."), name.count > 2 { folder.insert(Array("Inbox".utf8), at: 0) }
        return folder
    }

    static func evolutionUnescaped(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        var index = name.startIndex
        while index < name.endIndex {
            if name[index] == UInt8(ascii: "_"), index + 2 < name.endIndex, let high = hex(name[index + 1]),
                let low = hex(name[index + 2]), high << 4 | low != 0, high << 4 | low != UInt8(ascii: "/")
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(name[index])
                index += 1
            }
        }
        return output
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// UTF-8 of a name in modified UTF-7, when it is in its one canonical form and holds something encoded; else nil.
    static func modifiedUTF7(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        guard name.contains(UInt8(ascii: "&")), name.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        var output: [UInt8] = []
        var index = name.startIndex
        var lastWasCoded = false
        while index < name.endIndex {
            guard name[index] == UInt8(ascii: "&") else {
                output.append(name[index])
                index += 1
                lastWasCoded = false
                continue
            }
            guard let end = name[index...].firstIndex(of: UInt8(ascii: "-")) else { return nil }
            let coded = name[(index + 1)..<end]
            index = end + 1
            if coded.isEmpty {
                output.append(UInt8(ascii: "&"))
                lastWasCoded = false
                continue
            }
            // Two shifts in a row would be one.
            guard !lastWasCoded, let units = utf16(coded), append(units, to: &output) else { return nil }
            lastWasCoded = true
        }
        return output
    }

    private static func append(_ units: [UInt16], to output: inout [UInt8]) -> Bool {
        var decoder = UTF16()
        var units = units.makeIterator()
        while true {
            switch decoder.decode(&units) {
            case .emptyInput: return true
            case .error: return false
            case .scalarValue(let scalar):
                // What can be written as it is must be; a separator or NUL would make a name that no folder has.
                guard scalar.value >= 0x80 else { return false }
                output.append(contentsOf: String(Character(scalar)).utf8)
            }
        }
    }

    private static func utf16(_ coded: ArraySlice<UInt8>) -> [UInt16]? {
        var units: [UInt16] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in coded {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: ","): value = 63
            default: return nil
            }
            bits = bits << 6 | value
            count += 6
            if count >= 16 {
                count -= 16
                units.append(UInt16(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        // Less than a character's worth of zeros may be left.
        return count < 6 && bits == 0 && !units.isEmpty ? units : nil
    }
}
