import ArchiveFormat

/// The record of an item: its properties, recipients and attachments in deterministic CBOR (`Docs/outlook-rendering.md`).
struct ItemRecord {
    /// A value, or where it is instead.
    private enum Stored {
        case bytes([UInt8])
        case held(MIMEPart.Holding, count: UInt64)
        case lost(count: UInt64)
    }

    private struct Entry {
        var property: Property
        var values: [Stored]
    }

    /// Values that the record has no room for, each of which becomes a part.
    private(set) var surplus: [PropertyValue] = []
    var losses: [String] = []
    private var properties: [Entry] = []
    private var recipients: [[Entry]] = []
    private var attachments: [(entries: [Entry], content: Stored?)] = []

    /// - Parameters:
    ///   - held: what stands in the message.
    ///   - canAttach: whether parts can be added to the message.
    init(
        _ message: MapiMessage,
        reader: PropertyReader,
        held: Set<MIMEPart.Holding>,
        canAttach: Bool,
        _ budget: RenderingBudget
    ) {
        var body: MIMEPart.Holding?
        var html: MIMEPart.Holding?
        for holding in held {
            switch holding {
            case .body: body = holding
            case .html: html = holding
            default: break
            }
        }
        properties = entries(message.properties, [Tag.body: body, Tag.html: html], canAttach, budget)
        recipients = message.recipients.map { entries($0, [:], canAttach, budget) }
        for (index, attachment) in message.attachments.enumerated() {
            let entries = entries(attachment.properties, [:], canAttach, budget)
            var content: Stored?
            if case .data(let value) = attachment.content {
                let holding = MIMEPart.Holding.attachment(index)
                content =
                    held.contains(holding)
                    ? .held(holding, count: value.byteCount) : store(value, canAttach: canAttach, budget)
            }
            attachments.append((entries, content))
        }
    }

    /// The properties in the order of their tags, then the named ones in that of their names: the number a store gives to a
    /// name is its own affair.
    private mutating func entries(
        _ bag: PropertyBag,
        _ held: [UInt16: MIMEPart.Holding?],
        _ canAttach: Bool,
        _ budget: RenderingBudget
    ) -> [Entry] {
        var left = held
        let order = bag.properties.enumerated().sorted { first, second in
            ItemRecord.precedes(first.element, second.element)
                ?? (first.offset < second.offset)
        }
        // The first property with an id, in the order of the store, is the one that was rendered.
        var entries: [Entry] = []
        for (offset, property) in order {
            if let holding = left[property.tag.id] ?? nil, property.name == nil,
                bag.properties[..<offset].allSatisfy({ $0.tag.id != property.tag.id })
            {
                left[property.tag.id] = nil
                let count = property.values.first?.byteCount ?? 0
                entries.append(Entry(property: property, values: [.held(holding, count: count)]))
            } else {
                let values = property.values.map { store($0, canAttach: canAttach, budget) }
                entries.append(Entry(property: property, values: values))
            }
        }
        return entries
    }

    /// Whether one property comes before another; nil where nothing tells.
    private static func precedes(_ left: Property, _ right: Property) -> Bool? {
        switch (left.name, right.name) {
        case (nil, nil): break
        case (nil, _): return true
        case (_, nil): return false
        case (let first?, let second?):
            if first.set != second.set { return first.set.lexicographicallyPrecedes(second.set) }
            switch (first.kind, second.kind) {
            case (.number(let a), .number(let b)):
                if a != b { return a < b }
            case (.string(let a), .string(let b)):
                if !a.utf8.elementsEqual(b.utf8) { return a.utf8.lexicographicallyPrecedes(b.utf8) }
            case (.number, .string): return true
            case (.string, .number): return false
            }
            return left.tag.type == right.tag.type ? nil : left.tag.type < right.tag.type
        }
        return left.tag == right.tag ? nil : left.tag < right.tag
    }

