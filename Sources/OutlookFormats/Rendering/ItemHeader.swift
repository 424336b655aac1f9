/// The header of an item: the one it came with, and what is built from its properties where that lacks.
struct ItemHeader {
    /// The fields but those of MIME, each line with CR LF.
    private(set) var bytes: [UInt8] = []
    /// The fields that came with the message.
    let transport: TransportHeaders
    private let reader: PropertyReader

    /// Lists longer than so many addresses are cut in the header; the record has them all.
    static let mostAddresses = 4096

    init(_ message: MapiMessage, reader: PropertyReader) {
        self.reader = reader
        transport = TransportHeaders(reader.headerText() ?? [])
        bytes = Array("X-Portable-Archive-Synthesized: \(OutlookRendering.version)\r\n".utf8)
        bytes += transport.bytes
        // A header that says who wrote the message is one it came with, and stays as it is. Bcc never travels.
        let isComplete = transport.names.contains("from")
        if !isComplete { addOriginator() }
        addRecipients(message, isComplete: isComplete)
        if !has("date"), let time = reader.itemTime { add(HeaderLine.text("Date", MailTime.mail(time))) }
        if !has("subject"), let subject = reader.subject { add(HeaderLine.text("Subject", subject)) }
        if !has("message-id"), let id = identifiers(Tag.messageID).first { add(HeaderLine.folded("Message-ID", [id])) }
        guard !isComplete else { return }
        addThread()
        addUrgency()
        addInternetHeaders(message.properties)
    }

    private func has(_ name: String) -> Bool { transport.names.contains(name) }
    private mutating func add(_ field: [UInt8]) { bytes += field }

    private mutating func add(_ name: String, _ role: String, _ addresses: [MailAddress]) {
        guard !addresses.isEmpty else { return }
        add(MailAddress.field(name, addresses))
        for (index, address) in addresses.enumerated() { add(address.foreignField(role, index + 1)) }
    }

    /// From is who is represented, Sender who sent for them (MS-OXCMAIL §2.1.3.1.1).
    private mutating func addOriginator() {
        let from = reader.represented
        let sender = reader.sender
        if let from = from ?? sender { add("From", "from", [from]) }
        if let from, let sender, !has("sender"), !from.isSame(as: sender) { add("Sender", "sender", [sender]) }
        if !has("reply-to") {
            let entries = reader.binary(Tag.replyRecipients).map(EntryID.addresses(flatList:)) ?? []
            add("Reply-To", "reply-to", entries)
        }
        if reader.integer(Tag.readReceiptRequested) == 1, !has("disposition-notification-to"),
            let address = sender ?? from, address.smtp != nil
        {
            add("Disposition-Notification-To", "disposition-notification-to", [address])
        }
    }

    private mutating func addRecipients(_ message: MapiMessage, isComplete: Bool) {
        let lists: [(name: String, type: Int64, shown: UInt16)] = [
            ("To", 1, Tag.displayTo), ("Cc", 2, Tag.displayCc), ("Bcc", 3, Tag.displayBcc),
        ]
        for list in lists where !has(list.name.lowercased()) && (!isComplete || list.type == 3) {
            var addresses: [MailAddress] = []
            for bag in message.recipients where addresses.count < ItemHeader.mostAddresses {
                let recipient = PropertyReader(bag, page: reader.page)
                guard (recipient.integer(Tag.recipientType) ?? 1) & 0xF == list.type else { continue }
                if let address = recipient.recipient { addresses.append(address) }
            }
            if message.recipients.isEmpty, let shown = reader.text(list.shown) {
                addresses = shown.split(separator: ";").prefix(ItemHeader.mostAddresses).compactMap {
                    let name = HeaderLine.clean(String($0))
                    return MailAddress(name: name, type: nil, address: nil, smtp: nil)
                }
            }
            add(list.name, list.name.lowercased(), addresses)
        }
    }

    private mutating func addThread() {
        let replies = identifiers(Tag.inReplyTo)
        if !has("in-reply-to"), !replies.isEmpty { add(HeaderLine.folded("In-Reply-To", replies)) }
        let references = identifiers(Tag.references)
        if !has("references"), !references.isEmpty { add(HeaderLine.folded("References", references)) }
        if !has("thread-topic"), let topic = reader.text(Tag.conversationTopic) {
            add(HeaderLine.text("Thread-Topic", topic))
        }
        if !has("thread-index"), let index = reader.binary(Tag.conversationIndex, limit: 4096), !index.isEmpty {
            let text = Array(Base64Text.encode(index).utf8)
            let words = stride(from: 0, to: text.count, by: 60).map {
                String(decoding: text[$0..<min(text.count, $0 + 60)], as: UTF8.self)
            }
            add(HeaderLine.folded("Thread-Index", words))
        }
    }

