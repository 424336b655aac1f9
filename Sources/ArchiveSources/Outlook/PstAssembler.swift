import ArchiveStorage
import MailFormats
import OutlookFormats
import PstWire

/// Puts one message together from records.
struct PstAssembler {
    /// Why records are no message.
    enum Failure: Error {
        case senseless(String)
        /// The spool cannot be written.
        case storage(StorageError)
    }

    /// So much of a message is held in memory; then values of more than `smallest` bytes go to the spool.
    private static let mostInMemory = 16 << 20
    private static let smallest = 4096
    private static let mostSmall = 64 << 20
    private static let mostProperties = 262_144
    private static let mostParts = 65_536
    private static let mostLosses = 256

    /// What is open; a class, so that it grows in its place.
    private final class Part {
        enum Kind { case message, recipient, attachment }

        let kind: Kind
        var bag = PropertyBag()
        var recipients: [PropertyBag] = []
        var attachments: [MapiAttachment] = []
        var losses: [String] = []
        var content = MapiAttachment.Content.none
        var hasContent = false

        init(_ kind: Kind) { self.kind = kind }

        var message: MapiMessage {
            MapiMessage(bag, recipients: recipients, attachments: attachments, losses: losses)
        }
    }

    private struct OpenProperty {
        var property: Property
        var missing: Int
    }

    private struct OpenValue {
        var bytes: [UInt8] = []
        var isSpooled: Bool
        var start: UInt64
        var missing: UInt64
    }

    /// The whole message, once it is complete.
    private(set) var message: MapiMessage?

    private var open: [Part] = []
    private var property: OpenProperty?
    private var value: OpenValue?
    private var awaitsContent = false
    private var spool: Spool?
    private var inMemory = 0
    private var propertyCount = 0
    private var partCount = 0
    private var lossCount = 0
    private let spoolLimit: UInt64
    private let directory: String

    /// - Parameter fileByteCount: the length of the store: no message of it can be much longer.
    init(fileByteCount: UInt64, directory: String) {
        let (limit, isOver) = fileByteCount.addingReportingOverflow(64 << 20)
        spoolLimit = isOver ? .max : limit
        self.directory = directory
    }

    mutating func take(_ kind: PstWire.Kind, _ payload: [UInt8]) throws(Failure) {
        guard message == nil else { throw .senseless("more after the end of a message") }
        let isBetween = property == nil && value == nil && !awaitsContent
        var reader = WireReader(payload)
        switch kind {
        case .message where isBetween:
            guard open.isEmpty || acceptsContent else { throw .senseless("a message in no place") }
            try begin(.message)
        case .recipient where isBetween:
            guard open.last?.kind == .message else { throw .senseless("a recipient in no place") }
            try begin(.recipient)
        case .attachment where isBetween:
            guard open.last?.kind == .message else { throw .senseless("an attachment in no place") }
            try begin(.attachment)
        case .end where isBetween: try end()
        case .property where isBetween && !open.isEmpty: try begin(&reader)
        case .content where isBetween:
            guard acceptsContent else { throw .senseless("content in no place") }
            awaitsContent = true
        case .value where value == nil: try take(whole: payload)
        case .valueStart where value == nil:
            guard let count: UInt64 = reader.number() else { throw .senseless("short") }
            try start(count)
        case .chunk: try take(chunk: payload)
        case .valueEnd:
            guard let open = value else { throw .senseless("the end of no value") }
            value = nil
            if open.missing > 0 { add(loss: "a value breaks off \(open.missing) bytes before its end") }
            if open.isSpooled, let spool {
                try finish(.source(SpooledValue(spool: spool, range: open.start..<spool.byteCount)))
            } else {
                try finish(.bytes(open.bytes))
            }
        case .loss where value == nil && !open.isEmpty: add(loss: String(decoding: payload, as: UTF8.self))
        default: throw .senseless("a record \(kind) out of turn")
        }
    }

    private var acceptsContent: Bool {
        guard let part = open.last else { return false }
        return part.kind == .attachment && !part.hasContent
    }

    private mutating func begin(_ kind: Part.Kind) throws(Failure) {
        partCount += 1
        guard partCount <= PstAssembler.mostParts, open.count < 3 * MapiMessage.maximumDepth else {
            throw .senseless("too many parts")
        }
        open.append(Part(kind))
    }

