import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveSources
import ArchiveStorage
import ArchiveWriter
import ArgumentParser
import MailFormats

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct ImportCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Take mail in: whatever a mail program exported or keeps, files or whole folders ('-': standard input).",
        discussion: """
            What a source is, its bytes tell; `--list-kinds` names all kinds. An archive that does not exist is made \
            first. Ctrl-C ends cleanly: what was committed stays, and the same import again goes on where it was.
            """
    )

    @Argument(help: "The archive.", completion: .directory) var archive: String = ""
    @Argument(
        help: ArgumentHelp("Files and directories; '-' is standard input.", valueName: "source"),
        completion: .file()
    )
    var sources: [String] = []

    @Option(help: ArgumentHelp("Put the mail below this folder, path with slashes.", valueName: "name")) var folder:
        String?
    @Option(help: ArgumentHelp("Whose mailbox this is.", valueName: "name")) var mailbox: String?
    @Option(
        name: .customLong("map"),
        help: ArgumentHelp(
            "Give a folder of the source another name; whole paths, as --dry-run tells them.",
            valueName: "old=new"
        )
    )
    var maps: [String] = []
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("What the sources are, whatever they look like.", valueName: "kind")
    )
    var kind: String?
    @Option(help: "How MBOX files are quoted, whatever they look like.") var dialect: DialectName?
    @Flag(help: "Take deleted and orphaned items of PST and OST files too, into a folder of their own.")
    var recoverDeleted = false
    @Flag(help: "Name the kinds of sources, and end.") var listKinds = false
    @Option(help: "How records are compressed; `stored` is not at all.") var codec: CodecName = .zstd
    @Option(help: ArgumentHelp("Threads to use.", valueName: "number")) var jobs: Int?
    @Flag(help: "Read, split and count everything, and write nothing; an archive that does not exist is not made.")
    var dryRun = false
    @Flag(help: "Read what the archive has before a message counts as already there; what is damaged is stored again.")
    var recheck = false
    @Option(
        help: ArgumentHelp("Import with a writer credential, which cannot read.", valueName: "file"),
        completion: .file()
    )
    var credentialFile: String?
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    mutating func validate() throws {
        guard !listKinds else { return }
        guard !archive.isEmpty else { throw ValidationError("Missing expected argument '<archive>'") }
        guard !sources.isEmpty else { throw ValidationError("Name at least one source.") }
        if let kind, SourceKind(rawValue: kind) == nil {
            throw ValidationError("There is no kind '\(kind)'; import --list-kinds names them.")
        }
        for map in maps where map.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).count != 2 {
            throw ValidationError("--map wants OLD=NEW.")
        }
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs is 1 to 256.") }
        if credentialFile != nil, secret.isExplicit {
            throw ValidationError("Give a credential or a secret, not both.")
        }
    }

    func run() throws {
        if listKinds { return SourceKindText.print(json: report.json) }
        try options.check()
        // What is wrong with a source is told before a passphrase is asked for, and before an archive is made.
        for source in sources where source != "-" && access(source, R_OK) != 0 {
            var failure = CommandFailure(ArchiveError(.source, source, String(cString: strerror(errno))))
            failure.hint = "check the path, and who may read it"
            throw failure
        }
        let place = try open()
        if let made = place.made, !report.json { RecoveryNotice.show(made) }
        Interruption.watch()
        let progress = Progress("import", report)
        let sizes = progress.isOn ? SourceSizes(sources) : nil
        let result: ImportReport
        var found: UInt64 = 0
        do throws(ArchiveError) {
            result = try Importer.run(
                place.storage,
                as: place.writer,
                sources: sources,
                options: options,
                progress: {
                    found = $0.found
                    let total = sources == ["-"] ? $0.totalByteCount : sizes?.total
                    progress.show($0.byteCount, of: total, "\(found) found")
                },
                shouldStop: { Interruption.isRequested }
            )
        } catch {
            progress.finish()
            tellWhatStays(found, place)
            throw error
        }
        progress.finish()
        if report.json {
            ImportText.printJSON(result, place, isDryRun: dryRun)
        } else {
            ImportText.print(result, seconds: progress.seconds, isDryRun: dryRun)
        }
        tellUselessMaps(result)
        if result.isInterrupted { throw ExitStatus.interrupted }
        if !result.isAccountedFor { throw ExitStatus.rejects }
    }

    /// On the way to an error, what the error does not say.
    private func tellWhatStays(_ found: UInt64, _ place: ImportPlace) {
        if found > 0, !dryRun {
            Output.error.line(
                "portable-archive: \(found) found before it ended; what was committed stays, the same import again goes on"
            )
        }
        if place.made != nil, report.json {
            Output.error.line("portable-archive: the archive was made; `key recovery` shows its recovery code")
        }
        Output.error.flush()
    }

    /// A `--map` whose new name no folder has.
    private func tellUselessMaps(_ result: ImportReport) {
        let folders = result.runs.flatMap { $0.folders.map(\.folder.path) }
        for (map, mapping) in zip(maps, options.folderMap) {
            let path = options.folder + mapping.new
            guard !folders.contains(where: { $0.starts(with: path) }) else { continue }
            Output.error.line(
                "portable-archive: --map \(MailText.safe(map)) changed nothing: no folder with mail has this old name; "
                    + "--dry-run tells the whole paths"
            )
        }
        Output.error.flush()
    }

    private var options: ImportOptions {
        var options = ImportOptions()
        if let folder { options.folder = ImportCommand.names(folder[...]) }
        options.folderMap = maps.map { map in
            let sides = map.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return FolderMapping(old: ImportCommand.names(sides[0]), new: ImportCommand.names(sides[1]))
        }
        options.kind = kind.flatMap { SourceKind(rawValue: $0) }
        options.dialect = dialect?.name
        options.recoversDeleted = recoverDeleted
        if let mailbox { options.mailbox = Array(mailbox.utf8) }
        options.codec = codec.codec
        options.jobs = jobs ?? Machine.processorCount
        options.isDryRun = dryRun
        options.rechecks = recheck
        return options
    }

    private static func names(_ path: Substring) -> [[UInt8]] {
        path.split(separator: "/", omittingEmptySubsequences: true).map { Array($0.utf8) }
    }

    /// For a dry run where there is no archive yet: an empty one in memory, so that everything counts as new.
    private func emptyPlace() throws -> ImportPlace {
        let storage = MemoryStorage(name: archive)
        let root = try ArchiveCreation.fill(storage, slots: [SlotRequest(.keyFile(SecretBytes.random()))])
        return ImportPlace(archive, storage, .root(root), nil)
    }

    private func open() throws -> ImportPlace {
        if let credentialFile {
            let text = try SecretInput.file(credentialFile, limit: KeyText.credential.mostTextBytes)
            let credential = try text.withUnsafeBytes { (bytes) throws(ArchiveError) in
                try WriterCredential(text: bytes)
            }
            let storage = try ArchivePlace.open(archive)
            var findings: [Finding] = []
            let header = try LoadedHeader.load(storage, &findings)
            FindingText.tell(findings)
            return ImportPlace(archive, storage, .credential(credential), header.archiveID)
        }
        var status = stat()
        if lstat(archive, &status) != 0, errno == ENOENT {
            guard !dryRun else { return try emptyPlace() }
            let root = try NewArchive.make(archive, secret, label: "")
            let storage = try ArchivePlace.open(archive)
            return ImportPlace(archive, storage, .root(root), root.archiveID, made: root)
        }
        let (log, root, _) = try secret.openRoot(archive)
        return ImportPlace(archive, log.storage, .root(root), log.archiveID)
    }
}

/// Where an import goes, and with what it may write there.
struct ImportPlace {
    var path: String
    var storage: any Storage
    var writer: WriterAccess
    var archiveID: Bytes32?
    /// The keys of an archive that was made for this import.
    var made: RootKeys?

    init(
        _ path: String,
        _ storage: any Storage,
        _ writer: WriterAccess,
        _ archiveID: Bytes32?,
        made: RootKeys? = nil
    ) {
        self.path = path
        self.storage = storage
        self.writer = writer
        self.archiveID = archiveID
        self.made = made
    }
}

enum DialectName: String, ExpressibleByArgument, CaseIterable {
    case mboxo, mboxrd, mboxcl, mboxcl2, unquoted

    var name: MboxDialect.Name {
        switch self {
        case .mboxo: .mboxo
        case .mboxrd: .mboxrd
        case .mboxcl: .mboxcl
        case .mboxcl2: .mboxcl2
        case .unquoted: .unquoted
        }
    }
}

enum CodecName: String, ExpressibleByArgument, CaseIterable {
    case zstd, zlib, stored

    var codec: Codec {
        switch self {
        case .zstd: .zstd
        case .zlib: .zlib
        case .stored: .stored
        }
    }
}
