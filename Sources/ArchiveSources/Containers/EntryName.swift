import ArchiveFormat

/// What an entry of a container is called, made safe.
///
/// Nothing is ever written under such a name, so it can lead nowhere; it only tells where a message came from. Empty names,
/// `.` and `..`, a leading `/` and a drive letter are left out: `../../etc/x` is told as `etc/x`. A NUL becomes `_`.
/// Otherwise names are the bytes of the container, whatever their character set. Names may repeat.
struct EntryName {
    private(set) var components: [[UInt8]]
    /// The name stands for a directory.
    let isDirectory: Bool

    /// Reads a name.
    ///
    /// - Parameter ordinal: Names what has no name of its own.
    init(_ raw: some Collection<UInt8>, ordinal: UInt64) {
        var raw = Array(raw)
        let backslash = UInt8(ascii: "\\")
        let slash = UInt8(ascii: "/")
        // Some old packers for Windows wrote backslashes. In Asian character sets the byte is half of a letter.
        if !raw.contains(slash), raw.contains(backslash), raw.allSatisfy({ $0 < 0x80 }) {
            for index in raw.indices where raw[index] == backslash { raw[index] = slash }
        }
        isDirectory = raw.last == slash
        var parts = raw.split(separator: slash).filter { !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
        if let first = parts.first, first.count == 2, first.last == UInt8(ascii: ":"), parts.count > 1 {
            parts.removeFirst()
        }
        if parts.count > Limits.components {
            // The last name counts most, and the first ones more than those between.
            parts = parts.prefix(Limits.components - 1) + parts.suffix(1)
        }
        components = parts.map { part in part.map { $0 == 0 ? UInt8(ascii: "_") : $0 } }
        if components.isEmpty { components = [Array("entry \(ordinal)".utf8)] }
    }

    var last: [UInt8] { components.last ?? [] }

    /// What to say of it in a report.
    var text: String { components.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") }

    /// The junk that macOS adds: below `__MACOSX` always, elsewhere when the bytes are what the name says.
    func junk(startsWith head: some Collection<UInt8>) -> SkipReason? {
        if last.elementsEqual(".DS_Store".utf8) { return .marker }
        guard last.starts(with: "._".utf8) else { return nil }
        if components.contains(where: { $0.elementsEqual("__MACOSX".utf8) }) { return .resourceFork }
        return head.isEmpty || head.starts(with: [0, 5, 0x16, 7]) ? .resourceFork : nil
    }
}
