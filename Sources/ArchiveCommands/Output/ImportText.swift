import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveSources

/// The account of an import as text and as JSON: found = stored + already there + rejected.
enum ImportText {
    /// More folders than this are counted, not listed; JSON has them all.
    private static let mostFolders = 200
    /// More rejects than this are counted, not listed; JSON has them all.
    private static let mostRejects = 50

    static func print(_ report: ImportReport, seconds: Double, isDryRun: Bool) {
        for (index, run) in report.runs.enumerated() {
            let name = MailText.safe(String(decoding: run.name, as: UTF8.self))
            Output.standard.line("\(name): \(CountText.line(run.counts)), \(Units.bytes(run.counts.byteCount))")
            printOpenings(report.openings[index], isDryRun: isDryRun)
            printMissing(report.shortfalls[index])
            printMissing(report.listShortfalls[index])
            for note in report.notes[index].prefix(mostRejects) {
                Output.standard.line("    note: \(MailText.safe(note))")
            }
            if report.notes[index].count > mostRejects {
                Output.standard.line("    … and \(report.notes[index].count - mostRejects) more notes (with --json)")
            }
            let skipped = report.skipped[index].sorted { $0.key.rawValue < $1.key.rawValue }
            if !skipped.isEmpty {
                let words = skipped.map { "\($0.value) × \($0.key.rawValue)" }
                Output.standard.line("    left out, since it is no mail: \(words.joined(separator: ", "))")
            }
            guard run.folders.count > 1 || run.folders.first?.folder.path.isEmpty == false || isDryRun else { continue }
            for entry in run.folders.prefix(mostFolders) {
                let folder = MailText.safe(FolderText.name(entry.folder))
                let bytes = Units.bytes(entry.counts.byteCount)
                Output.standard.line("    \(folder): \(CountText.line(entry.counts)), \(bytes)")
            }
            if run.folders.count > mostFolders {
                Output.standard.line("    … and \(run.folders.count - mostFolders) more (all of them with --json)")
            }
        }
        for reject in report.rejects.prefix(mostRejects) {
            Output.standard.line(
                "rejected: \(MailText.safe(reject.path)) at \(reject.offset), \(Units.bytes(reject.size)): "
                    + "\(reject.reason.words)\(reject.text.isEmpty ? "" : " (\(MailText.safe(reject.text)))")"
            )
        }
        if report.rejects.count > mostRejects {
            Output.standard.line("… and \(report.rejects.count - mostRejects) more (all of them with --json)")
        }
        let counts = report.counts
        var text = isDryRun ? "Dry run, nothing was written: " : report.isInterrupted ? "Interrupted: " : "Done: "
        text += "\(CountText.line(counts)), \(Units.bytes(counts.byteCount))"
        if counts.stored > 0 || isDryRun {
            text += ", \(Units.bytes(report.addedByteCount)) \(isDryRun ? "would be added" : "added")"
        }
        if seconds > 0.05 { text += ", \(Units.bytes(UInt64(Double(counts.byteCount) / seconds)))/s" }
        Output.standard.line(text)
    }

    /// What was opened for the messages in it, and what it was taken for.
    private static func printOpenings(_ openings: [OpenedSource], isDryRun: Bool) {
        let most = isDryRun ? mostFolders : mostOpenings
        for opening in openings.prefix(most) {
            let name = opening.path.isEmpty ? "" : "\(MailText.safe(opening.path)): "
            var text = "    \(name)\(opening.dialect.isEmpty ? opening.kind.rawValue : opening.dialect)"
            // Afterwards `imports show` has it; before, it is what the person wants to judge.
            if isDryRun, !opening.evidence.isEmpty { text += " (\(opening.evidence))" }
            let folder = FolderText.name(Folder(path: opening.folder))
            if isDryRun, !opening.folder.isEmpty { text += " → \(MailText.safe(folder))" }
            Output.standard.line(text)
        }
        if openings.count > most {
            Output.standard.line(
                "    … and \(openings.count - most) more files of many messages (all of them with --json)"
            )
        }
    }

