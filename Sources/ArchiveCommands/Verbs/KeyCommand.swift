import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveWriter
import ArgumentParser

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Passphrases, key files, recipients and the recovery code.",
        subcommands: [List.self, Add.self, Remove.self, ChangePassphrase.self, Recovery.self, Identity.self]
    )
}

extension KeyCommand {
    struct List: ReportingCommand {
        static let verb = "key list"
        static let configuration = CommandConfiguration(abstract: "List slots; with a secret, also their names.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let log = try ArchiveLog(opening: try ArchivePlace.open(archive))
            let read = secret.isGiven ? try secret.unlock(log).access.read : nil
            let slots = try KeyChange.list(log, read: read)
            if report.json {
                Output.standard.json(
                    Document.head(Self.verb, archive, log.findings),
                    "slots",
                    slots
                ) {
                    .object([
                        ("slot", .number(Int64($0.id))), ("kind", .string(SlotText.kind($0.kind))),
                        ("rights", .string(SlotText.rights($0.rights))),
                        ("created", .string(CalendarText.internet(Int64(clamping: $0.created)))),
                        ("label", .optional($0.label)),
                    ])
                }
            } else {
                for slot in slots { Output.standard.line(line(slot)) }
            }
            try FindingText.judgeReading(log.findings, report)
        }

        private func line(_ slot: SlotInfo) -> String {
            "\(MessageText.padded(String(slot.id), 4)) \(MessageText.padded(SlotText.kind(slot.kind), 22)) "
                + "\(MessageText.padded(SlotText.rights(slot.rights), 10)) "
                + "\(CalendarText.minute(Int64(clamping: slot.created)))  \(MailText.safe(slot.label ?? ""))"
        }
    }

    struct Add: ReportingCommand {
        static let verb = "key add"
        static let configuration = CommandConfiguration(abstract: "Add a passphrase, key file or recipient.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @OptionGroup(title: "New slot") var new: NewSlotOptions
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            let id = try KeyChange.add(log.storage, root, try new.request())
            SlotText.tell(Self.verb, archive, id, "Added slot \(id).", report)
        }
    }

    struct Remove: ReportingCommand {
        static let verb = "key remove"
        static let configuration = CommandConfiguration(
            abstract: "Remove a slot.",
            discussion: SlotText.notRevoked
        )
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Argument(help: "The number of the slot, as `key list` shows it.") var slot: UInt32
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            try KeyChange.remove(log.storage, root, slotID: slot)
            SlotText.tell(Self.verb, archive, slot, "Removed slot \(slot). \(SlotText.notRevoked)", report)
        }
    }

    struct ChangePassphrase: ReportingCommand {
        static let verb = "key change-passphrase"
        static let configuration = CommandConfiguration(
            abstract: "Give the slot that was opened, or another, a new passphrase."
        )
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @Option(help: ArgumentHelp("The slot to change, if not the one that opened.", valueName: "number")) var slot:
            UInt32?
        @Option(help: ArgumentHelp("Another name for the slot, at most 64 bytes.", valueName: "text")) var label:
            String?
        @OptionGroup(title: "New passphrase") var new: NewPassphraseOptions
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, opened) = try secret.openRoot(archive)
            guard let slot = slot ?? opened else {
                throw CommandFailure("which slot?", hint: "name it with --slot; `key list` shows them")
            }
            guard let old = try KeyChange.list(log, read: root.read).first(where: { $0.id == slot }) else {
                throw ArchiveError(.notFound, "slot \(slot)")
            }
            let protection: SlotProtection
            switch old.kind {
            case .passphrase: protection = .passphrase(try new.passphrase(), .standard)
            case .both:
                guard let keyFile = secret.keyFile else {
                    throw CommandFailure("slot \(slot) wants its key file too", hint: "give it with --key-file")
                }
                protection = .both(try new.passphrase(), try SecretInput.keyText(.keyFile, keyFile), .standard)
            case .keyFile, .recipient:
                throw CommandFailure("slot \(slot) has no passphrase", hint: "add one with `key add`")
            }
            let label = self.label ?? old.label ?? ""
            let id = try KeyChange.replace(
                log.storage,
                root,
                slotID: slot,
                with: SlotRequest(protection, rights: old.rights, label: label)
            )
            SlotText.tell(Self.verb, archive, id, "Slot \(slot) is now slot \(id). \(SlotText.notRevoked)", report)
        }
    }

    struct Recovery: ReportingCommand {
        static let verb = "key recovery"
        static let configuration = CommandConfiguration(abstract: "Show the recovery code.")
        @Argument(help: "The archive.", completion: .directory) var archive: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (_, root, _) = try secret.openRoot(archive)
            guard report.json else { return RecoveryNotice.show(root) }
            Output.standard.json(
                .object(Document.head(Self.verb, archive) + [("recoveryCode", RecoveryNotice.json(root))])
            )
        }
    }

    struct Identity: ReportingCommand {
        static let verb = "key identity"
        static let configuration = CommandConfiguration(
            abstract: "Make an X25519 identity; print the recipient to give away."
        )
        @Argument(help: "The file to make.") var file: String
        @OptionGroup var report: ReportOptions

        func run() throws {
            let identity = SecretBytes.random()
            try KeyFiles.write(KeyText.identity.encode(identity), to: file)
            let text = X25519.publicKey(of: identity).withUnsafeBytes { KeyText.recipient.encode($0) }
            let recipient = text.withUnsafeBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
            guard report.json else { return Output.standard.line(recipient) }
            Output.standard.json(
                .object(
                    Document.head(Self.verb) + [("file", .string(file)), ("recipient", .string(recipient))]
                )
            )
        }
    }
}

/// Slots in words.
enum SlotText {
    static let notRevoked =
        "Whoever had its secret and a copy of the archive, or of its header, can still open that copy; "
        + "the keys of the archive stay the same. To shut somebody out, make a new archive."

    static func kind(_ kind: SlotKind) -> String {
        switch kind {
        case .passphrase: "passphrase"
        case .keyFile: "key file"
        case .both: "passphrase + key file"
        case .recipient: "recipient"
        }
    }

    static func rights(_ rights: SlotRights) -> String { rights == .all ? "all" : "read-only" }

    static func tell(_ command: String, _ archive: String, _ slot: UInt32, _ text: String, _ report: ReportOptions) {
        guard report.json else { return Output.standard.line(text) }
        Output.standard.json(
            .object(Document.head(command, archive) + [("slot", .number(Int64(slot))), ("note", .string(text))])
        )
    }
}
