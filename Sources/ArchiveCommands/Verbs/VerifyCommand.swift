import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArgumentParser

struct VerifyCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove that an archive is whole.",
        discussion: "Without a secret every byte is hashed and every signature checked (--keyless). "
            + "With one, every record is opened too, every message rebuilt and compared with its id, and every "
            + "imported file made again and compared with its hash (--full). Nothing is written to the archive; "
            + "which segments were found good, and when, is noted in the user's state directory."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @Flag(help: "Hash every byte and check every signature; needs no secret.") var keyless = false
    @Flag(help: "Check heads, journal and lengths only.") var quick = false
    @Flag(help: "Also rebuild every message; asks for the secret if none is given.") var full = false
    @Option(
        help: ArgumentHelp(
            "Verify a part only, such as 5% or 2GB: the segments first whose last verification is the oldest.",
            valueName: "amount"
        )
    )
    var sample: SampleSize?
    @Flag(help: "Go on where the last verification was stopped.") var resume = false
    @Flag(help: "End with 1 on warnings.") var strict = false
    @Option(help: ArgumentHelp("Threads to use.", valueName: "number")) var jobs: Int?
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    mutating func validate() throws {
        if [keyless, quick, full].filter({ $0 }).count > 1 {
            throw ValidationError("Give one of --keyless, --quick and --full.")
        }
        if [quick, resume, sample != nil].filter({ $0 }).count > 1 {
            throw ValidationError("Give one of --quick, --sample and --resume.")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256.") }
    }

    private var extent: VerificationPlan.Extent { sample?.extent ?? (resume ? .rest : .all) }

    func run() throws {
        let threads = jobs ?? Machine.processorCount
        let progress = Progress("verify", report)
        let show: @Sendable (UInt64, UInt64) -> Void = { done, total in progress.show(done, of: total) }
        if quick {
            let result = try KeylessVerification.run(
                try ArchivePlace.open(archive),
                level: .quick,
                threads: threads,
                progress: show
            )
            return try finish(VerificationText(archive, result, "quick", seconds: progress.seconds))
        }
        let isFull = full || (!keyless && secret.isGiven)
        let opened = isFull ? try secret.open(archive) : nil
        let log = try opened?.log ?? ArchiveLog(opening: try ArchivePlace.open(archive), reading: .whole)
        let files = log.state.files
        let state = VerificationState(log.archiveID, isFull ? .full : .keyless, wanted: extent != .all)
        if extent == .all, !report.quiet, let begun = state.unfinished {
            Output.tell(
                "the verification of \(CalendarText.minute(Int64(clamping: begun))) was stopped; "
                    + "--resume would go on with it"
            )
        }
        let plan = state.plan(files, extent)
        state.begin(plan)
        Interruption.watch()
        let scope = VerificationScope(
            isWhole: plan.isWhole,
            includes: { plan.chosen.contains($0.number) },
            isGood: { state.note($0) },
            shouldStop: { Interruption.isRequested }
        )
        let result =
            try opened.map { archive throws(ArchiveError) in
                try KeyedVerification.run(archive, threads: threads, scope: scope, progress: show)
            }
            ?? KeylessVerification.run(log, level: .keyless, threads: threads, scope: scope, progress: show)
        progress.finish()
        state.end(files, isWhole: plan.isWhole && !result.isStopped)
        let text = VerificationText(
            archive,
            result,
            isFull ? "full" : "keyless",
            seconds: progress.seconds,
            plan,
            state.summary(files)
        )
        try finish(text)
    }

    private func finish(_ text: VerificationText) throws {
        if report.json { text.printJSON() } else { text.print() }
        if text.result.isDamaged { throw ExitStatus.damage }
        if text.result.isStopped { throw ExitStatus.interrupted }
        if strict, !text.result.isClean { throw ExitStatus.warnings }
    }
}

/// How much `--sample` verifies: `5%`, `300MB`, `2GB`, `1GiB`.
struct SampleSize: ExpressibleByArgument {
    var extent: VerificationPlan.Extent

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let value = Double(number), value > 0, value < 1e15 else { return nil }
        let unit = argument.dropFirst(number.count).drop { $0 == " " }
        if unit == "%" {
            guard value <= 100 else { return nil }
            extent = .percent(value)
            return
        }
        let factors: [String: Double] = [
            "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
            "KIB": 0x1p10, "MIB": 0x1p20, "GIB": 0x1p30, "TIB": 0x1p40,
        ]
        guard let factor = factors[unit.uppercased()], value * factor >= 1, value * factor < 1e18 else { return nil }
        extent = .bytes(UInt64(value * factor))
    }
}