    /// The message ids in a text, each within angle brackets (RFC 5322 §3.6.4).
    private func identifiers(_ id: UInt16) -> [String] {
        guard let text = reader.text(id) else { return [] }
        var found: [String] = []
        for piece in text.split(separator: "<").dropFirst(text.first == "<" ? 0 : 1).prefix(1000) {
            guard let end = piece.firstIndex(of: ">") else { continue }
            let identifier = piece[..<end]
            guard !identifier.isEmpty, identifier.utf8.count <= HeaderLine.longestLine - 20,
                identifier.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
            else { continue }
            found.append("<\(identifier)>")
        }
        return found
    }

    private mutating func addUrgency() {
        let importance = [Int64(0): "low", 2: "high"]
        if !has("importance"), let text = reader.integer(Tag.importance).flatMap({ importance[$0] }) {
            add(HeaderLine.text("Importance", text))
        }
        let sensitivity = [Int64(1): "Personal", 2: "Private", 3: "Company-Confidential"]
        if !has("sensitivity"), let text = reader.integer(Tag.sensitivity).flatMap({ sensitivity[$0] }) {
            add(HeaderLine.text("Sensitivity", text))
        }
    }

    /// Header fields that the store keeps as properties with names, in the order of their names.
    private mutating func addInternetHeaders(_ bag: PropertyBag) {
        var fields: [(name: String, property: Property)] = []
        for property in bag.properties {
            guard let name = property.name, name.set == PropertySet.internetHeaders, case .string(let text) = name.kind,
                !text.isEmpty, text.utf8.count <= 76, text.utf8.allSatisfy({ HeaderLine.isTokenText($0) })
            else { continue }
            let lower = text.lowercased()
            let isOurs = lower.hasPrefix("content-") || lower == "mime-version" || ItemHeader.built.contains(lower)
            if !isOurs, !has(lower) { fields.append((text, property)) }
        }
        var seen: Set<String> = []
        for field in fields.sorted(by: { $0.name < $1.name }) where seen.insert(field.name.lowercased()).inserted {
            for text in reader.texts(field.property) { add(HeaderLine.text(field.name, text)) }
        }
    }

    /// What is built from properties of its own, or would be taken for it.
    private static let built: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "date", "subject", "message-id", "in-reply-to", "references",
        "thread-topic", "thread-index", "importance", "sensitivity", "disposition-notification-to",
        "x-portable-archive-synthesized", "x-portable-archive-address",
    ]
}

extension MailAddress {
    /// Whether both are the same person.
    func isSame(as other: MailAddress) -> Bool {
        if let smtp, let theirs = other.smtp { return smtp.lowercased() == theirs.lowercased() }
        if let foreign, let theirs = other.foreign { return foreign.lowercased() == theirs.lowercased() }
        return name == other.name
    }
}

extension PropertyReader {
    /// Who wrote the message.
    var represented: MailAddress? {
        MailAddress(
            name: text(Tag.representingName),
            type: text(Tag.representingType),
            address: text(Tag.representingAddress),
            smtp: text(Tag.representingSMTP)
        )
    }

    /// Who sent it.
    var sender: MailAddress? {
        MailAddress(
            name: text(Tag.senderName),
            type: text(Tag.senderType),
            address: text(Tag.senderAddress),
            smtp: text(Tag.senderSMTP)
        )
    }

    /// The recipient this bag describes.
    var recipient: MailAddress? {
        MailAddress(
            name: text(Tag.displayName) ?? text(Tag.recipientDisplayName),
            type: text(Tag.addressType),
            address: text(Tag.emailAddress),
            smtp: text(Tag.smtpAddress)
        )
    }

    /// The subject without the prefix code, a character 1 and one for the length of "Re: ".
    var subject: String? {
        guard let text = text(Tag.subject) else { return text(Tag.normalizedSubject) }
        guard text.unicodeScalars.first == "\u{1}" else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(2)))
    }

    /// When it was sent or came in; for what is no mail, when it was made.
    var itemTime: Int64? {
        if let time = time(Tag.clientSubmitTime) ?? time(Tag.deliveryTime) { return time }
        let kind = ItemKind(messageClass: text(Tag.messageClass) ?? "")
        return kind == .note ? nil : time(Tag.creationTime) ?? time(Tag.modificationTime)
    }

    /// The header the message came with, as bytes: those of 8-bit text as they are, UTF-16 as UTF-8.
    fileprivate func headerText() -> [UInt8]? {
        guard let property = bag[Tag.transportHeaders], !property.isMultiple,
            let bytes = property.values.first?.load(limit: TransportHeaders.longest)
        else { return nil }
        switch property.tag.type {
        case 0x001F: return CodePage.utf8(utf16: bytes)
        case 0x001E, 0x0102: return bytes
        default: return nil
        }
    }
}
