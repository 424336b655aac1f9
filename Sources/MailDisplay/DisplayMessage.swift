/// One header field as a reader sees it.
package struct DisplayField: Hashable, Sendable {
    /// The name as written; empty for a line of the header that has none.
    package var name: String
    /// The decoded value, on one line.
    package var value: String
}

/// A message decoded for reading: plain values, with nothing of the original bytes held.
///
/// Its strings are valid Unicode, but not safe for a terminal: `TerminalText` makes them so.
package struct DisplayMessage: Sendable {
    /// Where `text` comes from.
    package enum TextSource: Sendable { case plain, html, none }

    /// All header fields in the order they stand.
    package var fields: [DisplayField] = []
    package var from: [DisplayMailbox] = []
    package var to: [DisplayMailbox] = []
    package var cc: [DisplayMailbox] = []
    /// The first Subject field, empty where there is none.
    package var subject: String = ""
    package var date: MailDate?
    /// The text to read, its lines ended by LF.
    package var text: String = ""
    package var textSource: TextSource = .none
    /// All leaves of the MIME tree in order, then the attachments within TNEF; a message within the message is one leaf.
    package var parts: [DisplayPart] = []
    /// What could not be shown in full.
    package var notes: [DisplayNote] = []

    /// The parts to list beside the text.
    package var attachments: [DisplayPart] {
        parts.filter { $0.role == .attachment || $0.role == .inline }
    }

    /// The values of all fields of a name, which is compared without regard to case.
    package func values(of name: String) -> [String] {
        let wanted = name.lowercased()
        return fields.filter { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == wanted }.map(\.value)
    }
}

/// A limit that was met while a message was decoded for reading.
package enum DisplayNote: Hashable, Sendable {
    /// The message is longer than can be read at once; what lies behind this many bytes is not shown.
    case messageCut(bytes: Int)
    /// There are more header fields than are listed.
    case fieldsOmitted(Int)
    /// Fields describing parts were longer than 8 KiB and read only that far, in the message or in bytes like them.
    case fieldsShortened(Int)
    /// There are more parts than are listed.
    case partsOmitted(Int)
    /// The text is longer than asked for.
    case textCut(bytes: Int)
    /// The parts are nested deeper than is followed; the innermost stand as they are.
    case nestedTooDeep
    /// The TNEF of a part is damaged, and not all that it holds is listed.
    case enclosedDamaged(part: Int)
}

/// Bounds for `MessageDisplay.parse`.
package struct DisplayOptions: Sendable {
    /// The most bytes of text decoded, over all text parts.
    package var maximumTextBytes = 8 << 20
    /// The most parts listed.
    package var maximumParts = 10_000
    /// The most header fields listed.
    package var maximumFields = 10_000
    /// Whether the parts are decoded to learn their sizes.
    package var measuresParts = true

    package init() {}
}
