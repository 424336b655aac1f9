import ArchiveFormat
import ArchiveReader
import ArgumentParser
import MailFormats

struct FoldersCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "folders",
        abstract: "List folders and what they hold."
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    func run() throws {
        let archive = try secret.open(self.archive)
        let catalogue = archive.catalogue
        var counts = [(messages: UInt64, bytes: UInt64)](repeating: (0, 0), count: catalogue.folders.count)
        for message in catalogue.messages {
            for folder in Set(message.placements.map(\.folder)) where counts.indices.contains(folder) {
                counts[folder].messages += 1
                counts[folder].bytes &+= message.size
            }
        }
        let names = catalogue.folders.map { FolderText.name($0) }
        let order = names.indices.sorted { names[$0] < names[$1] }
        let special = { (index: Int) in SpecialFolder(path: catalogue.folders[index].path) }
        if report.json {
            Output.standard.json(
                Document.head("folders", self.archive, archive.findings),
                "folders",
                order
            ) { index in
                .object([
                    ("folder", FolderText.json(catalogue.folders[index])),
                    ("special", special(index).map { .string($0.rawValue) } ?? .null),
                    ("messageCount", .unsigned(counts[index].messages)), ("bytes", .unsigned(counts[index].bytes)),
                ])
            }
        } else {
            for index in order {
                Output.standard.line(
                    "\(MessageText.padded("\(counts[index].messages)", 8)) "
                        + "\(MessageText.padded(Units.bytes(counts[index].bytes), 10)) \(MailText.safe(names[index]))"
                        + (special(index).map { " (\($0.rawValue))" } ?? "")
                )
            }
        }
        try FindingText.judgeReading(archive.findings, report)
    }
}
