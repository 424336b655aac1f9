/// The place of a file or directory inside an archive: a relative path that cannot leave the archive's directory.
///
/// Components are separated by `/`; each is 1 to 255 of `A-Z a-z 0-9 . _ -`, does not end with a dot (so it is neither
/// `.` nor `..`, and survives on FAT), and the whole is at most 1,024 bytes. Case is kept; comparing without case is left
/// to the caller (`foldedCase`).
package struct ArchivePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The path as text; empty for the archive's directory itself.
    package let string: String

    private init(unchecked string: String) {
        self.string = string
    }

    /// The archive's directory itself.
    package static let root = ArchivePath(unchecked: "")

    /// Makes a path of text, or nil when the text is not a valid path.
    package init?(_ string: String) {
        guard string.utf8.count <= Self.maximumByteCount else { return nil }
        var componentByteCount = 0
        var last: UInt8 = 0
        for byte in string.utf8 {
            if byte == UInt8(ascii: "/") {
                guard componentByteCount > 0, last != UInt8(ascii: ".") else { return nil }
                componentByteCount = 0
            } else {
                guard Self.isAllowed(byte), componentByteCount < 255 else { return nil }
                componentByteCount += 1
            }
            last = byte
        }
        guard componentByteCount > 0, last != UInt8(ascii: ".") else { return nil }
        self.string = string
    }

    /// The most bytes a path may have.
    package static let maximumByteCount = 1024

    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The path of something inside this directory, or nil when the name is not one valid component.
    package func appending(_ name: String) -> ArchivePath? {
        guard !name.utf8.contains(UInt8(ascii: "/")) else { return nil }
        return ArchivePath(isRoot ? name : "\(string)/\(name)")
    }

    /// Whether this is the archive's directory itself.
    package var isRoot: Bool { string.isEmpty }

    /// The last component; empty for the root.
    package var name: String {
        guard let slash = string.utf8.lastIndex(of: UInt8(ascii: "/")) else { return string }
        return String(string[string.utf8.index(after: slash)...])
    }

    /// The directory that holds this path; the root for the root itself.
    package var parent: ArchivePath {
        guard let slash = string.utf8.lastIndex(of: UInt8(ascii: "/")) else { return .root }
        return ArchivePath(unchecked: String(string[..<slash]))
    }

    /// The components from the root downwards.
    package var components: [Substring] { string.split(separator: "/") }

    /// The path with ASCII letters in lower case, for comparing without case.
    package var foldedCase: String {
        String(decoding: string.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    package var description: String { isRoot ? "." : string }

    package static func < (left: ArchivePath, right: ArchivePath) -> Bool { left.string < right.string }
}

extension ArchivePath: ExpressibleByStringLiteral {
    /// Makes a path of a literal in the program's own text; an invalid literal is a mistake of the program.
    package init(stringLiteral value: StaticString) {
        guard let path = ArchivePath("\(value)") else { preconditionFailure("invalid path literal") }
        self = path
    }
}

extension ArchivePath {
    /// The path of a numbered file, such as `segments/00000/00000001.seg`: its directory is the number div 1000.
    ///
    /// - Parameters:
    ///   - directory: One valid component, such as `segments`.
    ///   - number: At most 99,999,999, which is what eight digits hold; larger gives nil.
    ///   - suffix: The extension without its dot, such as `seg` or `par.new`.
    package static func numbered(_ directory: StaticString, _ number: UInt64, _ suffix: StaticString) -> ArchivePath? {
        guard let parent = fanOut(directory, number) else { return nil }
        return ArchivePath("\(parent.string)/\(padded(number, to: 8)).\(suffix)")
    }

    /// The directory of a numbered file, such as `segments/00000`.
    package static func fanOut(_ directory: StaticString, _ number: UInt64) -> ArchivePath? {
        guard number <= 99_999_999 else { return nil }
        return ArchivePath("\(directory)/\(padded(number / 1000, to: 5))")
    }

    private static func padded(_ number: UInt64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
