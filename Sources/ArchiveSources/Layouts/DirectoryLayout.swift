import ArchiveFormat
import ArchiveStorage

/// What a directory is to the program that made it, decided from its name, the names in it and what its parent is.
///
/// Nothing is read but names, so each decision can be tested alone. In doubt a directory is plain, and a file is judged by
/// its bytes: left out is only what surely is no mail.
struct DirectoryLayout {
    enum Form: Equatable {
        /// A folder of whatever files.
        case plain
        /// A Maildir: `cur`, `new` and `tmp` below it, Maildir++ folders beside those.
        case maildir(isEvolution: Bool)
        /// `cur` or `new` of a Maildir.
        case messages(isNew: Bool)
        /// `tmp` of a Maildir.
        case undelivered
        /// Numbered files.
        case mh
        /// `.X.directory`: the folders below X, as KMail and `readpst -k` have them.
        case kmail
        /// Thunderbird's directory of profiles, and a profile.
        case thunderbirdRoot, thunderbirdProfile
        /// `Mail` and `ImapMail` of a profile.
        case thunderbirdAccounts
        /// MBOX files with `.msf` and `.sbd` beside them; Evolution once did the same.
        case mailFiles
        /// Apple Mail's own directory, and its `V10`.
        case appleStore
        /// `X.mbox`, and what is nested in it.
        case appleMailbox, appleInner
        /// `Attachments` beside `Messages`.
        case appleAttachments
        /// `Folder/mbox`, as `readpst -r` and `-u` write it.
        case readpst
        /// What a mail program keeps for itself.
        case data(SkipReason)
    }

    let form: Form
    /// The folder of the mail in it, as people see it.
    let folder: [[UInt8]]
    /// The folder that the folders below it stand in.
    let base: [[UInt8]]
    let kind: SourceKind
    /// What `folder` would be if each directory were a folder of its own name.
    private let path: [[UInt8]]
    private let names: SourceDirectoryNames
    /// The directory's own name.
    private let name: [UInt8]

    /// The file in the directory that tells of the flags in it; to be read on entering.
    var sideFile: String? {
        switch form {
        case .maildir where names.hasFile("dovecot-keywords".utf8): "dovecot-keywords"
        case .mh where names.hasFile(".mh_sequences".utf8): ".mh_sequences"
        default: nil
        }
    }
    /// What was in it.
    var sequences: MHSequences?
    var keywords: [Int: [UInt8]] = [:]

    /// The directory that is the source itself.
    static func root(_ names: SourceDirectoryNames, named name: [UInt8] = []) -> DirectoryLayout {
        let outside = DirectoryLayout(.plain, folder: [], base: [], .folder, path: [], SourceDirectoryNames(), [])
        return outside.entering(name[...], names, isRoot: true)
    }

    /// A directory below this one.
    func entering(_ name: ArraySlice<UInt8>, _ names: SourceDirectoryNames) -> DirectoryLayout {
        entering(name, names, isRoot: false)
    }

    init(
        _ form: Form,
        folder: [[UInt8]],
        base: [[UInt8]],
        _ kind: SourceKind,
        path: [[UInt8]],
        _ names: SourceDirectoryNames,
        _ name: [UInt8]
    ) {
        self.form = form
        self.folder = folder
        self.base = base
        self.kind = kind
        self.path = path
        self.names = names
        self.name = name
    }

    private func entering(_ name: ArraySlice<UInt8>, _ names: SourceDirectoryNames, isRoot: Bool) -> DirectoryLayout {
        let path = isRoot ? [] : self.path + [Array(name)]
        func make(
            _ form: Form,
            _ kind: SourceKind,
            _ folder: [[UInt8]],
            base: [[UInt8]]? = nil
        ) -> DirectoryLayout {
            DirectoryLayout(form, folder: folder, base: base ?? folder, kind, path: path, names, Array(name))
        }
        let own = isRoot ? base : base + [Array(name)]
        if let inner = inner(name, names, own, make) { return inner }
        if !isRoot, form != .messages(isNew: true), form != .messages(isNew: false), form != .undelivered,
            let below = name.dropping(suffix: ".directory"), below.first == UInt8(ascii: "."), below.count > 1
        {
            return make(.kmail, .folder, base + [Array(below.dropFirst())])
        }
        let shape = LayoutShape(names)
        if let isEvolution = shape.maildir(in: self) {
            let folder: [[UInt8]]
            if !isRoot, name.first == UInt8(ascii: "."), name.count > 1 {
                let below = isEvolution ? FolderNames.evolution(name) : FolderNames.maildirPlus(name)
                folder = below.isEmpty ? own : base + below
            } else {
                folder = own
            }
            // With folders beside it, the Maildir itself is the inbox of an account.
            let isAccount = isEvolution ? isRoot || !isMaildir : shape.hasMaildirPlusFolders
            let inbox = Array((isEvolution ? "Inbox" : "INBOX").utf8)
            return make(
                .maildir(isEvolution: isEvolution),
                isEvolution ? .evolution : .maildir,
                isAccount ? folder + [inbox] : folder,
                base: folder
            )
        }
        if shape.isMH || (form == .mh && shape.hasOnlyNumbers) { return make(.mh, .mh, own) }
        if shape.isThunderbirdProfile { return make(.thunderbirdProfile, .thunderbird, own) }
        if shape.isThunderbirdRoot { return make(.thunderbirdRoot, .thunderbird, own) }
        if let mailbox = LayoutShape.appleMailboxName(name), shape.isAppleMailbox || isApple {
            // Named by itself it is a folder of its name, as an MBOX file is.
            return make(.appleMailbox, .appleMail, base + [mailbox])
        }
        if shape.isAppleStore { return make(.appleStore, .appleMail, own) }
        if shape.hasLooseAppleMessages { return make(.appleInner, .appleMail, own) }
        if let isEvolution = shape.mailFiles { return make(.mailFiles, isEvolution ? .evolution : .thunderbird, own) }
        if shape.isReadpst { return make(.readpst, .readpst, own) }
        if form == .thunderbirdAccounts { return make(.mailFiles, .thunderbird, own) }
        return make(.plain, kind == .folder || isRoot ? .folder : kind, own)
    }

