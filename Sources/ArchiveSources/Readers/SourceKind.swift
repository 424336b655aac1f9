/// The kinds of sources, told by their bytes or by what lies beside them.
package enum SourceKind: String, CaseIterable, Sendable {
    // One message.
    case eml, emlx, msg
    // Many messages in one file.
    case mbox, pst, ost, olm
    // Many files in one.
    case container
    // Directories.
    case folder, maildir, mh, thunderbird, appleMail = "apple-mail", evolution, readpst

    /// What it is, for people.
    package var words: String {
        switch self {
        case .eml: "one message (RFC 5322): Outlook, webmail, Windows Mail"
        case .emlx: "one message of Apple Mail, with its flags"
        case .msg: "one item of Outlook (MSG, OFT)"
        case .mbox: "MBOX in any dialect: Thunderbird, Takeout, Unix mail"
        case .pst: "store of Outlook (PST)"
        case .ost: "copy of a mailbox by Outlook (OST)"
        case .olm: "store of Outlook for Mac (OLM)"
        case .container: "files within a file: zip, tar, tgz, 7z, a compressed MBOX, Takeout, Zimbra, eDiscovery"
        case .folder: "any folder, with everything below it"
        case .maildir: "Maildir and Maildir++"
        case .mh: "MH folders"
        case .thunderbird: "profile or mail folder of Thunderbird"
        case .appleMail: "folders of Apple Mail"
        case .evolution: "folders of Evolution"
        case .readpst: "what readpst made of a PST"
        }
    }

    /// How it is told.
    package var evidence: String {
        switch self {
        case .eml: "a header field in the first lines"
        case .emlx: "a byte count in the first line, then a message"
        case .msg: "the compound file header, with the streams of a message"
        case .mbox: "a 'From ' line at the start"
        case .pst: "!BDN at the start, SM at 8"
        case .ost: "!BDN at the start, SO at 8"
        case .olm: "a zip with com.microsoft.__Messages"
        case .container: "the first bytes of the format"
        case .folder: "a directory"
        case .maildir: "cur, new and tmp"
        case .mh: ".mh_sequences, or files with numbers for names"
        case .thunderbird: "X beside X.sbd or X.msf"
        case .appleMail: "X.mbox with a file mbox, or with Messages"
        case .evolution: "a Maildir with names of Evolution"
        case .readpst: "folders with a file mbox, or with numbered files"
        }
    }

    /// Whether it is a directory.
    package var isDirectory: Bool {
        switch self {
        case .folder, .maildir, .mh, .thunderbird, .appleMail, .evolution, .readpst: true
        default: false
        }
    }
}
