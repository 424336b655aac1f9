/// How the values of the property types are stored (MS-OXCDATA §2.11.1).
package enum PropertyType {
    /// The bit of a type that tells several values.
    package static let multiple: UInt16 = 0x1000
    /// Text in a code page, and in UTF-16LE.
    package static let text8: UInt16 = 0x001E
    package static let text16: UInt16 = 0x001F
    /// An object: a message, a storage or a stream.
    package static let object: UInt16 = 0x000D
    package static let bytes: UInt16 = 0x0102

    /// The length of a value in bytes; nil where it differs from value to value or the type is not known.
    package static func fixedByteCount(_ type: UInt16) -> Int? {
        switch type {
        case 0x0002: 2
        case 0x0003, 0x0004, 0x000A: 4
        case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040: 8
        case 0x000B: 1
        case 0x0048: 16
        case 0x0001: 0
        default: nil
        }
    }

    /// Whether the type is text, whose values end in a zero in some places.
    package static func isText(_ type: UInt16) -> Bool { type == text8 || type == text16 }

    /// A text without the zeros at its end.
    static func withoutZeros(_ bytes: [UInt8], _ type: UInt16) -> [UInt8] {
        var end = bytes.count
        if type == text8 {
            while end > 0, bytes[end - 1] == 0 { end -= 1 }
        } else if type == text16 {
            // Half a character at the end is kept: whoever reads the text sees that it is there.
            while end >= 2, end % 2 == 0, bytes[end - 1] == 0, bytes[end - 2] == 0 { end -= 2 }
        }
        return end == bytes.count ? bytes : Array(bytes[..<end])
    }
}
