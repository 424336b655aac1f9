import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArgumentParser

struct InfoCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Tell what an archive is; with a secret, also what it holds."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
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
                    Document.head("info", archive, keyed?.findings ?? log.findings)
                        + facts.dropFirst().map { ($0.name, $0.json) }
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
            Fact("archive", "archive", log.storage.displayName),
            Fact("archiveID", "id", log.archiveID.hex),
            Fact("archiveWords", "id in words", Words.short(log.archiveID)),
            Fact("created", "created", CalendarText.internet(Int64(clamping: header.created))),
            Fact("generation", "generation", count: log.generation),
            Fact("head", "head", log.newestHash.hex),
            Fact("headWords", "head in words", Words.short(log.newestHash)),
            Fact("segmentCount", "segments", count: UInt64(segments.count)),
            Fact("storedBytes", "stored", bytes: stored),
            Fact("slotCount", "slots", count: UInt64(header.slots.count)),
            Fact("writerCount", "writers", count: UInt64(log.state.writers.count)),
        ]
        if let newest = log.newest {
            facts.append(Fact("changed", "last commit", CalendarText.internet(Int64(clamping: newest.commit.time))))
        }
        let needs = header.mandatoryFlags.flatMap { flags in
            flags.names.map { "\(String(decoding: $0, as: UTF8.self)) to \(flags.operation)" }
        }
        if !needs.isEmpty {
            // Version 1.0 defines none: each keeps this program from what it names.
            let text = needs.joined(separator: ", ")
            facts.append(Fact("neededFeatures", "needs", text, .array(needs.map { .string($0) })))
        }
        return facts
    }

    private func contents(_ archive: Archive) -> [Fact] {
        let catalogue = archive.catalogue
        let bytes = catalogue.messages.reduce(0 as UInt64) { $0 &+ $1.size }
        return [
            Fact("messageCount", "messages", count: UInt64(catalogue.messages.count)),
            Fact("messageBytes", "size of messages", bytes: bytes),
            Fact("folderCount", "folders", count: UInt64(catalogue.folders.count)),
            Fact("sourceFileCount", "source files", count: UInt64(catalogue.files.count)),
            Fact("rejectCount", "rejects", count: UInt64(catalogue.rejectCount)),
            Fact("runs", "imports", "\(catalogue.runs.count)", .array(catalogue.runs.map { CountText.json($0) })),
        ]
    }
}
