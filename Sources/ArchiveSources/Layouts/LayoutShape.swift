import ArchiveStorage

/// What the names in a directory make of it.
struct LayoutShape {
    let names: SourceDirectoryNames

    init(_ names: SourceDirectoryNames) { self.names = names }

    private func hasFile(_ name: String) -> Bool { names.hasFile(name.utf8) }
    private func hasDirectory(_ name: String) -> Bool { names.hasDirectory(name.utf8) }

    /// Whether a name is there for which this holds; at most the first 65,536 are looked at.
    private func any(_ holds: (ArraySlice<UInt8>, FileKind?) -> Bool) -> Bool {
        for index in 0..<min(names.count, 1 << 16) {
            let (name, kind) = names[index]
            if holds(name, kind) { return true }
        }
        return false
    }

    // MARK: Maildir

    /// Whether it is a Maildir, and then whether one of Evolution; nil when it is none.
    ///
    /// `cur` with `new` or `tmp` is one. `cur` or `new` alone is one where nothing else is beside that no Maildir has:
    /// programs that keep files, not directories, lose the empty ones.
    func maildir(in parent: DirectoryLayout) -> Bool? {
        let hasCur = hasDirectory("cur")
        let hasNew = hasDirectory("new")
        guard hasCur || hasNew else { return nil }
        if !(hasCur && (hasNew || hasDirectory("tmp"))) {
            let others = any { name, kind in
                if name.isName("cur") || name.isName("new") || name.isName("tmp") { return false }
                if name.first == UInt8(ascii: ".") { return false }
                return OwnNames.maildirReason(name, isEvolution: false) == nil
            }
            if others { return nil }
        }
        return hasDirectory(".#evolution") || hasFile("..maildir++") || parent.isEvolution
    }

    var hasMaildirPlusFolders: Bool {
        any { name, kind in
            name.count > 1 && name.first == UInt8(ascii: ".") && kind == .directory
                && !OwnNames.isMaildirDirectory(name)
                && !name.ends(with: ".directory")
        }
    }

    // MARK: MH

    /// Whether a program of the MH kind left its own file: nmh, Sylpheed, Claws Mail, XMH, Gnus.
    var isMH: Bool {
        hasFile(".mh_sequences") || hasFile(".xmhcache") || hasFile(".sylpheed_cache") || hasFile(".sylpheed_mark")
            || hasFile(".claws_cache") || hasFile(".claws_mark")
            || (hasFile(".overview") && any { name, _ in name.isNumber })
    }

    var hasOnlyNumbers: Bool { names.count > 0 && !any { name, _ in !name.isNumber } }

    // MARK: Thunderbird and its like

    var isThunderbirdProfile: Bool {
        hasFile("prefs.js")
            && (hasDirectory("Mail") || hasDirectory("ImapMail") || hasFile("global-messages-db.sqlite"))
    }

    var isThunderbirdRoot: Bool { hasFile("profiles.ini") }

    /// Whether mail files stand here with their indexes or folders beside them, and then whether Evolution's; else nil.
    var mailFiles: Bool? {
        if hasFile("popstate.dat") || hasFile("msgFilterRules.dat") { return false }
        var isEvolution: Bool?
        let found = any { name, _ in
            for (suffix, evolution) in [(".msf", false), (".ev-summary", true), (".sbd", false)] {
                guard let owner = name.dropping(suffix: suffix) else { continue }
                let hasMail = names.contains(owner)
                if hasMail || (suffix == ".msf" && names.hasDirectory(owner + Array(".sbd".utf8))) {
                    isEvolution = evolution
                    return true
                }
            }
            return false
        }
        return found ? isEvolution : nil
    }

    // MARK: Apple Mail

    /// The folder's name in `X.mbox`.
    static func appleMailboxName(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        name.dropping(suffix: ".mbox") ?? name.dropping(suffix: ".imapmbox")
    }

    var isAppleMailbox: Bool {
        hasFile("mbox") || hasDirectory("Messages") || hasDirectory("CachedMessages") || hasFile("Info.plist")
            || any { name, kind in
                Self.isUUID(name) || name.ends(with: ".emlx") || (name.ends(with: ".mbox") && kind == .directory)
            }
    }

    var isAppleStore: Bool {
        hasDirectory("MailData")
            || any { name, kind in Self.isAppleVersion(name) && kind == .directory && name.count > 1 }
                && (hasFile("PersistenceInfo.plist") || names.count == 1)
    }

    /// Whether messages lie here, taken out of their mailbox.
    var hasLooseAppleMessages: Bool {
        any { name, _ in name.ends(with: ".emlx") } || (hasDirectory("Messages") && hasDirectory("Attachments"))
    }

    /// `V2` to `V10` and later.
    static func isAppleVersion(_ name: ArraySlice<UInt8>) -> Bool {
        name.first == UInt8(ascii: "V") && name.dropFirst().isNumber && name.count <= 3
    }

    /// Directories within a mailbox that are no folders.
    static func isAppleInner(_ name: ArraySlice<UInt8>) -> Bool {
        name.isName("Messages") || name.isName("CachedMessages") || name.isName("Data") || isUUID(name)
            || (name.count == 1 && name.isNumber)
    }

    static func isUUID(_ name: ArraySlice<UInt8>) -> Bool {
        guard name.count == 36 else { return false }
        return name.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
            }
        }
    }

    // MARK: readpst

    /// A file `mbox` in a directory that is no package of Apple Mail; `-u` adds two small files.
    var isReadpst: Bool { hasFile("mbox") || (hasFile(".size") && hasFile(".type")) }
}
