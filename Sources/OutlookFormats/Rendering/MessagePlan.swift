import ArchiveCrypto
import ArchiveFormat

/// What remains of the limits on memory while one item with all its nested ones is rendered.
final class RenderingBudget {
    /// Bytes that the record may still take.
    var record = OutlookRendering.largestRecord
    /// Bytes of bodies that may still be held.
    var bodies = 48 << 20

    /// Takes from what remains; false when it does not suffice.
    func take(_ count: UInt64, from path: ReferenceWritableKeyPath<RenderingBudget, Int>) -> Bool {
        guard count <= UInt64(self[keyPath: path]) else { return false }
        self[keyPath: path] -= Int(count)
        return true
    }
}

/// All decisions about one item, taken before its first byte is written.
final class MessagePlan {
    /// The fields but those of MIME.
    private let header: [UInt8]
    private let root: MIMEPart
    /// Whether the root brings its own `MIME-Version`.
    private let hasVersion: Bool
    /// The record of the item, and within it those of nested ones.
    let record: [UInt8]
    let losses: [String]
    /// A hash of everything in the message but what base64 hides; boundaries are made from it.
    let seed: Bytes32
    /// Whether a byte beyond ASCII stands in the message.
    let isEightBit: Bool

    convenience init(_ message: MapiMessage, depth: Int) throws(RenderingFailure) {
        try self.init(message, depth: depth, RenderingBudget())
    }

    init(_ message: MapiMessage, depth: Int, _ budget: RenderingBudget) throws(RenderingFailure) {
        let reader = PropertyReader(message: message.properties)
        let kind = ItemKind(messageClass: reader.text(Tag.messageClass) ?? "")
        let itemHeader = ItemHeader(message, reader: reader)
        var losses = message.losses

        var nested: [Int: MessagePlan] = [:]
        var hasVersion = false
        // Nothing can be added to what is signed or encrypted: without a way to add parts the record takes everything.
        var assemble: (([MIMEPart]) -> MIMEPart)?
        var root: MIMEPart
        if kind == .secured, let secured = try SecuredContent(message, reader: reader, transport: itemHeader.transport)
        {
            root = secured.part
            hasVersion = secured.hasVersion
        } else {
            let body = BodyChoice(message, reader: reader, kind: kind, budget: budget)
            let attachments = try AttachmentParts(message, reader: reader, links: body.links, depth: depth, budget)
            losses += body.losses + attachments.losses
            nested = attachments.nested
            let text = body.part(inline: attachments.inline)
            let isEmpty = body.isEmpty && attachments.inline.isEmpty
            assemble = { surplus in
                let others = attachments.others + surplus
                return .multipart("mixed", (isEmpty && !others.isEmpty ? [] : [text]) + others)
            }
            root = assemble?([]) ?? text
        }

        var places: [MIMEPart.Holding: String] = [:]
        root.places(into: &places)
        var record = ItemRecord(message, reader: reader, held: Set(places.keys), canAttach: assemble != nil, budget)
        if let assemble, !record.surplus.isEmpty {
            root = assemble(record.surplusParts)
            places = [:]
            root.places(into: &places)
        }
        losses += record.losses
        record.losses = losses
        self.record = record.encoded(places: places, nested: nested)

        header = itemHeader.bytes
        self.root = root
        self.hasVersion = hasVersion
        self.losses = losses
        isEightBit = root.isEightBit || header.contains { $0 >= 0x80 }
        var hasher = Blake2b()
        hasher.update(Array("portable-archive outlook rendering\n".utf8))
        hasher.update(header)
        root.add(to: &hasher)
        seed = hasher.finish()
    }

    /// Writes the message.
    func write(to output: RenderingOutput) throws(RenderingFailure) {
        try output.put(header)
        if !hasVersion { try output.put("MIME-Version: 1.0\r\n") }
        try root.write(to: output, seed: seed, path: [])
    }
}
