/// What keeps a hostile document from costing more time than its size warrants.
enum HTMLGuard {
    /// libxml2 compares each attribute of an element with all before it.
    private static let maximumAttributes = 1_000

    /// Whether an element has more attributes than any honest page.
    ///
    /// Quotes count only behind an equals sign, as libxml2 reads them.
    static func hasTooManyAttributes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while let open = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
            index = open + 1
            guard index < bytes.count, isLetter(bytes[index]) else { continue }
            var attributes = 0
            while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "=") {
                    while index < bytes.count, isBlank(bytes[index]) { index += 1 }
                    if index < bytes.count, bytes[index] == 0x22 || bytes[index] == 0x27 {
                        let quote = bytes[index]
                        let rest = bytes[(index + 1)...]
                        index = (rest.firstIndex(of: quote) ?? bytes.count - 1) + 1
                        attributes += 1
                    }
                } else if isBlank(byte) || byte == UInt8(ascii: "/") {
                    if index < bytes.count, !isBlank(bytes[index]) { attributes += 1 }
                }
                if attributes > maximumAttributes { return true }
            }
        }
        return false
    }

    /// The text of a document nothing better can be done with: what stands between its tags.
    static func withoutTags(_ bytes: UnsafeRawBufferPointer) -> String {
        var output: [UInt8] = []
        var inTag = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "<"): inTag = true
            case UInt8(ascii: ">") where inTag:
                inTag = false
                if let last = output.last, !isBlank(last) { output.append(0x20) }
            case _ where inTag: continue
            case _ where isBlank(byte):
                if let last = output.last, !isBlank(last) { output.append(byte == 0x0A ? byte : 0x20) }
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D || byte == 0x0C
    }
}
