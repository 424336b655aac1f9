import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import ArgumentParser

struct WriterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "writer",
        abstract: "Credentials that import and cannot read.",
        subcommands: [Add.self, List.self, Revoke.self]
    )
}

extension WriterCommand {
    struct Add: ReportingCommand {
        static let verb = "writer add"
        static let configuration = CommandConfiguration(abstract: "Make a credential file.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Argument(help: "The credential file to make.") var file: String
        @Option(help: ArgumentHelp("A name for the writer, at most 64 bytes.", valueName: "text")) var label = ""
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            let credential = try WriterChange.add(log.storage, root, label: label)
            try KeyFiles.write(credential.text, to: file)
            let key = credential.signing.publicKey.hex
            guard report.json else { return Output.standard.line("Made \(MailText.safe(file)) for writer \(key)") }
            Output.standard.json(
                .object(Document.head(Self.verb, archive) + [("writer", .string(key)), ("file", .string(file))])
            )
        }
    }

    struct List: ReportingCommand {
        static let verb = "writer list"
        static let configuration = CommandConfiguration(abstract: "List writers; with a secret, also their names.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let log = try ArchiveLog(opening: try ArchivePlace.open(archive))
            let read = secret.isGiven ? try secret.unlock(log).access.read : nil
            let writers = log.state.writers.map { writer in
                (key: writer.key.hex, isRevoked: writer.isRevoked, label: label(writer, log, read))
            }
            if report.json {
                Output.standard.json(
                    Document.head(Self.verb, archive, log.findings),
                    "writers",
                    writers
                ) {
                    .object([
                        ("writer", .string($0.key)), ("revoked", .bool($0.isRevoked)), ("label", .optional($0.label)),
                    ])
                }
            } else {
                for writer in writers {
                    let state = writer.isRevoked ? "revoked" : "valid  "
                    Output.standard.line("\(writer.key)  \(state)  \(MailText.safe(writer.label ?? ""))")
                }
            }
            try FindingText.judgeReading(log.findings, report)
        }

        private func label(_ writer: WriterState, _ log: ArchiveLog, _ read: ReadKeys?) -> String? {
            guard let read else { return nil }
            let sealed = (try? Certificate(parsingSigned: writer.certificate))?.sealedLabel
            return sealed?.withUnsafeBytes {
                read.openWriterLabel($0, archiveID: log.archiveID, writerKey: writer.key)?.text
            }
        }
    }

    struct Revoke: ReportingCommand {
        static let verb = "writer revoke"
        static let configuration = CommandConfiguration(
            abstract: "Revoke a writer: what it commits from now on is void."
        )
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Argument(help: "The beginning of the writer's key, as `writer list` shows it.") var writer: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            let found = log.state.writers.filter { $0.key.hex.hasPrefix(writer.lowercased()) }
            guard found.count == 1, let key = found.first?.key, !writer.isEmpty else {
                throw ArchiveError(
                    .notFound,
                    "writer \(writer)",
                    found.count > 1 ? "\(found.count) writers begin so: give more of the key" : ""
                )
            }
            try WriterChange.revoke(log.storage, root, writerKey: key)
            guard report.json else {
                return Output.standard.line("Revoked writer \(key.hex). What it committed before stays.")
            }
            Output.standard.json(
                .object(Document.head(Self.verb, archive) + [("writer", .string(key.hex))])
            )
        }
    }
}