    /// What a directory is within a parent that knows its own.
    private func inner(
        _ name: ArraySlice<UInt8>,
        _ names: SourceDirectoryNames,
        _ own: [[UInt8]],
        _ make: (Form, SourceKind, [[UInt8]], [[UInt8]]?) -> DirectoryLayout
    ) -> DirectoryLayout? {
        switch form {
        case .data(let reason): return make(.data(reason), kind, folder, nil)
        case .appleAttachments: return make(.appleAttachments, kind, folder, nil)
        case .maildir(let isEvolution):
            if name.isName("cur") { return make(.messages(isNew: false), kind, folder, nil).with(keywords) }
            if name.isName("new") { return make(.messages(isNew: true), kind, folder, nil).with(keywords) }
            if name.isName("tmp") { return make(.undelivered, kind, folder, nil) }
            if isEvolution, name.isName(".#evolution") { return make(.data(.index), kind, folder, nil) }
            if OwnNames.isMaildirDirectory(name) { return make(.data(.index), kind, folder, nil) }
        case .thunderbirdRoot:
            if name.isName("Crash Reports") || name.isName("Pending Pings") {
                return make(.data(.program), kind, own, nil)
            }
        case .thunderbirdProfile:
            if name.isName("Mail") || name.isName("ImapMail") { return make(.thunderbirdAccounts, kind, base, nil) }
            if OwnNames.isThunderbirdDirectory(name) { return make(.data(.program), kind, own, nil) }
        case .mailFiles, .thunderbirdAccounts:
            if let owner = name.dropping(suffix: ".sbd") {
                return make(.mailFiles, kind, base + [mailFileName(owner[...])], nil)
            }
            if name.ends(with: ".mozmsgs") { return make(.data(.index), kind, own, nil) }
        case .appleStore:
            if name.isName("MailData") { return make(.data(.program), kind, own, nil) }
            if LayoutShape.isAppleVersion(name) { return make(.appleStore, kind, base, nil) }
        case .appleMailbox, .appleInner:
            if name.isName("Attachments"), self.names.hasDirectory("Messages".utf8) {
                return make(.appleAttachments, kind, folder, nil)
            }
            if LayoutShape.isAppleInner(name) { return make(.appleInner, kind, folder, base) }
        default: break
        }
        // Programs that index mail keep their own directory in it.
        if name.isName(".notmuch") || name.isName(".nnmaildir") { return make(.data(.index), kind, own, nil) }
        if name.ends(with: ".sbd"), let owner = name.dropping(suffix: ".sbd"), self.names.hasFile(owner) {
            return make(.mailFiles, .thunderbird, base + [mailFileName(owner[...])], nil)
        }
        return nil
    }

    private func with(_ keywords: [Int: [UInt8]]) -> DirectoryLayout {
        var layout = self
        layout.keywords = keywords
        return layout
    }

    var isMaildir: Bool { if case .maildir = form { true } else { false } }

    var isEvolution: Bool { form == .maildir(isEvolution: true) }

    private var isApple: Bool {
        switch form {
        case .appleStore, .appleMailbox, .appleInner: true
        default: false
        }
    }

    /// The folder's name that a mail file stands for: IMAP names are in modified UTF-7.
    private func mailFileName(_ name: ArraySlice<UInt8>) -> [UInt8] {
        guard let decoded = FolderNames.modifiedUTF7(name), decoded.contains(where: { $0 >= 0x80 }) else {
            return Array(name)
        }
        return decoded
    }

    // MARK: Files

