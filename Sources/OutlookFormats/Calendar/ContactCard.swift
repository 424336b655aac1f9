/// A contact (MS-OXOCNTC) as a vCard (RFC 6350).
enum ContactCard {
    static func lines(_ message: MapiMessage, reader: PropertyReader, note: String?) -> ContentLines {
        var lines = ContentLines()
        lines.line("BEGIN", raw: "VCARD")
        lines.line("VERSION", raw: "4.0")
        let name = [0x3A11, 0x3A06, 0x3A44, 0x3A45, 0x3A05].map { reader.text(UInt16($0)) }
        let shown =
            reader.text(Tag.displayName) ?? reader.text(.address(0x8005)) ?? reader.subject ?? reader.text(0x3A16)
        // FN is the one property a card must have; an empty one says that there is no name.
        lines.line("FN", raw: ContentLines.escaped(shown ?? ""))
        lines.line("N", texts: name, separator: ";")
        lines.line("NICKNAME", text: reader.text(0x3A4F))
        lines.line("ORG", texts: [reader.text(0x3A16), reader.text(0x3A18)].droppingEmptyEnd, separator: ";")
        lines.line("TITLE", text: reader.text(0x3A17))
        lines.line("ROLE", text: reader.text(0x3A46))
        addMail(reader, to: &lines)
        addPhones(reader, to: &lines)
        addPlaces(reader, to: &lines)
        lines.line("IMPP", [("VALUE", "text")], text: reader.text(.address(0x8062)))
        let pages = [reader.text(0x3A51), reader.text(0x3A50), reader.text(0x3A4C), reader.text(.address(0x802B))]
        var seen: Set<String> = []
        for case let page? in pages where seen.insert(page).inserted { lines.line("URL", raw: page) }
        addPerson(reader, to: &lines)
        lines.line("CATEGORIES", texts: reader.texts(message.properties[.keywords]), separator: ",")
        lines.line("NOTE", text: note)
        lines.line("END", raw: "VCARD")
        return lines
    }

    /// The three addresses of a contact; one of Exchange is there by what it was typed as.
    private static func addMail(_ reader: PropertyReader, to lines: inout ContentLines) {
        for (index, base) in [UInt32(0x8080), 0x8090, 0x80A0].enumerated() {
            let address = [reader.text(.address(base + 3)), reader.text(.address(base + 4))].lazy
                .compactMap { $0.flatMap(MailAddress.specification) }.first
            lines.line("EMAIL", [("PREF", String(index + 1))], text: address)
        }
    }

    private static func addPhones(_ reader: PropertyReader, to lines: inout ContentLines) {
        let phones: [(UInt16, String)] = [
            (0x3A08, "work"), (0x3A1B, "work"), (0x3A57, "work"), (0x3A09, "home"), (0x3A2F, "home"), (0x3A1C, "cell"),
            (0x3A1A, "voice"), (0x3A1F, "voice"), (0x3A02, "voice"), (0x3A1E, "voice"), (0x3A1D, "voice"),
            (0x3A2E, "work"), (0x3A21, "pager"), (0x3A4B, "textphone"), (0x3A24, "work,fax"), (0x3A25, "home,fax"),
            (0x3A23, "fax"), (0x3A2D, "voice"), (0x3A2C, "text"),
        ]
        for (id, kind) in phones {
            for number in reader.texts(reader.bag[id]) { lines.line("TEL", [("TYPE", kind)], text: number) }
        }
    }

    private static func addPlaces(_ reader: PropertyReader, to lines: inout ContentLines) {
        // Post office box, street, town, region, code, country.
        let work = [UInt32(0x804A), 0x8045, 0x8046, 0x8047, 0x8048, 0x8049].map { reader.text(.address($0)) }
        let home = [UInt16(0x3A5E), 0x3A5D, 0x3A59, 0x3A5C, 0x3A5B, 0x3A5A].map { reader.text($0) }
        let other = [UInt16(0x3A64), 0x3A63, 0x3A5F, 0x3A62, 0x3A61, 0x3A60].map { reader.text($0) }
        for (parts, kind) in [(work, "work"), (home, "home"), (other, "")] {
            let parameters = kind.isEmpty ? [] : [("TYPE", kind)]
            // Between the box and the street stands what RFC 6350 says to leave empty.
            lines.line("ADR", parameters, texts: [parts[0], nil] + parts[1...], separator: ";")
        }
    }

    private static func addPerson(_ reader: PropertyReader, to lines: inout ContentLines) {
        // Outlook keeps the day as local midnight; the nearest midnight of UTC has the same date.
        if let birthday = reader.time(.address(0x80DE)) ?? reader.time(0x3A42) {
            lines.line("BDAY", raw: MailTime.date(birthday + 43_200))
        }
        if let day = reader.time(.address(0x80DF)) ?? reader.time(0x3A41) {
            lines.line("ANNIVERSARY", raw: MailTime.date(day + 43_200))
        }
        switch reader.integer(0x3A4D) {
        case 1: lines.line("GENDER", raw: "F")
        case 2: lines.line("GENDER", raw: "M")
        default: break
        }
        lines.line("RELATED", [("TYPE", "spouse"), ("VALUE", "text")], text: reader.text(0x3A48))
        for child in reader.texts(reader.bag[0x3A58]) {
            lines.line("RELATED", [("TYPE", "child"), ("VALUE", "text")], text: child)
        }
        lines.line("RELATED", [("TYPE", "agent"), ("VALUE", "text")], text: reader.text(0x3A30))
        lines.line("X-MANAGER", text: reader.text(0x3A4E))
        lines.line("X-OFFICE", text: reader.text(0x3A19))
        lines.line("HOBBY", text: reader.text(0x3A43))
    }
}

/// A distribution list (MS-OXOCNTC §2.2.2) as a vCard of a group (RFC 6350 §6.6.5).
enum GroupCard {
    static func lines(_ reader: PropertyReader, note: String?) -> ContentLines {
        var lines = ContentLines()
        lines.line("BEGIN", raw: "VCARD")
        lines.line("VERSION", raw: "4.0")
        lines.line("KIND", raw: "group")
        let name = reader.text(.address(0x8053)) ?? reader.text(Tag.displayName) ?? reader.subject
        lines.line("FN", raw: ContentLines.escaped(name ?? ""))
        let members = reader.bag[.address(0x8054)] ?? reader.bag[.address(0x8055)]
        for value in members?.values.prefix(16_384) ?? [] {
            guard let bytes = value.load(limit: 65_536), let member = EntryID.address(bytes) else { continue }
            if let smtp = member.smtp {
                // A member is a URI, so its name has a line of its own.
                lines.line("MEMBER", raw: "mailto:" + CalendarItem.uri(smtp))
            }
            if member.smtp == nil || !member.name.isEmpty {
                let shown = member.smtp.map { member.name + " <" + $0 + ">" } ?? member.name
                lines.line("X-PORTABLE-ARCHIVE-MEMBER", text: shown)
            }
        }
        lines.line("NOTE", text: note)
        lines.line("END", raw: "VCARD")
        return lines
    }
}

extension [String?] {
    /// Without the empty ones at the end.
    var droppingEmptyEnd: [String?] {
        var result = self
        while let last = result.last, last?.isEmpty ?? true { result.removeLast() }
        return result
    }
}
