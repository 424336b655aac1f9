import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveWriter
import ArgumentParser

/// Where a new passphrase comes from, if it is not asked for.
struct NewPassphraseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The new passphrase is in a file.", valueName: "file"), completion: .file())
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp("The new passphrase comes from an open descriptor.", valueName: "number"))
    var newPassphraseFd: Int32?

    var isGiven: Bool { newPassphraseFile != nil || newPassphraseFd != nil }

    mutating func validate() throws {
        if newPassphraseFile != nil, newPassphraseFd != nil {
            throw ValidationError("Give one of --new-passphrase-file and --new-passphrase-fd.")
        }
    }

    func passphrase() throws -> Passphrase {
        if let newPassphraseFile {
            return try SecretInput.passphrase(try SecretInput.file(newPassphraseFile, limit: 65536))
        }
        if let newPassphraseFd {
            return try SecretInput.passphrase(
                try SecretInput.descriptor(newPassphraseFd, "descriptor \(newPassphraseFd)", 65536)
            )
        }
        return try SecretInput.askTwice("New passphrase: ")
    }
}

/// How a new slot is protected.
struct NewSlotOptions: ParsableArguments {
    @OptionGroup var new: NewPassphraseOptions

    @Option(
        help: ArgumentHelp("Protect with a key file; it is made if it does not exist.", valueName: "file"),
        completion: .file()
    )
    var newKeyFile: String?

    @Flag(help: "With --new-key-file: a passphrase is wanted too.") var withPassphrase = false

    @Option(help: ArgumentHelp("Protect for an X25519 recipient, as `key identity` prints it.", valueName: "text"))
    var recipient: String?

    @Flag(help: "The slot opens for reading only.") var readOnly = false

    @Option(help: ArgumentHelp("A name for the slot, at most 64 bytes.", valueName: "text")) var label = ""

    mutating func validate() throws {
        if recipient != nil, newKeyFile != nil || new.isGiven {
            throw ValidationError("A recipient slot has no passphrase and no key file.")
        }
    }

    func request() throws -> SlotRequest {
        SlotRequest(try protection(), rights: readOnly ? .readOnly : .all, label: label)
    }

    private func protection() throws -> SlotProtection {
        if let recipient {
            let key = try SecretInput.decoding("recipient") { () throws(CryptoError) in
                var bytes = Array(recipient.utf8)
                let text = SecretBytes(wiping: &bytes)
                return try text.withUnsafeBytes { (bytes) throws(CryptoError) in try KeyText.recipient.decode(bytes) }
            }
            guard let point = key.withUnsafeBytes({ Bytes32($0) }) else {
                throw CommandFailure("that is no recipient", code: .badKeyText)
            }
            return .recipient(point)
        }
        guard let newKeyFile else { return .passphrase(try new.passphrase(), .standard) }
        let key = try KeyFiles.openOrMake(newKeyFile)
        if withPassphrase || new.isGiven {
            return .both(try new.passphrase(), key, .standard)
        }
        return .keyFile(key)
    }
}
