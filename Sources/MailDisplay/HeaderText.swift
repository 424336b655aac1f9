/// The value of a header field as a reader sees it.
package enum HeaderText {
    /// Field bodies longer than this many bytes are cut; the end is marked by "…".
    package static let maximumBytes = 1 << 20

    /// The text of a raw field body (the bytes after the colon, folds included): unfolded, encoded words decoded,
    /// raw 8-bit bytes read as UTF-8 or else as windows-1252 (RFC 5322 section 2.2.3, RFC 2047).
    package static func decode(_ body: UnsafeRawBufferPointer) -> String {
        let isCut = body.count > maximumBytes
        let bytes = trimmed(isCut ? UnsafeRawBufferPointer(rebasing: body.prefix(maximumBytes)) : body)
        let text: String
        switch examine(bytes) {
        case .plain: text = String(decoding: bytes, as: UTF8.self)
        case .folded: text = unfold(bytes).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        case .coded: text = unfold(bytes).withUnsafeBytes { decodeWords(in: $0) }
        }
        return isCut ? text + "…" : text
    }

    /// The same for an array.
    package static func decode(_ body: [UInt8]) -> String { body.withUnsafeBytes { decode($0) } }

    private enum Kind { case plain, folded, coded }

    /// One pass over the bytes, eight at a time while nothing is special.
    private static func examine(_ bytes: UnsafeRawBufferPointer) -> Kind {
        var kind = Kind.plain
        var index = 0
        let count = bytes.count
        while index < count {
            if index + 8 <= count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if isOrdinary(word) {
                    index += 8
                    continue
                }
            }
            let byte = bytes[index]
            if byte >= 0x80 || byte == 0x1B { return .coded }
            if byte == UInt8(ascii: "="), index + 1 < count, bytes[index + 1] == UInt8(ascii: "?") { return .coded }
            if byte == 0x0A || byte == 0x0D || byte == 0 { kind = .folded }
            index += 1
        }
        return kind
    }

    /// Whether none of eight bytes is above 127, below 32 or "=".
    @inline(__always)
    private static func isOrdinary(_ word: UInt64) -> Bool {
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        if word & high != 0 { return false }
        // All bytes are below 128 here, so the additions and subtractions stay inside their bytes.
        let atLeast32 = (word &+ 0x6060_6060_6060_6060) & high
        let differs = ((word ^ (ones &* 0x3D)) &+ 0x7F7F_7F7F_7F7F_7F7F) & high
        return atLeast32 == high && differs == high
    }

    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// The bytes without their line ends; a line end no blank follows, and a NUL, become one blank.
    static func unfold(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x0A, 0x0D:
                while index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D { index += 1 }
                let nextIsBlank = index < bytes.count && (bytes[index] == 0x20 || bytes[index] == 0x09)
                if !nextIsBlank {
                    output.append(0x20)
                } else if bytes[index] == 0x09 {
                    // Many writers put a tab where they broke a line at a blank.
                    output.append(0x20)
                    index += 1
                }
            case 0: output.append(0x20)
            default: output.append(byte)
            }
        }
        return output
    }
}
