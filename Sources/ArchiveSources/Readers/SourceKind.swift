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
}
