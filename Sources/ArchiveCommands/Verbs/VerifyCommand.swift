import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArgumentParser

struct VerifyCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that an archive is whole.",
        discussion: "Without a secret every byte is hashed and every signature checked (--keyless). "
            + "With one, every message is rebuilt too (--full)."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @Flag(help: "Hash every byte and check every signature; needs no secret.") var keyless = false
    @Flag(help: "Check heads, journal and lengths only.") var quick = false
    @Flag(help: "Also rebuild every message; asks for the secret if none is given.") var full = false
    @Flag(help: "End with 1 on warnings.") var strict = false
    @Option(help: ArgumentHelp("Threads to use.", valueName: "number")) var jobs: Int?
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    mutating func validate() throws {
        if [keyless, quick, full].filter({ $0 }).count > 1 {
            throw ValidationError("Give one of --keyless, --quick and --full.")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256.") }
    }

    func run() throws {
        let threads = jobs ?? Machine.processorCount
        let isFull = full || (!keyless && !quick && secret.isGiven)
        let progress = Progress("verify", report)
        let show: @Sendable (UInt64, UInt64) -> Void = { done, total in progress.show(done, of: total) }
        let result =
            isFull
            ? try KeyedVerification.run(try secret.open(archive), threads: threads, progress: show)
            : try KeylessVerification.run(
                try ArchivePlace.open(archive),
                level: quick ? .quick : .keyless,
                threads: threads,
                progress: show
            )
        progress.finish()
        print(result, name: isFull ? "full" : quick ? "quick" : "keyless", seconds: progress.seconds)
        if result.isDamaged { throw ExitStatus.damage }
        if strict, !result.isClean { throw ExitStatus.warnings }
    }

    private func print(_ result: VerificationReport, name: String, seconds: Double) {
        let verdict = result.isDamaged ? "damaged" : result.isClean ? "clean" : "clean, with warnings"
        if report.json {
            Output.standard.json(
                Document.head("verify", archive) + [
                    ("level", .string(name)),
                    ("verdict", .string(result.isDamaged ? "damaged" : result.isClean ? "clean" : "warnings")),
                    ("generation", .unsigned(result.generation)), ("head", .string(result.head.hex)),
                    ("headWords", .string(Words.short(result.head))), ("bytes", .unsigned(result.byteCount)),
                    ("messageCount", .number(Int64(result.messageCount))),
                ],
                "findings",
                result.findings
            ) { FindingText.json($0) }
            return
        }
        for finding in result.findings {
            Output.standard.line(FindingText.line(finding))
            if !finding.code.hint.isEmpty { Output.standard.line("    hint: \(finding.code.hint)") }
        }
        var text = "\(verdict): generation \(result.generation), \(Units.bytes(result.byteCount)) checked (\(name))"
        if name == "full" { text += ", \(result.messageCount) messages rebuilt" }
        if result.byteCount > 0, seconds > 0.05 {
            text += ", \(Units.bytes(UInt64(Double(result.byteCount) / seconds)))/s"
        }
        Output.standard.line(text)
        Output.standard.line("head \(result.head.hex)")
        Output.standard.line("     \(Words.short(result.head))  (compare with the words you noted before)")
    }
}
