import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArgumentParser

/// Where the secret comes from; never from an argument, which everybody on the machine can see.
struct SecretOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the passphrase from a file.", valueName: "file"), completion: .file())
    var passphraseFile: String?

    @Option(help: ArgumentHelp("Read the passphrase from an open descriptor.", valueName: "number"))
    var passphraseFd: Int32?

    @Option(
        help: ArgumentHelp("Open with a key file, or with both if a passphrase is given too.", valueName: "file"),
        completion: .file()
    )
    var keyFile: String?

    @Option(help: ArgumentHelp("Open with an X25519 identity.", valueName: "file"), completion: .file())
    var identityFile: String?

    @Option(
        help: ArgumentHelp("Open with the recovery code in a file ('-': ask for it).", valueName: "file"),
        completion: .file()
    )
    var recoveryFile: String?

    mutating func validate() throws {
        let single = [identityFile, recoveryFile].compactMap { $0 }.count
        let others = keyFile != nil || passphraseFile != nil || passphraseFd != nil
        if single > 1 || (single == 1 && others) || (passphraseFile != nil && passphraseFd != nil) {
            throw ValidationError("Give one secret (or a passphrase and a key file together).")
        }
    }

    /// Whether any secret is given without asking for it.
    var isGiven: Bool {
        keyFile != nil || identityFile != nil || recoveryFile != nil || hasPassphrase
    }

    /// Whether an option names a secret, whatever the environment has.
    var isExplicit: Bool {
        keyFile != nil || identityFile != nil || recoveryFile != nil || hasExplicitPassphrase
    }

    private var hasExplicitPassphrase: Bool { passphraseFile != nil || passphraseFd != nil }

    private var hasPassphrase: Bool { hasExplicitPassphrase || SecretInput.hasEnvironment }

    /// Opens an archive for reading.
    func open(_ path: String) throws -> Archive {
        let log = try ArchiveLog(opening: try ArchivePlace.open(path))
        try log.requireKnownFlags(for: .read)
        return try Archive(log: log, access: try unlock(log).access)
    }

    /// Opens an archive whose keys or writers are to be changed: that needs a secret with all rights.
    func openRoot(_ path: String) throws -> (log: ArchiveLog, root: RootKeys, slotID: UInt32?) {
        let log = try ArchiveLog(opening: try ArchivePlace.open(path))
        FindingText.tell(log.findings)
        let unlocked = try unlock(log)
        guard let root = unlocked.access.root else { throw ArchiveError(.rightMissing, path, "it may only read") }
        return (log, root, unlocked.slotID)
    }

    /// Opens the slots of an archive.
    func unlock(_ log: ArchiveLog) throws -> Unlocked {
        let place = log.storage.displayName
        if let recoveryFile {
            let text =
                recoveryFile == "-"
                ? try SecretInput.ask("Recovery code: ") : try SecretInput.file(recoveryFile, limit: 4096)
            let root = try SecretInput.decoding("recovery code") { () throws(CryptoError) in
                try text.withUnsafeBytes { (bytes) throws(CryptoError) in try RecoveryCode.decode(bytes) }
            }
            return try unlock(log, .rootSecret(root))
        }
        if let identityFile {
            return try unlock(log, .identity(try SecretInput.keyText(.identity, identityFile)))
        }
        guard let keyFile else {
            return try unlock(log, .passphrase(try passphrase("Passphrase for \(place): ")))
        }
        let key = try SecretInput.keyText(.keyFile, keyFile)
        if hasExplicitPassphrase { return try unlock(log, .both(try passphrase(""), key)) }
        do throws(ArchiveError) {
            return try unlock(log, .keyFile(key))
        } catch {
            // Only where the archive has a slot that wants both is there something to ask for.
            let layouts = try? SlotLayout.check(log.header.header.slots)
            guard error.code == .secretDoesNotOpen, layouts?.contains(where: { $0.kind == .both }) == true else {
                throw error
            }
            return try unlock(log, .both(try passphrase("Passphrase for \(place), with the key file: "), key))
        }
    }

    private func unlock(_ log: ArchiveLog, _ secret: UnlockSecret) throws(ArchiveError) -> Unlocked {
        do throws(CryptoError) {
            return try Slot.unlock(
                log.header.header.slots,
                with: secret,
                rootSigningKey: log.header.header.rootSigningKey,
                contentKey: log.header.header.contentKey
            )
        } catch {
            throw ArchiveError(error, log.storage.displayName)
        }
    }

    /// The passphrase as given, else asked for.
    func passphrase(_ prompt: String) throws -> Passphrase {
        try SecretInput.passphrase(try given ?? SecretInput.ask(prompt))
    }

    /// A new passphrase: as given, else asked for twice.
    func newPassphrase(_ prompt: String) throws -> Passphrase {
        if let given = try given { return try SecretInput.passphrase(given) }
        return try SecretInput.askTwice(prompt)
    }

    private var given: SecretBytes? {
        get throws {
            if let passphraseFile { return try SecretInput.file(passphraseFile, limit: 65536) }
            if let passphraseFd { return try SecretInput.descriptor(passphraseFd, "descriptor \(passphraseFd)", 65536) }
            return try SecretInput.environment()
        }
    }
}

/// Archives by their path.
enum ArchivePlace {
    /// What does not exist is no archive, rather than an error of the drive.
    static func open(_ path: String) throws(ArchiveError) -> PosixStorage {
        do throws(StorageError) {
            return try PosixStorage(opening: path)
        } catch {
            switch error.cause {
            case .notFound, .notADirectory: throw ArchiveError(.notAnArchive, path, error.message)
            default: throw ArchiveError(error)
            }
        }
    }
}
