import ArchiveFormat
import OutlookFormats

extension FoundPlace {
    /// What Outlook's own properties tell of the state of an item (MS-OXCMSG §2.2.1.6, MS-OXOFLAG, MS-OXOMSG §2.2.1.86).
    init(_ properties: PropertyBag, folder: [[UInt8]]) {
        self.init(folder: folder)
        let state = properties[0x0E07]?.number ?? 0
        if state & 1 != 0 { flags.insert(.seen) }
        if state & 8 != 0 { flags.insert(.draft) }
        if properties[0x1090]?.number == 2 { flags.insert(.flagged) }
        switch properties[0x1081]?.number {
        case 102, 103: flags.insert(.answered)
        case 104: flags.insert(.forwarded)
        default: break
        }
        labels = properties[PropertyName.keywords]?.values.compactMap { $0.label } ?? []
        if let time = properties[0x0E06]?.number, time > 0 {
            // Units of 100 ns since 1601.
            internalDate = Int64(clamping: time / 10_000_000) - 11_644_473_600
        }
    }
}

extension PropertyName {
    /// The categories: `Keywords` in PS_PUBLIC_STRINGS.
    static let keywords = PropertyName(
        set: [0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46],
        .string("Keywords")
    )
}

extension Property {
    /// The one value as a number.
    fileprivate var number: UInt64? {
        guard !isMultiple, case .bytes(let bytes)? = values.first, !bytes.isEmpty, bytes.count <= 8 else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PropertyValue {
    /// A category in UTF-8; nil when it is empty or too long to be one.
    fileprivate var label: [UInt8]? {
        guard case .bytes(let bytes) = self, !bytes.isEmpty, bytes.count <= 2048, bytes.count % 2 == 0 else {
            return nil
        }
        let units = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }
}
