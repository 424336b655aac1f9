import ArchiveFormat

extension SourceKind {
    /// The kind of a run over such a source (Spec, format.md, section 8.5).
    var runKind: RunKind {
        switch self {
        case .eml: .emlFile
        case .emlx: .emlxFile
        case .msg: .msgFile
        case .mbox: .mboxFile
        case .pst: .pst
        case .ost: .ost
        case .olm: .olm
        case .container: .container
        case .folder: .folder
        case .maildir: .maildir
        case .mh: .mh
        case .thunderbird: .thunderbird
        case .appleMail: .appleMail
        case .evolution: .evolution
        case .readpst: .readpst
        }
    }

    /// The kind of a file of a source (Spec, format.md, section 8.4); `unknown` for directories, which are no files.
    var fileKind: SourceFileKind {
        switch self {
        case .eml: .eml
        case .emlx: .emlx
        case .msg: .msg
        case .mbox: .mbox
        case .pst: .pst
        case .ost: .ost
        case .olm: .olm
        case .container: .container
        case .folder, .maildir, .mh, .thunderbird, .appleMail, .evolution, .readpst: .unknown
        }
    }
}
