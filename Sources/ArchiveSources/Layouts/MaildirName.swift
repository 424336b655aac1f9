import ArchiveFormat

/// What the name of a file in a Maildir tells of its message.
///
/// `<seconds>.<unique>.<host>:2,<flags>`; where a file system has no colon, programs put `;`, `!`, `,` or `-` in its place.
struct MaildirName {
    var flags: MessageFlags = []
    /// The small letters among the flags, 0 for `a`: keywords, which the Maildir's `dovecot-keywords` names.
    var keywords: [Int] = []
    /// Whether there is a list of flags, though an empty one.
    var hasFlags = false
    /// When the message was delivered, in seconds since 1970.
    var delivered: Int64?

    init(_ name: ArraySlice<UInt8>) {
        delivered = Self.seconds(name)
        guard let start = Self.flagsStart(name) else { return }
        hasFlags = true
        for letter in name[start...] {
            switch letter {
            case UInt8(ascii: "S"): flags.insert(.seen)
            case UInt8(ascii: "R"): flags.insert(.answered)
            case UInt8(ascii: "F"): flags.insert(.flagged)
            case UInt8(ascii: "D"): flags.insert(.draft)
            case UInt8(ascii: "T"): flags.insert(.deleted)
            case UInt8(ascii: "P"): flags.insert(.forwarded)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): keywords.append(Int(letter) - 0x61)
            default: break
            }
        }
    }

    /// Where the flags begin: behind the last separator, `2` and comma that only letters (and commas) follow.
    private static func flagsStart(_ name: ArraySlice<UInt8>) -> Int? {
        var index = name.endIndex
        while index > name.startIndex {
            let byte = name[index - 1]
            let isLetter = (byte | 0x20) &- 0x61 < 26
            guard isLetter || byte == UInt8(ascii: ",") else { break }
            index -= 1
        }
        // The comma after the 2 was passed too.
        guard index < name.endIndex, name[index] == UInt8(ascii: ","), index - name.startIndex >= 2,
            name[index - 1] == UInt8(ascii: "2")
        else { return nil }
        switch name[index - 2] {
        case UInt8(ascii: ":"), UInt8(ascii: "!"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "-"):
            return index + 1
        default: return nil
        }
    }

    /// Seconds before the first dot, when they are of a time in which there was mail: 1980 to 2100.
    private static func seconds(_ name: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for (count, byte) in name.enumerated() {
            if byte == UInt8(ascii: "."), count > 0 {
                return (315_532_800..<4_102_444_800).contains(value) ? value : nil
            }
            guard byte &- 0x30 < 10, count < 11 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return nil
    }

    /// Whether a file is named as Maildir names its messages.
    static func isLikely(_ name: ArraySlice<UInt8>) -> Bool { flagsStart(name) != nil || seconds(name) != nil }

    /// The names of keywords, from a `dovecot-keywords` file: lines of a number and a name.
    static func keywords(_ text: [UInt8]) -> [Int: [UInt8]] {
        var names: [Int: [UInt8]] = [:]
        for line in text.split(separator: 0x0A) {
            guard let blank = line.firstIndex(of: 0x20), line[..<blank].isNumber, blank - line.startIndex <= 2 else {
                continue
            }
            let number = line[..<blank].reduce(0) { $0 * 10 + Int($1 - 0x30) }
            var name = line[(blank + 1)...]
            if name.last == 0x0D { name.removeLast() }
            if number < 26, !name.isEmpty, name.count <= 255 { names[number] = Array(name) }
        }
        return names
    }
}