    private mutating func store(_ value: PropertyValue, canAttach: Bool, _ budget: RenderingBudget) -> Stored {
        let count = value.byteCount
        if count <= UInt64(PropertyBag.largestInMemory) || !canAttach, budget.take(count, from: \.record) {
            if let bytes = value.load(limit: Int(count)) { return .bytes(bytes) }
            losses.append("a value of \(count) bytes could not be read")
            return .lost(count: count)
        }
        guard canAttach, surplus.count < 4096 else {
            losses.append("a value of \(count) bytes is too long for the record")
            return .lost(count: count)
        }
        surplus.append(value)
        return .held(.surplus(surplus.count - 1), count: count)
    }

    /// The parts for what the record has no room for.
    var surplusParts: [MIMEPart] {
        surplus.enumerated().map { index, value in
            MIMEPart.data(
                "application/octet-stream",
                value,
                fields: HeaderLine.mime(
                    "Content-Disposition",
                    "attachment",
                    [("filename", "outlook-property-\(index + 1).bin")]
                ) + HeaderLine.folded("X-Portable-Archive-Property", [String(index + 1)]),
                holds: .surplus(index)
            )
        }
    }

    /// The record in CBOR.
    func encoded(places: [MIMEPart.Holding: String], nested: [Int: MessagePlan]) -> [UInt8] {
        var writer = CBORWriter()
        writer.map(5)
        writer.key(0)
        writer.unsigned(UInt64(OutlookRendering.version))
        writer.key(1)
        write(properties, places, to: &writer)
        writer.key(2)
        writer.array(recipients.count)
        for recipient in recipients { write(recipient, places, to: &writer) }
        writer.key(3)
        writer.array(attachments.count)
        for (index, attachment) in attachments.enumerated() {
            let message = nested[index]
            writer.map(1 + (attachment.content == nil ? 0 : 1) + (message == nil ? 0 : 1))
            writer.key(0)
            write(attachment.entries, places, to: &writer)
            if let content = attachment.content {
                writer.key(1)
                write(content, places, to: &writer)
            }
            if let message {
                writer.key(2)
                writer.encoded(message.record)
            }
        }
        writer.key(4)
        writer.array(losses.count)
        for loss in losses { writer.text(utf8: Array(loss.utf8)) }
        return writer.bytes
    }

    private func write(
        _ entries: [Entry],
        _ places: [MIMEPart.Holding: String],
        to writer: inout CBORWriter
    ) {
        writer.array(entries.count)
        for entry in entries {
            writer.map(3)
            if entry.property.name == nil {
                writer.key(0)
                writer.unsigned(UInt64(entry.property.tag.id))
            }
            writer.key(1)
            writer.unsigned(UInt64(entry.property.tag.type | (entry.property.isMultiple ? 0x1000 : 0)))
            if let name = entry.property.name {
                writer.key(2)
                writer.array(2)
                writer.data(name.set)
                switch name.kind {
                case .number(let number): writer.unsigned(number)
                case .string(let text): writer.text(utf8: Array(text.utf8))
                }
            }
            writer.key(3)
            writer.array(entry.values.count)
            for value in entry.values { write(value, places, to: &writer) }
        }
    }

    private func write(_ value: Stored, _ places: [MIMEPart.Holding: String], to writer: inout CBORWriter) {
        switch value {
        case .bytes(let bytes): writer.data(bytes)
        case .held(let holding, let count):
            let place = places[holding] ?? ""
            var how: UInt8 = 0
            switch holding {
            case .body(true), .html(true): how = 1
            default: if place == "0" { how = 2 }
            }
            writer.map(3)
            writer.key(0)
            writer.text(utf8: Array(place.utf8))
            writer.key(1)
            writer.unsigned(how)
            writer.key(2)
            writer.unsigned(count)
        case .lost(let count):
            writer.map(1)
            writer.key(2)
            writer.unsigned(count)
        }
    }
}
