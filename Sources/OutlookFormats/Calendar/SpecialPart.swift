/// The part that says in a format of the Internet what an item is that is no mail.
enum SpecialPart {
    static func make(
        _ message: MapiMessage,
        reader: PropertyReader,
        kind: ItemKind,
        description: String?
    ) -> MIMEPart? {
        nil
    }
}