    private mutating func end() throws(Failure) {
        guard let part = open.popLast() else { throw .senseless("the end of nothing") }
        guard let outer = open.last else { return message = part.message }
        switch part.kind {
        case .recipient: outer.recipients.append(part.bag)
        case .attachment: outer.attachments.append(MapiAttachment(part.bag, part.content))
        case .message:
            outer.content = .message(part.message)
            outer.hasContent = true
        }
    }

    private mutating func begin(_ reader: inout WireReader) throws(Failure) {
        guard let id: UInt16 = reader.number(), let type: UInt16 = reader.number(), let flags: UInt8 = reader.number(),
            let count: UInt32 = reader.number()
        else { throw .senseless("short") }
        propertyCount += 1
        guard propertyCount <= PstAssembler.mostProperties, count <= 1 << 20 else {
            throw .senseless("too many properties")
        }
        var name: PropertyName?
        if flags & (PstWire.Property.numbered | PstWire.Property.named) != 0 {
            guard let set = reader.take(16) else { throw .senseless("short") }
            if flags & PstWire.Property.numbered != 0 {
                guard let number: UInt32 = reader.number() else { throw .senseless("short") }
                name = PropertyName(set: set, .number(number))
            } else {
                name = PropertyName(set: set, .string(String(decoding: reader.rest(), as: UTF8.self)))
            }
        }
        let isMultiple = flags & PstWire.Property.multiple != 0
        guard isMultiple || count == 1 else { throw .senseless("a property without its value") }
        let found = Property(PropertyTag(id, type), name: name, isMultiple: isMultiple, [])
        property = OpenProperty(property: found, missing: Int(count))
        if count == 0 { try close(found) }
    }

    private mutating func close(_ found: Property) throws(Failure) {
        property = nil
        guard let part = open.last, part.bag.properties.count < PropertyBag.mostProperties else {
            throw .senseless("too many properties")
        }
        part.bag.add(found)
    }

    private mutating func take(whole bytes: [UInt8]) throws(Failure) {
        guard property != nil || awaitsContent else { throw .senseless("the value of nothing") }
        if inMemory > PstAssembler.mostInMemory, bytes.count > PstAssembler.smallest {
            try start(UInt64(bytes.count))
            try take(chunk: bytes)
            return try take(.valueEnd, [])
        }
        try remember(bytes.count + 64)
        try finish(.bytes(bytes))
    }

    private mutating func remember(_ count: Int) throws(Failure) {
        inMemory += count
        guard inMemory <= PstAssembler.mostSmall else { throw .senseless("too many properties") }
    }

    private mutating func start(_ count: UInt64) throws(Failure) {
        guard property != nil || awaitsContent else { throw .senseless("the value of nothing") }
        let isSpooled = count > UInt64(PropertyBag.largestInMemory) || inMemory > PstAssembler.mostInMemory
        if isSpooled, spool == nil {
            do throws(StorageError) {
                spool = try Spool(in: directory, name: "a message of a store")
            } catch {
                throw .storage(error)
            }
        }
        value = OpenValue(isSpooled: isSpooled, start: spool?.byteCount ?? 0, missing: count)
        if !isSpooled {
            try remember(Int(count))
            value?.bytes.reserveCapacity(Int(count))
        }
    }

    private mutating func take(chunk bytes: [UInt8]) throws(Failure) {
        guard var open = value, UInt64(bytes.count) <= open.missing else { throw .senseless("more than was promised") }
        value = nil
        open.missing -= UInt64(bytes.count)
        if open.isSpooled, let spool {
            guard spoolLimit - min(spoolLimit, spool.byteCount) >= UInt64(bytes.count) else {
                throw .senseless("a message larger than its store")
            }
            do throws(StorageError) {
                try bytes.withUnsafeBufferPointer { (b) throws(StorageError) in
                    try spool.append(UnsafeRawBufferPointer(b))
                }
            } catch {
                throw .storage(error)
            }
        } else {
            open.bytes.append(contentsOf: bytes)
        }
        value = open
    }

    private mutating func finish(_ found: PropertyValue) throws(Failure) {
        if awaitsContent {
            awaitsContent = false
            open.last?.content = .data(found)
            open.last?.hasContent = true
            return
        }
        guard var pending = property else { throw .senseless("the value of nothing") }
        property = nil
        pending.property.values.append(found)
        pending.missing -= 1
        if pending.missing == 0 { try close(pending.property) } else { property = pending }
    }

    private mutating func add(loss text: String) {
        lossCount += 1
        guard lossCount <= PstAssembler.mostLosses else { return }
        open.last { $0.kind == .message }?.losses.append(text)
    }
}
