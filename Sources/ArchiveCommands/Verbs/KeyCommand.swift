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
    struct List: ParsableCommand, ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "List slots; with a secret, also their names.")
        @Argument(help: "The archive.") var archive: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let log = try ArchiveLog(opening: try ArchivePlace.open(archive))
            let read = secret.isGiven ? try secret.unlock(log).access.read : nil
            let slots = try KeyChange.list(log, read: read)
            if report.json {
                Output.standard.json(
                    [("schema", .string(Output.schema)), ("command", .string("key list"))],
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
                return
            }
            for slot in slots {
                Output.standard.line(
                    "\(MessageText.padded(String(slot.id), 4)) \(MessageText.padded(SlotText.kind(slot.kind), 22)) "
                        + "\(MessageText.padded(SlotText.rights(slot.rights), 10)) "
                        + "\(CalendarText.minute(Int64(clamping: slot.created)))  \(MailText.safe(slot.label ?? ""))"
                )
            }
        }
    }

    struct Add: ParsableCommand, ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Add a passphrase, key file or recipient.")
        @Argument(help: "The archive.") var archive: String
        @OptionGroup(title: "New slot") var new: NewSlotOptions
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            let id = try KeyChange.add(log.storage, root, try new.request())
            SlotText.tell("key add", id, "Added slot \(id).", report)
        }
    }

    struct Remove: ParsableCommand, ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a slot.")
        @Argument(help: "The archive.") var archive: String
        @Argument(help: "The number of the slot, as `key list` shows it.") var slot: UInt32
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, _) = try secret.openRoot(archive)
            try KeyChange.remove(log.storage, root, slotID: slot)
            SlotText.tell("key remove", slot, "Removed slot \(slot). \(SlotText.notRevoked)", report)
        }
    }

    struct ChangePassphrase: ParsableCommand, ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the slot that was opened, or another, a new passphrase."
        )
        @Argument(help: "The archive.") var archive: String
        @Option(help: ArgumentHelp("The slot to change, if not the one that opened.", valueName: "number")) var slot:
            UInt32?
        @OptionGroup(title: "New slot") var new: NewSlotOptions
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (log, root, opened) = try secret.openRoot(archive)
            guard let slot = slot ?? opened else {
                throw CommandFailure("which slot?", hint: "name it with --slot; `key list` shows them")
            }
            guard let old = try KeyChange.list(log, read: root.read).first(where: { $0.id == slot }) else {
                throw CommandFailure("there is no slot \(slot)", hint: "`key list` shows them")
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
            let label = new.label.isEmpty ? old.label ?? "" : new.label
            let id = try KeyChange.replace(
                log.storage,
                root,
                slotID: slot,
                with: SlotRequest(protection, rights: old.rights, label: label)
            )
            SlotText.tell("key change-passphrase", id, "Slot \(slot) is now slot \(id). \(SlotText.notRevoked)", report)
        }
    }

    struct Recovery: ParsableCommand, ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Show the recovery code.")
        @Argument(help: "The archive.") var archive: String
        @OptionGroup(title: "Secret") var secret: SecretOptions
        @OptionGroup var report: ReportOptions

        func run() throws {
            let (_, root, _) = try secret.openRoot(archive)
            guard report.json else { return RecoveryNotice.show(root) }
            Output.standard.json(
                .object([
                    ("schema", .string(Output.schema)), ("command", .string("key recovery")),
                    ("recoveryCode", RecoveryNotice.json(root)),
                ])
            )
        }
    }

    struct Identity: ParsableCommand, ReportingCommand {
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
                .object([
                    ("schema", .string(Output.schema)), ("command", .string("key identity")),
                    ("recipient", .string(recipient)),
                ])
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

    static func tell(_ command: String, _ slot: UInt32, _ text: String, _ report: ReportOptions) {
        guard report.json else { return Output.standard.line(text) }
        Output.standard.json(
            .object([
                ("schema", .string(Output.schema)), ("command", .string(command)), ("slot", .number(Int64(slot))),
                ("note", .string(text)),
            ])
        )
    }
}
