import ArchiveFormat
import ArchiveReader
import ArgumentParser

enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    case eml, mbox, maildir, zip, tar
    case tarZstd = "tar.zst"
}

struct ExportCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Take messages out.",
        discussion: "mbox makes a file for each folder, or one file when the destination ends in .mbox. "
            + "'-' is standard output for mbox, zip, tar and tar.zst. Nothing that exists is overwritten."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @Argument(help: "What to make.", completion: .file()) var destination: String
    @Option(help: "What to make of the messages.") var format: ExportFormat = .eml
    @Flag(help: "Make the imported files again, byte for byte.") var original = false
    @OptionGroup(title: "Which messages") var filter: MessageFilter
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    mutating func validate() throws {
        if destination == "-", original || format == .eml || format == .maildir {
            throw ValidationError("Only mbox, zip, tar and tar.zst can go to standard output.")
        }
        if destination == "-", report.json { throw ValidationError("--json and '-' both want standard output.") }
        if original, filter.isUsed { throw ValidationError("--original makes whole files: it knows no filter.") }
    }

    func run() throws {
        let archive = try secret.open(self.archive)
        let progress = Progress("export", report)
        let done = original ? try exportFiles(archive, progress) : try exportMessages(archive, progress)
        progress.finish()
        tell(done, archive.findings, progress.seconds)
        try FindingText.judgeReading(archive.findings + done.failures, report)
    }

    /// What came out, and what did not.
    private struct Done {
        var count = 0
        var bytes: UInt64 = 0
        var failures: [Finding] = []
        /// Imported files that are not made again; only what was in them is kept.
        var notKept: [(path: String, file: SourceFileEntry)] = []
    }

    private func exportFiles(_ archive: Archive, _ progress: Progress) throws -> Done {
        var done = Done()
        var export = try OriginalExport(archive, destination)
        let total = archive.catalogue.files.reduce(0 as UInt64) { $1.isMadeAgain ? $0 &+ $1.size : $0 }
        for file in archive.catalogue.files {
            guard file.isMadeAgain else {
                done.notKept.append((archive.shown(file), file))
                continue
            }
            let failure = try sayingWhatIsMissing(done.bytes, of: total) { () throws(ArchiveError) in
                try export.export(file) { piece in
                    done.bytes &+= piece
                    progress.show(done.bytes, of: total, "\(done.count) files")
                }
            }
            if let failure { done.failures.append(failure) } else { done.count += 1 }
        }
        return done
    }

    private func exportMessages(_ archive: Archive, _ progress: Progress) throws -> Done {
        var done = Done()
        let choices = filter.choose(from: archive.catalogue)
        let target = try target()
        let total = choices.reduce(0 as UInt64) { $0 &+ $1.message.size &* UInt64($1.placements.count) }
        for (choice, placement) in MessageOrderInArchive.walk(choices) {
            let message = choice.message
            let item = ExportItem(
                content: message.content,
                size: message.size,
                envelope: message.envelope,
                flags: placement.flags,
                folder: archive.catalogue.folders[placement.folder]
            )
            let failure = try sayingWhatIsMissing(done.bytes, of: total) { () throws(ArchiveError) in
                try export(item, from: archive, to: target)
            }
            if let failure {
                done.failures.append(failure)
            } else {
                done.count += 1
                done.bytes &+= message.size
            }
            progress.show(done.bytes, of: total, "\(done.count) messages")
        }
        try sayingWhatIsMissing(done.bytes, of: total) { () throws(ArchiveError) in try target.finish() }
        return done
    }

    /// A full medium is told with what there was still to write.
    private func sayingWhatIsMissing<Value>(
        _ done: UInt64,
        of total: UInt64,
        _ body: () throws(ArchiveError) -> Value
    ) throws(ArchiveError) -> Value {
        do throws(ArchiveError) {
            return try body()
        } catch {
            guard error.code == .noSpace, done <= total else { throw error }
            let words = "\(Units.bytes(total - done)) of \(Units.bytes(total)) were still to be written"
            throw ArchiveError(.noSpace, error.place, "\(error.detail); \(words)")
        }
    }

    private func target() throws(ArchiveError) -> any ExportTarget {
        switch format {
        case .eml: try EMLTarget(destination)
        case .maildir: try MaildirTarget(destination)
        case .mbox: try MboxTarget(destination)
        case .zip, .tar, .tarZstd: try ContainerTarget(destination, format)
        }
    }

    /// A message whose bytes cannot be had is told and left out; an error of the destination ends the export.
    private func export(
        _ item: ExportItem,
        from archive: Archive,
        to target: any ExportTarget
    ) throws(ArchiveError) -> Finding? {
        var isBegun = false
        var targetError: ArchiveError?
        do throws(ArchiveError) {
            try archive.message(item.content, size: item.size) { (piece) throws(ArchiveError) in
                do throws(ArchiveError) {
                    if !isBegun { try target.begin(item) }
                    isBegun = true
                    try target.write(piece)
                } catch {
                    targetError = error
                    throw error
                }
            }
        } catch {
            if isBegun { target.abandon() }
            if let targetError { throw targetError }
            return Finding(error.code, error.place, error.detail)
        }
        do throws(ArchiveError) {
            if !isBegun { try target.begin(item) }
            try target.end()
            return nil
        } catch {
            target.abandon()
            throw error
        }
    }

    private func tell(_ done: Done, _ findings: [Finding], _ seconds: Double) {
        let (count, bytes, failures) = (done.count, done.bytes, done.failures)
        if report.json {
            Output.standard.json(
                Document.head("export", archive) + [
                    ("destination", .string(destination)), ("format", .string(original ? "original" : format.rawValue)),
                    ("exported", .number(Int64(count))), ("failed", .number(Int64(failures.count))),
                    ("bytes", .unsigned(bytes)),
                ] + (original ? [("notKept", .array(done.notKept.map { json($0.path, $0.file) }))] : []),
                "findings",
                findings + failures
            ) { FindingText.json($0) }
        } else if destination != "-" {
            let noun = original ? "files" : "messages"
            var text = "Exported \(count) \(noun), \(Units.bytes(bytes))"
            if seconds > 0.05 { text += ", \(Units.bytes(UInt64(Double(bytes) / seconds)))/s" }
            if !failures.isEmpty { text += "; \(failures.count) could not be had" }
            Output.standard.line(text)
            tell(done.notKept)
        }
    }

    /// What a person may miss among the files, and why nothing is wrong with that.
    private func tell(_ notKept: [(path: String, file: SourceFileEntry)]) {
        guard !notKept.isEmpty else { return }
        Output.standard.line(
            "Not made again, since not the file was kept but what was in it (export without --original has the messages):"
        )
        for (path, file) in notKept.prefix(ExportCommand.mostNotKept) {
            let why = file.isUnfinished ? "its import was broken off" : KindText.file(file.kind)
            Output.standard.line("    \(MailText.safe(path)): \(why), \(Units.bytes(file.size))")
        }
        if notKept.count > ExportCommand.mostNotKept {
            Output.standard.line(
                "    … and \(notKept.count - ExportCommand.mostNotKept) more (all of them with --json)"
            )
        }
    }

    private static let mostNotKept = 50

    private func json(_ path: String, _ file: SourceFileEntry) -> JSONValue {
        .object([
            ("path", .string(path)), ("kind", .string(KindText.file(file.kind))), ("size", .unsigned(file.size)),
            ("unfinished", .bool(file.isUnfinished)),
        ])
    }
}

/// Messages with their placements.
enum MessageOrderInArchive {
    static func walk(_ choices: [MessageFilter.Choice]) -> [(MessageFilter.Choice, Placement)] {
        choices.flatMap { choice in choice.placements.map { (choice, $0) } }
    }
}
