/// The text of a report about the delivery or the reading of a message (MS-OXOMSG §2.2.2), which has no body of its own.
///
/// It is no `multipart/report`: the fields that RFC 3464 and RFC 8098 demand, such as the server that reports, are not in
/// the item, and none is made up.
enum ReportText {
    static func make(_ message: MapiMessage, reader: PropertyReader) -> String {
        var lines: [String] = []
        if let text = reader.text(Tag.reportText) { lines.append(text) }
        add("Report", reader.text(Tag.messageClass), &lines)
        add("Original subject", reader.text(0x0049), &lines)
        add("Original sent", reader.time(0x004E).map(MailTime.mail), &lines)
        add("Original message id", reader.text(0x1046), &lines)
        add("Report time", reader.time(0x0032).map(MailTime.mail), &lines)
        add("Receipt time", reader.time(0x002A).map(MailTime.mail), &lines)
        add("Reporting server", reader.text(0x6820), &lines)
        for bag in message.recipients.prefix(ItemHeader.mostAddresses) {
            let recipient = PropertyReader(bag, page: reader.page)
            let address = recipient.recipient
            let who = [address?.name, address?.smtp ?? address?.foreign].compactMap(\.self).filter { !$0.isEmpty }
            add("Recipient", who.joined(separator: " "), &lines)
            add("  Diagnosis", recipient.text(0x0C1B), &lines)
            add("  Status code", recipient.integer(0x0C20).map(String.init), &lines)
            add("  Reason code", recipient.integer(0x0C04).map(String.init), &lines)
            add("  Diagnostic code", recipient.integer(0x0C05).map(String.init), &lines)
            add("  Time", recipient.time(0x0032).map(MailTime.mail), &lines)
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private static func add(_ name: String, _ value: String?, _ lines: inout [String]) {
        guard let value, !value.isEmpty else { return }
        lines.append(name + ": " + HeaderLine.clean(value))
    }
}
