import ArchiveReader
import ArchiveStorage
import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command-line tool.
public enum PortableArchiveTool {
    /// Runs the tool with the arguments of the process, and ends the process.
    public static func main() -> Never {
        // Archives of libarchive want names in UTF-8; mail is read the same whatever the locale of the user.
        setlocale(LC_ALL, "C.UTF-8")
        Interruption.prepare()
        OpenFiles.raiseLimit()
        var verb: String?
        do {
            var command = try RootCommand.parseAsRoot()
            if let reporting = command as? any ReportingCommand, reporting.report.json { verb = reporting.verb }
            try command.run()
            Output.standard.flush()
            exit(ExitStatus.clean.rawValue)
        } catch let failure as CommandFailure {
            fail(failure, inJSON: verb)
        } catch let error as ArchiveError {
            fail(CommandFailure(error), inJSON: verb)
        } catch let error as StorageError {
            fail(CommandFailure(ArchiveError(error)), inJSON: verb)
        } catch let status as ExitStatus {
            Output.standard.flush()
            exit(status.rawValue)
        } catch {
            Output.standard.flush()
            RootCommand.exit(withError: error)
        }
    }

    private static func fail(_ failure: CommandFailure, inJSON verb: String?) -> Never {
        Output.standard.flush()
        if let verb {
            Output.standard.json(failure.json(verb))
            Output.standard.flush()
        }
        Output.error.line("portable-archive: error: \(MailText.safe(failure.message))")
        if !failure.hint.isEmpty { Output.error.line("hint: \(MailText.safe(failure.hint))") }
        Output.error.flush()
        exit(failure.status.rawValue)
    }
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "portable-archive",
        abstract: "Keeps mail in an encrypted, append-only archive that lasts.",
        discussion: """
            Secrets are asked for on the terminal, unless an option or a variable gives them: \
            PORTABLE_ARCHIVE_PASSPHRASE, or PORTABLE_ARCHIVE_PASSPHRASE_COMMAND, a command that prints the passphrase.

            Exit status: 0 done and clean; 1 warnings, with --strict; 2 damage; 3 could not run; \
            4 import done, with rejects; 64 wrong usage; 130 interrupted.
            """,
        version: "portable-archive 0.1",
        subcommands: [
            InitCommand.self, ImportCommand.self, ListCommand.self, ShowCommand.self, ExportCommand.self,
            VerifyCommand.self,
            InfoCommand.self,
            FoldersCommand.self, ImportsCommand.self, KeyCommand.self, WriterCommand.self,
        ]
    )
}

/// A command that knows `--json`.
protocol ReportingCommand: ParsableCommand {
    /// The command as its documents name it, such as `key add`.
    static var verb: String { get }
    var report: ReportOptions { get }
}

extension ReportingCommand {
    static var verb: String { configuration.commandName ?? "" }
    var verb: String { Self.verb }
}

/// How a command reports.
struct ReportOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON document instead of text.")
    var json = false

    @Flag(name: [.short, .long], help: "Show no progress.")
    var quiet = false
}
