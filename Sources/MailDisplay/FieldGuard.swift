#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps Content fields short enough for GMime, whose reading of parameters takes time that grows with the square of
/// their length.
enum FieldGuard {
    /// No honest Content field comes near.
    static let maximumBytes = 8 << 10

    /// A copy of the message in which overlong Content fields end in blanks; nil where there are none.
    ///
    /// A line of a body that looks like such a field is hit as well, which is why the count is told to the reader.
    static func shortened(_ message: UnsafeRawBufferPointer) -> (bytes: [UInt8], count: Int)? {
        var copy: [UInt8]?
        var count = 0
        var position = 0
        while let start = nextField(in: message, from: position) {
            let end = fieldEnd(in: message, from: start)
            position = end
            guard end - start > maximumBytes else { continue }
            if copy == nil { copy = Array(message) }
            count += 1
            // Line ends as well: folds of blanks only would each be a line.
            for index in (start + maximumBytes)..<end { copy?[index] = 0x20 }
        }
        return copy.map { ($0, count) }
    }

    /// The next line that begins with "Content-" in any case.
    private static func nextField(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var position = start
        while position < bytes.count {
            if position == 0 || bytes[position - 1] == 0x0A, beginsField(bytes, position) { return position }
            guard let base = bytes.baseAddress, let feed = memchr(base + position, 0x0A, bytes.count - position) else {
                return nil
            }
            position = UnsafeRawPointer(feed) - base + 1
        }
        return nil
    }

    private static func beginsField(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Bool {
        let name = "content-".utf8
        guard position + name.count <= bytes.count, bytes[position] | 0x20 == UInt8(ascii: "c") else { return false }
        return zip(bytes[position...], name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    /// The end of the field's last line, its line end not counted.
    private static func fieldEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while true {
            let (end, next) = HeaderBlock.line(in: bytes, from: position)
            guard next < bytes.count, next > position, bytes[next] == 0x20 || bytes[next] == 0x09 else { return end }
            position = next
        }
    }
}
