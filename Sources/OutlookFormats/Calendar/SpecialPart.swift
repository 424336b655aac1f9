/// The part that says in a format of the Internet what an item is that is no mail.
enum SpecialPart {
    static func make(
        _ message: MapiMessage,
        reader: PropertyReader,
        kind: ItemKind,
        description: String?
    ) -> MIMEPart? {
        let item = CalendarItem(message, reader: reader, description: description)
        switch kind {
        case .contact: return card(ContactCard.lines(message, reader: reader, note: description))
        case .distributionList: return card(GroupCard.lines(reader, note: description))
        case .appointment: return calendar(CalendarEvent.lines(item, method: nil), method: nil)
        case .meeting:
            let method = CalendarEvent.method(reader.text(Tag.messageClass) ?? "")
            return calendar(CalendarEvent.lines(item, method: method), method: method)
        case .task: return calendar(CalendarTask.lines(item), method: nil)
        case .activity: return calendar(CalendarJournal.lines(item), method: nil)
        case .note, .stickyNote, .report, .secured: return nil
        }
    }

    private static func card(_ lines: ContentLines) -> MIMEPart {
        .text("text/vcard", charset: "utf-8", lines.bytes)
    }

    private static func calendar(_ lines: ContentLines, method: String?) -> MIMEPart {
        let parameters = method.map { [(name: "method", value: $0)] } ?? []
        return .text("text/calendar", charset: "utf-8", lines.bytes, parameters: parameters)
    }
}
