import MailFormats

extension TnefStreamReader {
    /// Reads a list of properties (MS-OXTNEF §2.1.3.4).
    ///
    /// What comes behind a damaged property cannot be found, so the list ends there, and that is told.
    mutating func properties(_ cursor: inout TnefCursor, _ place: String) throws(OutlookError) -> PropertyBag {
        let count = try cursor.number32("the properties of \(place)")
        guard count <= UInt32(PropertyBag.mostProperties) else {
            throw OutlookError(.overLimit, at: cursor.position - 4, "the number of the properties of \(place)")
        }
        var bag = PropertyBag()
        for index in 0..<count {
            do throws(OutlookError) {
                bag.add(try property(&cursor))
            } catch {
                note("\(place) has \(count) properties, \(index) were read: \(error.detail), at byte \(error.offset)")
                break
            }
        }
        return bag
    }

    private mutating func property(_ cursor: inout TnefCursor) throws(OutlookError) -> Property {
        let start = cursor.position
        let fullType = try cursor.number16("a property")
        let id = try cursor.number16("a property")
        let type = fullType & ~PropertyType.multiple
        let name = id >= 0x8000 ? try name(&cursor) : nil
        let isMultiple = type != fullType
        let tag = PropertyTag(id, type)
        let what = MsgStorageReader.text(PropertyTag(id, fullType))
        let fixed = PropertyType.fixedByteCount(type)
        let hasCount = isMultiple || fixed == nil
        let count = hasCount ? try cursor.number32(what) : 1
        // Each value has at least four bytes, and a list of nothing must not be long.
        guard UInt64(count) <= cursor.left / 4 || count == 0 || (fixed == 0 && count == 1) else {
            throw OutlookError(.overLimit, at: cursor.position, "the number of values of \(what)")
        }
        var values: [PropertyValue] = []
        for _ in 0..<count {
            if let fixed {
                let width = (fixed + 3) / 4 * 4
                values.append(.bytes(Array(try cursor.bytes(width, what)[..<fixed])))
                continue
            }
            guard [0x000D, 0x001E, 0x001F, 0x0102, 0x00FB, 0x00FD, 0x00FE].contains(type) else {
                throw OutlookError(.damaged, at: start, "\(what) has an unknown type")
            }
            let length = UInt64(try cursor.number32(what))
            values.append(try value(try cursor.skip(length, what), type))
            cursor.pad(after: length)
        }
        return Property(tag, name: name, isMultiple: isMultiple, isMultiple ? values : Array(values.prefix(1)))
    }

    private func name(_ cursor: inout TnefCursor) throws(OutlookError) -> PropertyName {
        let what = "the name of a property"
        let set = try cursor.bytes(16, what)
        guard try cursor.number32(what) != 0 else { return PropertyName(set: set, .number(try cursor.number32(what))) }
        let length = try cursor.number32(what)
        guard length <= 65_536 else { throw OutlookError(.overLimit, at: cursor.position, what) }
        let bytes = PropertyType.withoutZeros(try cursor.bytes(Int(length), what), PropertyType.text16)
        cursor.pad(after: UInt64(length))
        let units = (0..<bytes.count / 2).map { bytes.number16(at: 2 * $0) ?? 0 }
        return PropertyName(set: set, .string(String(decoding: units, as: UTF16.self)))
    }
}
