import ArchiveFormat
import ArchiveReader
import ArgumentParser
import MailDisplay

struct ShowCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a message, its bytes or its attachments."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @Argument(help: ArgumentHelp("The beginning of the message's id, as `list` shows it.", valueName: "id"))
    var message: String
    @Flag(help: "The bytes of the message, as they were imported.") var raw = false
    @Flag(help: "What the store itself had of the item, for a message made from one.") var record = false
    @Flag(help: "All header fields.") var headers = false
    @Option(help: ArgumentHelp("The decoded bytes of one part.", valueName: "number")) var part: Int?
    @Option(
        help: ArgumentHelp("Save the attachments in a new directory.", valueName: "directory"),
        completion: .directory
    )
    var save: String?
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    mutating func validate() throws {
        if [raw, record, part != nil, save != nil].filter({ $0 }).count > 1 {
            throw ValidationError("Give one of --raw, --record, --part and --save.")
        }
        if report.json, raw || record || part != nil {
            throw ValidationError("--raw, --record and --part are bytes, not JSON.")
        }
    }

    func run() throws {
        let archive = try secret.open(self.archive)
        let entry = try find(in: archive.catalogue)
        if record { return try writeRecord(of: entry, archive) }
        if raw {
            try archive.message(entry.content, size: entry.size) { (piece) throws(ArchiveError) in
                Output.standard.raw(piece)
            }
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(clamping: entry.size))
        try archive.message(entry.content, size: entry.size) { (piece) throws(ArchiveError) in
            bytes.append(contentsOf: piece)
        }
        try bytes.withUnsafeBytes { message in
            if let part {
                try writePart(part, of: message)
            } else if let save {
                try saveAttachments(of: message, in: save, archive, entry)
            } else {
                let shown = MessageDisplay.parse(message)
                if report.json { printJSON(shown, archive, entry) } else { printText(shown, entry) }
            }
        }
        try FindingText.judgeReading(archive.findings, report)
    }

    /// Of several records, from several imports, the last.
    private func writeRecord(of entry: CatalogueMessage, _ archive: Archive) throws {
        guard let placement = entry.placements.last(where: { !$0.record.isEmpty }) else {
            throw ArchiveError(.notFound, "record of \(message)", "it was imported as it is, not made from an item")
        }
        try archive.record(of: placement) { (piece) throws(ArchiveError) in Output.standard.raw(piece) }
    }

    private func find(in catalogue: Catalogue) throws -> CatalogueMessage {
        let wanted = message.lowercased()
        guard wanted.utf8.count >= 4 else {
            throw CommandFailure("the id is too short", hint: "give at least four characters, as `list` shows them")
        }
        if let id = bytes(hexadecimal: wanted.utf8).flatMap({ Bytes32($0) }), let position = catalogue.positions[id] {
            return catalogue.messages[position]
        }
        let found = catalogue.messages.filter { $0.content.hex.hasPrefix(wanted) }
        guard found.count == 1, let first = found.first else {
            throw ArchiveError(
                .notFound,
                "message \(message)",
                found.count > 1 ? "\(found.count) messages begin so: give more of the id" : ""
            )
        }
        return first
    }

    private func writePart(_ index: Int, of message: UnsafeRawBufferPointer) throws {
        do {
            try MessageDisplay.decodePart(index, of: message) { Output.standard.raw($0) }
        } catch is PartError {
            throw CommandFailure("there is no part \(index)", hint: "`show` lists the parts", code: .notFound)
        }
    }

    private func saveAttachments(
        of message: UnsafeRawBufferPointer,
        in directory: String,
        _ archive: Archive,
        _ entry: CatalogueMessage
    ) throws {
        try ExportDirectory.prepare(directory)
        var names = UniqueNames()
        var saved: [(index: Int, name: String)] = []
        var file: ExportFile?
        try MessageDisplay.decodeParts(of: message, where: { $0.role == .attachment || $0.role == .inline }) {
            part,
            piece in
            if saved.last?.index != part.index {
                try file?.close()
                let name = names.unique(part.safeFileName)
                saved.append((part.index, name))
                file = try ExportFile("\(directory)/\(name)")
            }
            try file?.write(piece)
        }
        try file?.close()
        guard report.json else {
            for part in saved { Output.standard.line("\(part.index)  \(directory)/\(part.name)") }
            return
        }
        Output.standard.json(head(archive, entry), "saved", saved) {
            .object([("part", .number(Int64($0.index))), ("file", .string("\(directory)/\($0.name)"))])
        }
    }

    private func printText(_ shown: DisplayMessage, _ entry: CatalogueMessage) {
        let usual = ["from", "to", "cc", "date", "subject", "reply-to", "message-id"]
        for field in shown.fields where headers || usual.contains(field.name.lowercased()) {
            Output.standard.line("\(MailText.safe(field.name)): \(MailText.safe(field.value))")
        }
        Output.standard.line("Id: \(entry.content.hex)")
        if entry.placements.contains(where: { $0.origin?.isMade == true }) {
            let hasRecord = entry.placements.contains { !$0.record.isEmpty }
            Output.standard.line("Made from an item of a store\(hasRecord ? ", whose record --record gives" : "")")
        }
        Output.standard.line()
        if !shown.text.isEmpty {
            Output.standard.text(MailText.safeLines(shown.text))
            if !shown.text.hasSuffix("\n") { Output.standard.line() }
        }
        if !shown.attachments.isEmpty { Output.standard.line("\nAttachments (--part NUMBER, --save DIRECTORY):") }
        for part in shown.attachments {
            Output.standard.line(
                "  \(part.index)  \(MailText.safe(part.contentType))  \(Units.bytes(part.decodedSize))  "
                    + part.safeFileName
            )
        }
        for note in shown.notes { Output.error.line("portable-archive: shown in part: \(note.words)") }
        Output.error.flush()
    }

    /// The members that `show` has with and without `--save`.
    private func head(_ archive: Archive, _ entry: CatalogueMessage) -> [(String, JSONValue)] {
        let folders = archive.catalogue.folders
        let places = Set(entry.placements.map(\.folder)).sorted().filter { folders.indices.contains($0) }
        return Document.head("show", self.archive, archive.findings) + [
            ("id", .string(entry.content.hex)), ("size", .unsigned(entry.size)),
            ("folders", .array(places.map { FolderText.json(folders[$0]) })),
            ("placements", .array(entry.placements.map { json($0, archive) })),
        ]
    }

    private func json(_ placement: Placement, _ archive: Archive) -> JSONValue {
        let catalogue = archive.catalogue
        let recordSize = placement.record.reduce(0 as UInt64) { $0 &+ UInt64($1.size) }
        return .object([
            ("folder", FolderText.json(catalogue.folders[placement.folder])),
            ("run", .string(hexadecimal(catalogue.runs[placement.run].id))),
            ("labels", .array(placement.labels.map { .text($0) })),
            ("item", placement.origin.flatMap { $0.item.isEmpty ? nil : .text($0.item) } ?? .null),
            ("made", .bool(placement.origin?.isMade ?? false)), ("recordSize", .unsigned(recordSize)),
        ])
    }

    private func printJSON(_ shown: DisplayMessage, _ archive: Archive, _ entry: CatalogueMessage) {
        let parts = shown.parts.map { part -> JSONValue in
            .object([
                ("part", .number(Int64(part.index))), ("contentType", .string(part.contentType)),
                ("charset", .optional(part.charset)), ("role", .string("\(part.role)")),
                ("fileName", .optional(part.fileName)), ("size", .unsigned(part.decodedSize)),
                ("within", .optional(part.within.map(Int64.init))),
            ])
        }
        let fields = shown.fields.map { field -> JSONValue in
            .object([("name", .string(field.name)), ("value", .string(field.value))])
        }
        Output.standard.json(
            .object(
                head(archive, entry) + [
                    ("fields", .array(fields)), ("text", .string(shown.text)),
                    ("textSource", .string("\(shown.textSource)")), ("parts", .array(parts)),
                    ("notes", .array(shown.notes.map { .string($0.words) })),
                ]
            )
        )
    }
}

extension DisplayNote {
    /// What could not be shown, as a user reads it.
    var words: String {
        switch self {
        case .messageCut(let bytes): "only the first \(bytes) bytes of the message were read"
        case .fieldsOmitted(let count): "\(count) more header fields"
        case .fieldsShortened(let count): "\(count) header fields of parts were read only in part"
        case .partsOmitted(let count): "\(count) more parts"
        case .textCut(let bytes): "only the first \(bytes) bytes of the text"
        case .enclosedDamaged(let part): "part \(part) (winmail.dat) is damaged, not all of it could be read"
        case .nestedTooDeep: "the innermost parts are nested too deep to be opened"
        }
    }
}
