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
        for run in report.runs {
            let name = MailText.safe(String(decoding: run.name, as: UTF8.self))
            Output.standard.line("\(name): \(CountText.line(run.counts)), \(Units.bytes(run.counts.byteCount))")
            guard run.folders.count > 1 else { continue }
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

    static func printJSON(_ report: ImportReport, _ place: ImportPlace, isDryRun: Bool) {
        Output.standard.json(
            Document.head("import", place.path) + [
                ("archiveID", .optional(place.archiveID?.hex)),
                ("recoveryCode", place.made.map { RecoveryNotice.json($0) } ?? .null),
                ("dryRun", .bool(isDryRun)), ("interrupted", .bool(report.isInterrupted)),
                ("addedBytes", .unsigned(report.addedByteCount)),
                ("counts", CountText.json(report.counts)),
                ("runs", .array(report.runs.map { CountText.json($0) })),
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
        }
    }
}