    /// Folders that should hold more, by the source's own count.
    private static func printMissing(_ shortfalls: [FolderShortfall]) {
        for shortfall in shortfalls.prefix(mostFolders) {
            Output.standard.line(
                "    missing in \(MailText.safe(FolderText.name(shortfall.folder))): the source counts "
                    + "\(shortfall.expected), \(shortfall.found) were met"
            )
        }
    }

    /// Lists beside the mail that name more than was met.
    private static func printMissing(_ shortfalls: [ListShortfall]) {
        for shortfall in shortfalls.prefix(mostFolders) {
            Output.standard.line(
                "    missing: \(MailText.safe(shortfall.list)) lists \(shortfall.expected), \(shortfall.found) were met"
            )
            for name in shortfall.missing { Output.standard.line("        not met: \(MailText.safe(name))") }
            let more = shortfall.expected - min(shortfall.expected, shortfall.found + UInt64(shortfall.missing.count))
            if more > 0, shortfall.missing.count == ListShortfall.mostMissing {
                Output.standard.line("        … and \(more) more")
            }
        }
    }

    /// More files of many messages than this are counted, not listed; JSON has them all.
    private static let mostOpenings = 20

    static func printJSON(_ report: ImportReport, _ place: ImportPlace, isDryRun: Bool) {
        Output.standard.json(
            Document.head("import", place.path) + [
                ("archiveID", .optional(place.archiveID?.hex)),
                ("recoveryCode", place.made.map { RecoveryNotice.json($0) } ?? .null),
                ("dryRun", .bool(isDryRun)), ("interrupted", .bool(report.isInterrupted)),
                ("addedBytes", .unsigned(report.addedByteCount)),
                ("counts", CountText.json(report.counts)),
                ("runs", .array(report.runs.map { CountText.json($0) })),
                ("opened", .array(zip(report.runs, report.openings).flatMap { run, all in all.map { json($0, run) } })),
                ("notes", .array(report.notes.joined().map { .string($0) })),
                ("missing", .array(report.shortfalls.joined().map { json($0) })),
                ("listsMissing", .array(report.listShortfalls.joined().map { json($0) })),
            ],
            "rejects",
            report.rejects
        ) {
            .object([
                ("path", .string($0.path)), ("offset", .unsigned($0.offset)), ("size", .unsigned($0.size)),
                ("reason", .string($0.reason.words)), ("detail", .string($0.text)),
            ])
        }
    }
}

extension ImportText {
    private static func json(_ opening: OpenedSource, _ run: Run) -> JSONValue {
        .object([
            ("run", .string(hexadecimal(run.id))), ("path", .string(opening.path)),
            ("kind", .string(opening.kind.rawValue)), ("folder", FolderText.json(Folder(path: opening.folder))),
            ("dialect", opening.dialect.isEmpty ? .null : .string(opening.dialect)),
            ("evidence", .string(opening.evidence)),
        ])
    }

    private static func json(_ shortfall: FolderShortfall) -> JSONValue {
        .object([
            ("folder", FolderText.json(shortfall.folder)), ("found", .unsigned(shortfall.found)),
            ("expected", .unsigned(shortfall.expected)),
        ])
    }

    private static func json(_ shortfall: ListShortfall) -> JSONValue {
        .object([
            ("list", .string(shortfall.list)), ("found", .unsigned(shortfall.found)),
            ("expected", .unsigned(shortfall.expected)), ("items", .array(shortfall.missing.map { .string($0) })),
        ])
    }
}

extension RejectReason {
    /// The reason as a user reads it.
    var words: String {
        switch self {
        case .empty: "empty"
        case .notMail: "no mail"
        case .gap: "between messages"
        case .overLimit: "over a limit"
        case .cutShort: "cut short"
        case .unreadable: "could not be read"
        case .kept: "kept for a message"
        }
    }
}
