import ArchiveFormat

/// What a `.meta` file of a Zimbra export says of the item beside it.
struct ZimbraMeta {
    /// The kinds of items (the numbers are Zimbra's).
    enum Kind: Int64 {
        case folder = 1, search = 2, tag = 3, conversation = 4, message = 5, contact = 6, document = 8, note = 9
        case appointment = 11, mountpoint = 13, wiki = 14, task = 15, chat = 16
    }

    /// Longer files are no such files.
    static let longest = 1 << 20

    let kind: Kind?
    let place: FoundPlace

    /// Reads a file; nil when it is not of this form.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.longest, let json = FlatJSON(bytes), let type = json.number("type"),
            json.texts["Path"] != nil
        else { return nil }
        kind = Kind(rawValue: type)
        var place = FoundPlace()
        place.folder = json.texts["Path"]?.split(separator: UInt8(ascii: "/")).map { Array($0) }
        let letters = json.texts["FlagStr"] ?? []
        // Letters as Zimbra's SOAP has them.
        for (letter, flag) in [
            ("f", MessageFlags.flagged), ("r", .answered), ("w", .forwarded), ("d", .draft), ("x", .deleted),
        ]
        where letters.contains(letter.utf8.first ?? 0) {
            place.flags.insert(flag)
        }
        if json.number("unread") == 0, !letters.contains(UInt8(ascii: "u")) { place.flags.insert(.seen) }
        place.labels = (json.texts["TagNames"] ?? []).split { $0 == UInt8(ascii: ",") || $0 == 0 }.map { Array($0) }
        place.internalDate = json.number("date")
        self.place = place
    }
}
