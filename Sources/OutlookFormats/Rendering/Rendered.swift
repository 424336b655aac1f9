/// What else there is to know of an item, once its message is written.
package struct Rendered: Sendable {
    /// The states of an item.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let read = Flags(rawValue: 1)
        package static let draft = Flags(rawValue: 2)
        package static let flagged = Flags(rawValue: 4)
        package static let answered = Flags(rawValue: 8)
        package static let forwarded = Flags(rawValue: 16)
    }

    /// The class, such as `IPM.Note`; empty when there is none.
    package let messageClass: String
    /// The record: deterministic CBOR, as `Docs/outlook-rendering.md` has it.
    package let record: [UInt8]
    /// What could not be read or carried over, in words, for the report; empty when all could.
    package let losses: [String]
    /// The states of the item.
    package let flags: Flags
    /// Its categories, in order.
    package let categories: [String]
    /// When it came in, in seconds since 1970.
    package let internalDate: Int64?

    init(_ message: MapiMessage, _ plan: MessagePlan) {
        let reader = PropertyReader(message: message.properties)
        messageClass = reader.text(Tag.messageClass) ?? ""
        record = plan.record
        losses = plan.losses
        categories = reader.texts(message.properties[.keywords])
        internalDate = reader.time(Tag.deliveryTime)

        var flags: Flags = []
        let states = reader.integer(Tag.messageFlags) ?? 0
        if states & 1 != 0 { flags.insert(.read) }
        if states & 8 != 0 { flags.insert(.draft) }
        // 1 is "complete", 2 "for follow-up" (MS-OXOFLAG §2.2.1.1).
        if reader.integer(Tag.flagStatus) == 2 { flags.insert(.flagged) }
        // The verbs of MS-OXOMSG §2.2.1.4, and the icons of §2.2.1.10 of MS-OXCMSG for items without a verb.
        switch reader.integer(Tag.lastVerb) {
        case 102, 103: flags.insert(.answered)
        case 104: flags.insert(.forwarded)
        default:
            switch reader.integer(Tag.iconIndex) {
            case 0x105: flags.insert(.answered)
            case 0x106: flags.insert(.forwarded)
            default: break
            }
        }
        self.flags = flags
    }
}
