import ArgumentParser

struct ExportCommand: ParsableCommand, ReportingCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Take messages out.")
    @Argument(help: "The archive.") var archive: String
    @OptionGroup var report: ReportOptions
}
