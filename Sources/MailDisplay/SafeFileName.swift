/// A file name out of a mail made fit for FAT, exFAT, NTFS, APFS and Linux file systems.
package enum SafeFileName {
    /// The longest name, in bytes of UTF-8; it leaves room for a number and a temporary ending.
    package static let maximumBytes = 120

    /// A longer ending than this is part of the name rather than its kind.
    private static let maximumExtensionBytes = 20

    /// A name that keeps as much of `name` as is safe, or `fallback` where nothing of it is.
    ///
    /// The result has no separator, control, direction mark or character Windows forbids; it begins with neither dot,
    /// dash nor blank, ends with neither dot nor blank, is no device name of Windows, and is never empty.
    package static func make(from name: String, fallback: String = "unnamed") -> String {
        if let made = clean(name) { return made }
        return clean(fallback) ?? "unnamed"
    }

    private static func clean(_ name: String) -> String? {
        var scalars = String.UnicodeScalarView()
        // Four times the limit is enough to find the beginning; the ending is looked for in the whole name.
        for scalar in bounded(name).unicodeScalars { scalars.append(isForbidden(scalar) ? "_" : scalar) }
        var text = trimmed(String(scalars))
        guard text.unicodeScalars.contains(where: { $0 != "_" && $0 != "." && $0 != " " }) else { return nil }
        text = trimmed(shortened(text))
        if isReserved(text) { text = "_" + text }
        return text
    }

    /// A name of megabytes is cut before each character is looked at, its ending kept.
    private static func bounded(_ name: String) -> String {
        guard name.utf8.count > 4096 else { return name }
        return String(name.prefix(512)) + String(name.suffix(64))
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "<", ">", ":", "\"", "/", "\\", "|", "?", "*": return true
        default: break
        }
        let value = scalar.value
        if value < 0x20 || value == 0x7F || TerminalText.isHidden(value) { return true }
        switch value {
        // Line ends, marks without width or with a direction, look-alikes of separators, characters that are none.
        case 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x2044, 0x2215, 0x2060, 0xFEFF, 0x061C, 0xFF0F, 0xFF3C, 0xFFFD:
            return true
        case 0xFDD0...0xFDEF: return true
        default: return value & 0xFFFE == 0xFFFE
        }
    }

    private static func trimmed(_ text: String) -> String {
        var part = Substring(text)
        while let first = part.unicodeScalars.first, first == "." || first == "-" || first.properties.isWhitespace {
            part.unicodeScalars.removeFirst()
        }
        while let last = part.unicodeScalars.last, last == "." || last.properties.isWhitespace {
            part.unicodeScalars.removeLast()
        }
        return String(part)
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > maximumBytes else { return text }
        var ending = ""
        if let dot = text.unicodeScalars.lastIndex(of: ".") {
            let tail = String(text[dot...])
            if tail.utf8.count <= maximumExtensionBytes { ending = tail }
        }
        var stem = ""
        var room = maximumBytes - ending.utf8.count
        for character in text {
            let length = character.utf8.count
            if length > room { break }
            stem.append(character)
            room -= length
        }
        // One character of hundreds of combining marks may fill the whole room.
        if stem.isEmpty { stem = "unnamed" }
        return trimmed(stem) + ending
    }

    /// The device names of Windows, alone or before a dot.
    private static func isReserved(_ text: String) -> Bool {
        var stem = text.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init) ?? text
        while stem.last == " " { stem.removeLast() }
        let upper = stem.uppercased()
        if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(upper) { return true }
        guard upper.hasPrefix("COM") || upper.hasPrefix("LPT"), upper.count == 4, let last = upper.last else {
            return false
        }
        return "0123456789¹²³".contains(last)
    }
}

/// Names that must not meet in one folder, also where a file system ignores the case of letters.
package struct UniqueNames: Sendable {
    private var taken: Set<String> = []
    private var nextNumber: [String: Int] = [:]

    package init() {}

    /// `name` itself the first time, later `name (2)`, `name (3)` …, the number before the extension.
    ///
    /// A name of 120 bytes of UTF-8 becomes shorter when it gets a number, so the limit always holds.
    package mutating func unique(_ name: String) -> String {
        if taken.insert(Self.key(name)).inserted { return name }
        let key = Self.key(name)
        var number = nextNumber[key] ?? 2
        while true {
            let candidate = Self.numbered(name, number)
            number += 1
            if taken.insert(Self.key(candidate)).inserted {
                nextNumber[key] = number
                return candidate
            }
        }
    }

    /// Upper and lower case alike, and composed and decomposed letters alike, as `String` compares them.
    private static func key(_ name: String) -> String { name.uppercased().lowercased() }

    private static func numbered(_ name: String, _ number: Int) -> String {
        var stem = name
        var ending = ""
        if let dot = name.unicodeScalars.lastIndex(of: "."), dot != name.startIndex,
            name[dot...].utf8.count <= 20
        {
            stem = String(name[..<dot])
            ending = String(name[dot...])
        }
        let mark = " (\(number))"
        while stem.utf8.count + mark.utf8.count + ending.utf8.count > SafeFileName.maximumBytes, !stem.isEmpty {
            stem.removeLast()
        }
        return stem + mark + ending
    }
}
