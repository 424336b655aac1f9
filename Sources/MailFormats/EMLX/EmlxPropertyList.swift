/// Two values of the property list at the end of an `.emlx`, without an XML parser.
///
/// The list is one dictionary; a key is text between `<key>` and `</key>`, which no value can hold, since `<` is escaped
/// in values. Anything unexpected makes a value missing, nothing else.
struct EmlxPropertyList {
    private(set) var flags: UInt64?
    private(set) var received: Int64?

    init(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        var depth = 0
        while let hit = bytes.firstIndex(of: 0x3C, from: position, to: bytes.count) {
            position = hit + 1
            if bytes.holds("<dict>", at: hit) || bytes.holds("<array>", at: hit) {
                depth += 1
            } else if bytes.holds("</dict>", at: hit) || bytes.holds("</array>", at: hit) {
                depth -= 1
            } else if depth == 1, bytes.holds("<key>flags</key>", at: hit) {
                if flags == nil { flags = Self.number(bytes, after: hit + 16) }
            } else if depth == 1, bytes.holds("<key>date-received</key>", at: hit) {
                if received == nil { received = Self.number(bytes, after: hit + 24).flatMap { Int64(exactly: $0) } }
            }
        }
        if let date = received, !(315_532_800..<4_102_444_800).contains(date) { received = nil }
    }

    /// The whole number in the `<integer>` or `<real>` that comes next.
    private static func number(_ bytes: UnsafeRawBufferPointer, after start: Int) -> UInt64? {
        var position = start
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
        let isReal = bytes.holds("<real>", at: position)
        guard isReal || bytes.holds("<integer>", at: position) else { return nil }
        position += isReal ? 6 : 9
        var value: UInt64 = 0
        let first = position
        while position < bytes.count, Ascii.isDigit(bytes[position]) {
            let (times, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOver2) = times.addingReportingOverflow(UInt64(bytes[position] - 0x30))
            guard !isOver, !isOver2 else { return nil }
            value = sum
            position += 1
        }
        guard position > first else { return nil }
        if isReal, position < bytes.count, bytes[position] == 0x2E {
            position += 1
            while position < bytes.count, Ascii.isDigit(bytes[position]) { position += 1 }
        }
        return bytes.holds(isReal ? "</real>" : "</integer>", at: position) ? value : nil
    }
}
