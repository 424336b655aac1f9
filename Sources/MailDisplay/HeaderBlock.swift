/// The header of a message: where its fields stand.
///
/// GMime ends a field at a NUL and reads addresses while it parses, so the fields are found here and only decoded one
/// by one.
struct HeaderBlock {
    struct Field {
        /// Without the blanks some writers put before the colon.
        var name: Range<Int>
        /// The bytes after the colon up to the line end, folds included.
        var body: Range<Int>
    }

    var fields: [Field] = []
    /// Fields behind the limit.
    var omitted = 0
    /// Where the message begins, behind a "From " line that does not belong to it and blanks before the first name.
    var start = 0
    /// Where the body begins, behind the empty line.
    var bodyStart = 0

    init(_ bytes: UnsafeRawBufferPointer, maximumFields: Int = 10_000) {
        start = Self.separatorLength(bytes)
        bodyStart = start
        guard let begin = Self.firstField(in: bytes, from: start) else {
            if start < bytes.count {
                let (lineEnd, next) = Self.line(in: bytes, from: start)
                if lineEnd == start { bodyStart = next }
            }
            return
        }
        start = begin
        var position = start
        var open: Field?
        defer { bodyStart = position }
        while position < bytes.count {
            let (lineEnd, next) = Self.line(in: bytes, from: position)
            if lineEnd == position {
                position = next
                break
            }
            let first = bytes[position]
            if first == 0x20 || first == 0x09 {
                // A line of blanks only is a fold as well; without a field before it, it is dropped.
                if let body = open?.body { open?.body = body.lowerBound..<lineEnd }
            } else {
                close(&open, maximumFields)
                open = Self.field(in: bytes, position..<lineEnd)
            }
            position = next
        }
        close(&open, maximumFields)
    }

    /// Where the first field begins, blanks before it left out; nil where the message begins with none.
    private static func firstField(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        let (lineEnd, _) = line(in: bytes, from: start)
        guard let begin = bytes[start..<lineEnd].firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
            let colon = bytes[begin..<lineEnd].firstIndex(of: UInt8(ascii: ":")), colon > begin,
            bytes[begin..<colon].allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return begin
    }

    private mutating func close(_ field: inout Field?, _ maximum: Int) {
        guard let done = field else { return }
        if fields.count < maximum { fields.append(done) } else { omitted += 1 }
        field = nil
    }

    private static func field(in bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Field {
        guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else {
            return Field(name: line.lowerBound..<line.lowerBound, body: line)
        }
        var nameEnd = colon
        while nameEnd > line.lowerBound, bytes[nameEnd - 1] == 0x20 || bytes[nameEnd - 1] == 0x09 { nameEnd -= 1 }
        return Field(name: line.lowerBound..<nameEnd, body: (colon + 1)..<line.upperBound)
    }

    /// The end of the line at `start` without its line end, and the beginning of the next.
    static func line(in bytes: UnsafeRawBufferPointer, from start: Int) -> (end: Int, next: Int) {
        guard let feed = bytes[start...].firstIndex(of: 0x0A) else { return (bytes.count, bytes.count) }
        let end = feed > start && bytes[feed - 1] == 0x0D ? feed - 1 : feed
        return (end, feed + 1)
    }

    /// The length of a "From " line of an mbox before the header, 0 where there is none.
    private static func separatorLength(_ bytes: UnsafeRawBufferPointer) -> Int {
        for mark in ["From ", ">From "] where bytes.count > mark.utf8.count {
            if bytes.prefix(mark.utf8.count).elementsEqual(mark.utf8) { return line(in: bytes, from: 0).next }
        }
        return 0
    }

    func name(of field: Field, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[field.name])
    }

    func body(of field: Field, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[field.body])
    }

    /// The fields of a name given in lower case.
    func fields(named name: String, in bytes: UnsafeRawBufferPointer) -> [Field] {
        fields.filter { field in
            field.name.count == name.utf8.count
                && zip(bytes[field.name], name.utf8).allSatisfy { byte, wanted in
                    byte == wanted || (byte >= 0x41 && byte <= 0x5A && byte | 0x20 == wanted)
                }
        }
    }
}
