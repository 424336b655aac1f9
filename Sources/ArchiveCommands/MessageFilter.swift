import ArchiveFormat
import ArchiveReader
import ArgumentParser

enum MessageOrder: String, ExpressibleByArgument, CaseIterable {
    case stored, date, from, subject, size
}

/// Which messages, and in which order.
struct MessageFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only in this folder and those below it, as `folders` names it.", valueName: "name"))
    var folder: String?

    @Option(help: ArgumentHelp("Only of this mailbox.", valueName: "name"))
    var mailbox: String?

    @Option(help: ArgumentHelp("Only with this in From.", valueName: "text"))
    var from: String?

    @Option(help: ArgumentHelp("Only with this in To or Cc.", valueName: "text"))
    var to: String?

    @Option(help: ArgumentHelp("Only with this in the subject.", valueName: "text"))
    var subject: String?

    @Option(
        help: ArgumentHelp("Only from this year, month or day on (YYYY, YYYY-MM, YYYY-MM-DD; UTC).", valueName: "date")
    )
    var since: String?

    @Option(help: ArgumentHelp("Only up to the end of this year, month or day.", valueName: "date"))
    var until: String?

    @Flag(name: .customLong("has-attachment"), help: "Only with attachments.")
    var hasAttachment = false

    @Option(help: "In which order.")
    var sort: MessageOrder = .stored

    @Flag(help: "The other way round.")
    var reverse = false

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    mutating func validate() throws {
        for text in [since, until].compactMap({ $0 }) where CalendarText.range(text) == nil {
            throw ValidationError("'\(text)' is no date: write YYYY, YYYY-MM or YYYY-MM-DD.")
        }
        if let limit, limit < 0 { throw ValidationError("--limit is not below 0.") }
    }

    /// Whether any filter is set.
    var isUsed: Bool {
        [folder, mailbox, from, to, subject, since, until].contains { $0 != nil } || hasAttachment || limit != nil
    }

    /// A message, and its placements that the filter lets through.
    struct Choice {
        var message: CatalogueMessage
        /// Positions of folders in the catalogue, each once.
        var placements: [Placement]
    }

    func choose(from catalogue: Catalogue) -> [Choice] {
        let folders = catalogue.folders.map { accepts($0) }
        let since = since.flatMap { CalendarText.range($0)?.start }
        let until = until.flatMap { CalendarText.range($0)?.end }
        let from = from?.lowercased()
        let to = to?.lowercased()
        let subject = subject?.lowercased()
        let isPlain = sort == .stored && !reverse
        var chosen: [Choice] = []
        for message in catalogue.messages {
            if isPlain, let limit, chosen.count >= limit { break }
            let envelope = message.envelope
            if hasAttachment, envelope.attachments == 0 { continue }
            if since != nil || until != nil {
                guard let date = envelope.date, date >= since ?? .min, date < until ?? .max else { continue }
            }
            if let from, !MailText.field(envelope.from).lowercased().contains(from) { continue }
            if let subject, !MailText.field(envelope.subject).lowercased().contains(subject) { continue }
            if let to, !MailText.field(envelope.to).lowercased().contains(to),
                !MailText.field(envelope.cc).lowercased().contains(to)
            {
                continue
            }
            var seen: Set<Int> = []
            let placements = message.placements.filter { placement in
                folders.indices.contains(placement.folder) && folders[placement.folder]
                    && seen.insert(placement.folder).inserted
            }
            guard !placements.isEmpty else { continue }
            chosen.append(Choice(message: message, placements: placements))
        }
        return ordered(chosen)
    }

    private func accepts(_ folder: Folder) -> Bool {
        if let mailbox, String(decoding: folder.mailbox, as: UTF8.self) != mailbox { return false }
        guard let name = self.folder else { return true }
        let path = FolderText.path(folder)
        return path == name || path.hasPrefix(name + "/")
    }

    private func ordered(_ choices: [Choice]) -> [Choice] {
        var order = Array(choices.indices)
        func sort<Key: Comparable>(_ key: (Choice) -> Key) {
            let keys = choices.map(key)
            order.sort { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] < keys[$1] }
        }
        switch self.sort {
        case .stored: break
        case .date: sort { $0.message.envelope.date ?? .min }
        case .size: sort { $0.message.size }
        case .from: sort { MailText.field($0.message.envelope.from).lowercased() }
        case .subject: sort { MailText.field($0.message.envelope.subject).lowercased() }
        }
        if reverse { order.reverse() }
        return order.prefix(limit ?? .max).map { choices[$0] }
    }
}

/// Folders as text.
enum FolderText {
    /// The path with slashes; `(top)` for the source itself.
    static func path(_ folder: Folder) -> String {
        if folder.path.isEmpty { return "(top)" }
        return folder.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    /// Mailbox and path.
    static func name(_ folder: Folder) -> String {
        if folder.mailbox.isEmpty { return path(folder) }
        return "\(String(decoding: folder.mailbox, as: UTF8.self)): \(path(folder))"
    }

    static func json(_ folder: Folder) -> JSONValue {
        .object([("mailbox", .text(folder.mailbox)), ("path", .array(folder.path.map { .text($0) }))])
    }
}
