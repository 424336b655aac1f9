import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArgumentParser

struct InfoCommand: ParsableCommand, ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Tell what an archive is; with a secret, also what it holds."
    )

    @Argument(help: "The archive.") var archive: String
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    func run() throws {
        let keyed = secret.isGiven ? try secret.open(archive) : nil
        let log =
            try keyed?.log
            ?? ArchiveLog(opening: try ArchivePlace.open(archive))
        let facts = self.facts(log) + (keyed.map { contents($0) } ?? [])
        if report.json {
            Output.standard.json(
                .object(
                    [("schema", .string(Output.schema)), ("command", .string("info"))]
                        + facts.map { ($0.name, $0.json) }
                        + [("findings", .array(log.findings.map { FindingText.json($0) }))]
                )
            )
        } else {
            for fact in facts { Output.standard.line(MessageText.padded(fact.label, 18) + MailText.safe(fact.text)) }
        }
        try FindingText.judgeReading(keyed?.findings ?? log.findings, report)
    }

    private struct Fact {
        var name: String
        var label: String
        var text: String
        var json: JSONValue

        init(_ name: String, _ label: String, _ text: String) {
            self.init(name, label, text, .string(text))
        }

        init(_ name: String, _ label: String, _ text: String, _ json: JSONValue) {
            self.name = name
            self.label = label
            self.text = text
            self.json = json
        }

        init(_ name: String, _ label: String, count: UInt64) {
            self.init(name, label, String(count), .unsigned(count))
        }

        init(_ name: String, _ label: String, bytes: UInt64) {
            self.init(name, label, Units.bytes(bytes), .unsigned(bytes))
        }
    }

    private func facts(_ log: ArchiveLog) -> [Fact] {
        let header = log.header.header
        let segments = log.state.files.filter { $0.kind == .segment }
        let stored = log.state.files.reduce(0 as UInt64) { $0 &+ $1.length }
        var facts = [
            Fact("path", "archive", log.storage.displayName),
            Fact("archiveID", "id", log.archiveID.hex),
            Fact("words", "id in words", Words.short(log.archiveID)),
            Fact("created", "created", CalendarText.internet(Int64(clamping: header.created))),
            Fact("generation", "generation", count: log.generation),
            Fact("head", "head", log.newestHash.hex),
            Fact("segments", "segments", count: UInt64(segments.count)),
            Fact("storedBytes", "stored", bytes: stored),
            Fact("slots", "slots", count: UInt64(header.slots.count)),
            Fact("writers", "writers", count: UInt64(log.state.writers.count)),
        ]
        if let newest = log.newest {
            facts.append(Fact("changed", "last commit", CalendarText.internet(Int64(clamping: newest.commit.time))))
        }
        return facts
    }

    private func contents(_ archive: Archive) -> [Fact] {
        let catalogue = archive.catalogue
        let bytes = catalogue.messages.reduce(0 as UInt64) { $0 &+ $1.size }
        let runs = catalogue.runs.map { run -> JSONValue in
            .object([
                ("id", .string(hexadecimal(run.id))), ("source", .text(run.name)),
                ("start", .string(CalendarText.internet(run.start))), ("complete", .bool(run.isComplete)),
                ("counts", CountText.json(run.counts)),
            ])
        }
        return [
            Fact("messages", "messages", count: UInt64(catalogue.messages.count)),
            Fact("messageBytes", "size of messages", bytes: bytes),
            Fact("folders", "folders", count: UInt64(catalogue.folders.count)),
            Fact("sourceFiles", "source files", count: UInt64(catalogue.files.count)),
            Fact("rejects", "rejects", count: UInt64(catalogue.rejects.count)),
            Fact("runs", "imports", "\(runs.count)", .array(runs)),
        ]
    }
}

/// The account of an import.
enum CountText {
    static func json(_ counts: ImportCounts) -> JSONValue {
        .object([
            ("found", .unsigned(counts.found)), ("stored", .unsigned(counts.stored)),
            ("alreadyThere", .unsigned(counts.alreadyThere)), ("rejected", .unsigned(counts.rejected)),
            ("bytes", .unsigned(counts.byteCount)),
        ])
    }

    static func line(_ counts: ImportCounts) -> String {
        "\(counts.found) found = \(counts.stored) stored + \(counts.alreadyThere) already there "
            + "+ \(counts.rejected) rejected"
    }
}
