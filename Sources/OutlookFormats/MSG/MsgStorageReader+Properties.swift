import MailFormats

extension MsgStorageReader {
    /// Reads the list of the properties of a message, recipient or attachment.
    mutating func list(_ contents: Contents, isMessage: Bool, place: String) -> MsgPropertyList? {
        guard let entry = contents.list else {
            note("\(place) has no list of properties")
            return nil
        }
        do throws(OutlookError) {
            let stream = try open(entry, place)
            guard stream.byteCount <= UInt64(PropertyBag.mostProperties * 16 + 32) else {
                throw OutlookError(.overLimit, at: file.place(of: entry), "the list of properties")
            }
            let bytes = try stream.whole(Int(stream.byteCount), at: 0, "the list of properties")
            let list = MsgPropertyList(bytes, isMessage: isMessage)
            if list.isCut { note("the list of properties of \(place) ends within a property") }
            return list
        } catch {
            note("\(place): \(error.detail), at byte \(error.offset)")
            return nil
        }
    }

    /// All properties of a storage but the content of an attachment, in the order of the list.
    mutating func bag(_ contents: Contents, _ list: MsgPropertyList?, place: String) -> PropertyBag {
        for name in contents.others { note("\(place) holds \(name), which is not known") }
        var bag = PropertyBag()
        var used: Set<PropertyTag> = [Self.content, Self.contentObject]
        for item in list?.items ?? [] {
            guard used.insert(item.tag).inserted else {
                if item.tag.id != Self.content.id { note("\(place) lists \(Self.text(item.tag)) twice") }
                continue
            }
            do throws(OutlookError) {
                if let property = try property(item, contents, place) { bag.add(property) }
            } catch {
                note("\(place), \(Self.text(item.tag)): \(error.detail), at byte \(error.offset)")
            }
        }
        // Some writers list less than they write; what a stream says of itself is enough to read it.
        for tag in contents.values.keys.sorted() where used.insert(tag).inserted {
            guard bag.properties.count < PropertyBag.mostProperties else {
                note("\(place) has too many properties")
                break
            }
            do throws(OutlookError) {
                let item = MsgPropertyList.Item(tag: tag, value: [])
                if let property = try property(item, contents, place) { bag.add(property) }
            } catch {
                note("\(place), \(Self.text(tag)): \(error.detail), at byte \(error.offset)")
            }
        }
        for tag in contents.parts.keys.sorted() where contents.values[tag] == nil && !used.contains(tag) {
            note("\(place), \(Self.text(tag)): values without their list")
        }
        return bag
    }

    /// The content of an attachment, as bytes and as an object.
    static let content = PropertyTag(0x3701, PropertyType.bytes)
    static let contentObject = PropertyTag(0x3701, PropertyType.object)

    static func text(_ tag: PropertyTag) -> String {
        func hexadecimal(_ number: UInt16) -> String {
            let digits = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "property \(hexadecimal(tag.id))\(hexadecimal(tag.type))"
    }

    private mutating func property(
        _ item: MsgPropertyList.Item,
        _ contents: Contents,
        _ place: String
    ) throws(OutlookError) -> Property? {
        let type = item.tag.type & ~PropertyType.multiple
        let tag = PropertyTag(item.tag.id, type)
        let name = names[tag.id]
        let isMultiple = type != item.tag.type
        if !isMultiple, let count = PropertyType.fixedByteCount(type), count <= 8 {
            // A stream that is not listed has no place in the list for its value.
            guard item.value.count == 8 else { throw OutlookError(.damaged, at: 0, "a stream of a small value") }
            return Property(tag, name: name, [.bytes(Array(item.value[..<count]))])
        }
        guard let entry = contents.values[item.tag] else {
            // Empty values have no stream in the files of some writers.
            guard item.byteCount <= (PropertyType.isText(type) ? 2 : 0) else {
                throw OutlookError(.damaged, at: 0, "its stream is missing")
            }
            return Property(tag, name: name, isMultiple: isMultiple, isMultiple ? [] : [.bytes([])])
        }
        if entry.isStorage { return Property(tag, name: name, [.source(object(entry, place))]) }
        let stream = try open(entry, place)
        guard isMultiple else {
            compare(item, type, stream.byteCount, place)
            return Property(tag, name: name, [try value(stream, type, entry.name)])
        }
        return Property(tag, name: name, isMultiple: true, try values(item, type, stream, contents, place))
    }

    /// A stream that is shorter than listed is given as it is, and told.
    private mutating func compare(_ item: MsgPropertyList.Item, _ type: UInt16, _ found: UInt64, _ place: String) {
        guard item.value.count == 8 else { return }
        let zero: UInt64 = type == PropertyType.text16 ? 2 : type == PropertyType.text8 ? 1 : 0
        guard found + zero < UInt64(item.byteCount) else { return }
        note("\(place), \(Self.text(item.tag)): \(item.byteCount) bytes are announced, \(found) found")
    }

    private mutating func values(
        _ item: MsgPropertyList.Item,
        _ type: UInt16,
        _ stream: ChainSource,
        _ contents: Contents,
        _ place: String
    ) throws(OutlookError) -> [PropertyValue] {
        guard stream.byteCount <= UInt64(PropertyBag.largestInMemory) else {
            throw OutlookError(.overLimit, at: 0, "the list of its values")
        }
        let bytes = try stream.whole(Int(stream.byteCount), at: 0, "the list of its values")
        if let count = PropertyType.fixedByteCount(type) {
            // A boolean has two bytes here (MS-OXCDATA §2.11.1).
            let width = type == 0x000B ? 2 : max(1, count)
            guard bytes.count % width == 0 else { throw OutlookError(.damaged, at: 0, "half a value") }
            return stride(from: 0, to: bytes.count, by: width).map { .bytes(Array(bytes[$0..<$0 + count])) }
        }
        let width = type == PropertyType.bytes ? 8 : 4
        let parts = contents.parts[item.tag] ?? [:]
        var values: [PropertyValue] = []
        for index in parts.keys.sorted() {
            guard let entry = parts[index] else { continue }
            do throws(OutlookError) {
                values.append(try value(try open(entry, place), type, entry.name))
            } catch {
                note("\(place), \(Self.text(item.tag)), value \(index): \(error.detail), at byte \(error.offset)")
            }
        }
        if bytes.count / width != parts.count {
            note("\(place), \(Self.text(item.tag)): \(bytes.count / width) values are announced, \(parts.count) found")
        }
        return values
    }
}
