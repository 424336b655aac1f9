import ArchiveFormat
import ArchiveReader
import ArgumentParser

struct ListCommand: ReportingCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List messages.")

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @OptionGroup(title: "Which messages") var filter: MessageFilter
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    func run() throws {
        let archive = try secret.open(self.archive)
        let choices = filter.choose(from: archive.catalogue)
        if report.json {
            Output.standard.json(
                Document.head("list", self.archive, archive.findings),
                "messages",
                choices
            ) { MessageText.json($0, archive.catalogue) }
        } else {
            for choice in choices { Output.standard.line(MessageText.line(choice.message)) }
        }
        try FindingText.judgeReading(archive.findings, report)
    }
}

/// Messages as a line and as JSON.
enum MessageText {
    static func line(_ message: CatalogueMessage) -> String {
        let envelope = message.envelope
        let date = envelope.date.map { CalendarText.minute($0) } ?? "no date         "
        let size = Units.bytes(message.size)
        let mark = envelope.attachments > 0 ? "+" : " "
        return "\(message.content.hex.prefix(12))  \(date)  \(padded(size, 8)) \(mark) "
            + "\(padded(MailText.safe(sender(envelope.from)), 32))  "
            + MailText.safe(MailText.field(envelope.subject))
    }

    /// Who it is from; somebody without an address, an empty group in the message, by the name alone.
    private static func sender(_ from: [UInt8]?) -> String {
        let text = MailText.field(from)
        guard text.hasSuffix(":;"), !text.contains("@") else { return text }
        return String(text.dropLast(2))
    }

    static func json(_ choice: MessageFilter.Choice, _ catalogue: Catalogue) -> JSONValue {
        let envelope = choice.message.envelope
        func field(_ bytes: [UInt8]?) -> JSONValue { bytes.map { .string(MailText.field($0)) } ?? .null }
        return .object([
            ("id", .string(choice.message.content.hex)),
            ("size", .unsigned(choice.message.size)),
            ("date", .optional(envelope.date.map { CalendarText.internet($0) })),
            ("from", field(envelope.from)), ("to", field(envelope.to)), ("cc", field(envelope.cc)),
            ("subject", field(envelope.subject)), ("messageID", field(envelope.messageID)),
            ("attachmentCount", .unsigned(envelope.attachments)),
            ("folders", .array(choice.placements.map { FolderText.json(catalogue.folders[$0.folder]) })),
        ])
    }

    static func padded(_ text: String, _ width: Int) -> String {
        let count = text.count
        if count > width { return text.prefix(width - 1) + "…" }
        return text + String(repeating: " ", count: width - count)
    }
}
