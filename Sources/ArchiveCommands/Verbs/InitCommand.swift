import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveWriter
import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct InitCommand: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make an archive; print its recovery code."
    )

    @Argument(help: "The archive to make.") var archive: String
    @Option(help: ArgumentHelp("A name for the first slot, at most 64 bytes.", valueName: "text")) var label = ""
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup var report: ReportOptions

    func run() throws {
        let root = try NewArchive.make(archive, secret, label: label)
        if report.json {
            Output.standard.json(
                .object(
                    Document.head("init", archive) + [
                        ("archiveID", .string(root.archiveID.hex)),
                        ("archiveWords", .string(Words.short(root.archiveID))),
                        ("recoveryCode", RecoveryNotice.json(root)),
                    ]
                )
            )
        } else {
            Output.standard.line("Made \(MailText.safe(archive)), id \(Words.short(root.archiveID))")
            RecoveryNotice.show(root)
        }
    }
}

/// Makes archives, for `init` and `import`.
enum NewArchive {
    static func make(_ path: String, _ secret: SecretOptions, label: String) throws -> RootKeys {
        var status = stat()
        guard lstat(path, &status) != 0 else { throw ArchiveError(.exists, path) }
        guard secret.identityFile == nil, secret.recoveryFile == nil else {
            throw CommandFailure(
                "a new archive needs a passphrase or a key file",
                hint: "add recipients afterwards with `key add`"
            )
        }
        let protection: SlotProtection
        if let keyFile = secret.keyFile {
            let key = try KeyFiles.openOrMake(keyFile)
            if secret.passphraseFile != nil || secret.passphraseFd != nil {
                protection = .both(try secret.newPassphrase(""), key, .standard)
            } else {
                protection = .keyFile(key)
            }
        } else {
            protection = .passphrase(try secret.newPassphrase("New passphrase for \(path): "), .standard)
        }
        let part = ArchiveCreation.temporaryPath(of: path)
        guard lstat(part, &status) != 0 else {
            throw ArchiveError(.exists, part, "left by a run that was cut off while it made the archive: remove it")
        }
        do throws(ArchiveError) {
            return try ArchiveCreation.create(at: path, slots: [SlotRequest(protection, label: label)])
        } catch {
            // It was made by this run, and holds nothing yet.
            removeTree(part)
            throw error
        }
    }

    /// Links are taken away, not followed.
    private static func removeTree(_ path: String) {
        guard remove(path) != 0, let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names { removeTree("\(path)/\(name)") }
        remove(path)
    }
}