    /// What a file is.
    enum Role {
        /// Mail, as far as the surroundings tell; with no kind its bytes decide.
        case file(FoundPlace, SourceKind?)
        /// Left out when it is empty; else mail.
        case mailFile(FoundPlace, SourceKind?)
        /// A message of Apple Mail without its attachments.
        case partial(FoundPlace)
        /// An attachment of Apple Mail.
        case attachment(FoundPlace)
        case skipped(SkipReason)
    }

    /// What a file in the directory is, by its name.
    func role(of name: ArraySlice<UInt8>) -> Role {
        if let reason = OwnNames.reason(name, beside: names) { return .skipped(reason) }
        switch form {
        case .data(let reason): return .skipped(reason)
        case .undelivered: return .skipped(.undelivered)
        case .messages: return message(name)
        case .maildir(let isEvolution):
            if let reason = OwnNames.maildirReason(name, isEvolution: isEvolution) { return .skipped(reason) }
        case .mh: return numbered(name)
        case .thunderbirdRoot:
            if name.isName("profiles.ini") || name.isName("installs.ini") { return .skipped(.program) }
        case .thunderbirdProfile:
            if OwnNames.isThunderbirdFile(name) { return .skipped(.program) }
        case .mailFiles, .thunderbirdAccounts: return mailFile(name)
        case .appleStore:
            if OwnNames.isAppleFile(name) { return .skipped(.program) }
        case .appleMailbox:
            if OwnNames.isAppleFile(name) { return .skipped(.index) }
            if name.isName("mbox") { return .mailFile(place(), .mbox) }
            return appleMessage(name)
        case .appleInner:
            if OwnNames.isAppleFile(name) { return .skipped(.index) }
            return appleMessage(name)
        case .appleAttachments: return .attachment(place())
        case .readpst:
            if name.isName(".size") || name.isName(".type") { return .skipped(.marker) }
            if name.isName("mbox") { return .mailFile(place(), .mbox) }
        case .kmail:
            // `readpst -k` puts the folder's own mail into its directory.
            if name.dropping(suffix: ".mbox") == folder.last { return .mailFile(place(), .mbox) }
            return .file(place(adding: name), nil)
        case .plain: break
        }
        return .file(plainPlace(name), nil)
    }

    private func place() -> FoundPlace {
        var place = FoundPlace()
        place.folder = folder
        return place
    }

    private func place(adding name: ArraySlice<UInt8>) -> FoundPlace {
        var place = place()
        place.folder?.append(name.dropping(suffix: ".mbox") ?? Array(name))
        return place
    }

    /// Where the path tells all, nothing is said; else an MBOX is a folder of its own name.
    private func plainPlace(_ name: ArraySlice<UInt8>) -> FoundPlace {
        if folder == path { return FoundPlace() }
        return name.ends(with: ".mbox") ? place(adding: name) : place()
    }

    private func message(_ name: ArraySlice<UInt8>) -> Role {
        var place = place()
        // Readers of Maildir pass over names that begin with a dot; what this one is, its bytes tell.
        guard name.first != UInt8(ascii: ".") else { return .file(place, nil) }
        let parsed = MaildirName(name)
        place.flags = parsed.flags
        place.internalDate = parsed.delivered
        place.labels = parsed.keywords.map { keywords[$0] ?? [UInt8($0 + 0x61)] }
        return .file(place, .eml)
    }

    private func numbered(_ name: ArraySlice<UInt8>) -> Role {
        var place = place()
        if let number = MHSequences.number(name) {
            if let (flags, labels) = sequences?.state(of: number) {
                place.flags = flags
                place.labels = labels
            }
            return .file(place, .eml)
        }
        if OwnNames.isMHIndex(name) { return .skipped(.index) }
        // MH renames what it removes.
        if name.first == UInt8(ascii: ",") || name.first == UInt8(ascii: "#"), name.dropFirst().isNumber {
            place.flags = .deleted
        }
        return .file(place, nil)
    }

    private func mailFile(_ name: ArraySlice<UInt8>) -> Role {
        if OwnNames.isMailFileIndex(name) { return .skipped(.index) }
        if OwnNames.isThunderbirdMailData(name) { return .skipped(.program) }
        var place = place()
        place.folder?.append(mailFileName(name))
        if let bare = name.dropping(suffix: ".mbox") { place.folder = folder + [mailFileName(bare[...])] }
        let hasIndex =
            names.contains(Array(name) + Array(".msf".utf8)) || names.contains(Array(name) + Array(".ev-summary".utf8))
        let hasFolders = names.hasDirectory(Array(name) + Array(".sbd".utf8))
        return hasIndex || hasFolders ? .mailFile(place, .mbox) : .file(place, nil)
    }

    private func appleMessage(_ name: ArraySlice<UInt8>) -> Role {
        if let id = name.dropping(suffix: ".partial.emlx") {
            return names.hasFile(id + Array(".emlx".utf8)) ? .skipped(.partialTwin) : .partial(place())
        }
        return .file(place(), name.ends(with: ".emlx") ? .emlx : nil)
    }
}
