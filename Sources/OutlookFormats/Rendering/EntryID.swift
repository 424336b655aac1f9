/// Addresses within binary values: one-off entry ids (MS-OXCDATA §2.2.5.1) and lists of entry ids (§2.3.3).
enum EntryID {
    private static let oneOff: [UInt8] = [
        0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02,
    ]

    /// The address in a one-off entry id; nil when it is an entry id of another kind.
    static func address(_ bytes: [UInt8]) -> MailAddress? {
        guard bytes.count >= 24, Array(bytes[4..<20]) == oneOff else { return nil }
        let isUnicode = bytes[23] & 0x80 != 0
        var position = 24
        var texts: [String] = []
        while texts.count < 3 {
            let start = position
            let width = isUnicode ? 2 : 1
            while position + width <= bytes.count, bytes.littleEndian(position, width) != 0 { position += width }
            let text = Array(bytes[start..<min(position, bytes.count)])
            let utf8 = isUnicode ? CodePage.utf8(utf16: text) : CodePage.windows1252.utf8(text)
            texts.append(String(decoding: utf8, as: UTF8.self))
            position += width
            if position > bytes.count { break }
        }
        guard texts.count == 3 else { return nil }
        return MailAddress(name: texts[0], type: texts[1], address: texts[2], smtp: nil)
    }

    /// The addresses of the one-off entry ids in a FlatEntryList.
    static func addresses(flatList bytes: [UInt8]) -> [MailAddress] {
        var addresses: [MailAddress] = []
        var left = min(bytes.littleEndian(0, 4), 4096)
        var position = 8
        while left > 0, position + 4 <= bytes.count {
            let size = Int(bytes.littleEndian(position, 4))
            position += 4
            guard size <= bytes.count - position else { break }
            if let address = address(Array(bytes[position..<position + size])) { addresses.append(address) }
            // Each entry begins at a multiple of four bytes.
            position += (size + 3) / 4 * 4
            left -= 1
        }
        return addresses
    }
}
