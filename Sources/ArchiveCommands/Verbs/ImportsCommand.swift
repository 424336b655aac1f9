import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArgumentParser

struct ImportsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imports",
        abstract: "Tell what was imported, when and with what result.",
        subcommands: [List.self, Show.self]
    )
}

extension ImportsCommand {
    struct List: ReportingCommand {
        static let verb = "imports list"
        static let configuration = CommandConfiguration(abstract: "List every import ever made.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Option(
            help: ArgumentHelp("Only imports of this file, told by its bytes and not by its name.", valueName: "file"),
            completion: .file()
        )
        var of: String?
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let archive = try secret.open(self.archive)
            let hash = try of.map { try SourceHash.of($0) }
            let runs = archive.catalogue.runs.enumerated().filter { hash == nil || $0.element.sourceHash == hash }
            if report.json {
                Output.standard.json(Document.head(Self.verb, self.archive, archive.findings), "imports", runs) {
                    .object([("number", .number(Int64($0.offset + 1)))] + CountText.members($0.element))
                }
            } else {
                for (index, run) in runs { Output.standard.line(RunText.line(run, number: index + 1)) }
                if runs.isEmpty, of != nil { Output.standard.line("This file was not imported as it is now.") }
            }
            try FindingText.judgeReading(archive.findings, report)
        }
    }

    struct Show: ReportingCommand {
        static let verb = "imports show"
        static let configuration = CommandConfiguration(
            abstract: "Show one import: its folders, its files, and what was rejected."
        )
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Argument(help: ArgumentHelp("The import's number, or the beginning of its id.", valueName: "import"))
        var wanted: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let archive = try secret.open(self.archive)
            let account = RunAccount(try find(in: archive.catalogue), archive.catalogue)
            if report.json {
                account.printJSON(Document.head(Self.verb, self.archive, archive.findings))
            } else {
                account.print()
            }
            try FindingText.judgeReading(archive.findings, report)
        }

        private func find(in catalogue: Catalogue) throws -> Int {
            if let number = Int(wanted), catalogue.runs.indices.contains(number - 1) { return number - 1 }
            let start = wanted.lowercased()
            let found = catalogue.runs.indices.filter { hexadecimal(catalogue.runs[$0].id).hasPrefix(start) }
            guard found.count == 1, start.utf8.count >= 4 else {
                let words =
                    start.utf8.count < 4 && !found.isEmpty
                    ? "give at least four characters of the id"
                    : found.count > 1 ? "\(found.count) imports begin so: give more of the id" : ""
                throw ArchiveError(.notFound, "import \(wanted)", words)
            }
            return found[0]
        }
    }
}

/// The hash of a file at hand, as an import notes that of its source (Spec, format.md, section 8.5).
enum SourceHash {
    static func of(_ path: String) throws(ArchiveError) -> Bytes32 {
        var hasher = TreeHasher()
        do throws(StorageError) {
            let file = try SourceFile(path: path)
            var offset: UInt64 = 0
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try buffer.withUnsafeMutableBufferPointer { (bytes) throws(StorageError) in
                    try file.read(at: offset, into: UnsafeMutableRawBufferPointer(bytes))
                }
                guard count > 0 else { break }
                buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                offset += UInt64(count)
            }
        } catch {
            throw ArchiveError(error)
        }
        return hasher.root()
    }
}
