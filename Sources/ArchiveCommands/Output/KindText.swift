import ArchiveFormat

/// What numbers in the archive stand for, in words; a number of a later version is told as it is.
enum KindText {
    /// The kind of a source, as `import --as` knows it.
    static func run(_ kind: UInt8) -> String {
        guard let known = RunKind(rawValue: kind) else { return kind == 0 ? "unknown" : "unknown (\(kind))" }
        return switch known {
        case .emlFile: "eml"
        case .folder: "folder"
        case .mboxFile: "mbox"
        case .standardInput: "standard-input"
        case .emlxFile: "emlx"
        case .msgFile: "msg"
        case .pst: "pst"
        case .ost: "ost"
        case .olm: "olm"
        case .container: "container"
        case .maildir: "maildir"
        case .mh: "mh"
        case .thunderbird: "thunderbird"
        case .appleMail: "apple-mail"
        case .evolution: "evolution"
        case .readpst: "readpst"
        }
    }

    /// The kind of a source file.
    static func file(_ kind: UInt8) -> String {
        guard let known = SourceFileKind(rawValue: kind) else { return "unknown (\(kind))" }
        return switch known {
        case .unknown: "unknown"
        case .eml: "eml"
        case .mbox: "mbox"
        case .emlx: "emlx"
        case .msg: "msg"
        case .pst: "pst"
        case .ost: "ost"
        case .olm: "olm"
        case .container: "container"
        case .list: "list"
        }
    }

    /// The dialect of an MBOX; nil when there is none.
    static func dialect(_ dialect: UInt8) -> String? {
        switch dialect {
        case 0: nil
        case 1: "mboxo"
        case 2: "mboxrd"
        case 3: "mboxcl"
        case 4: "mboxcl2"
        default: "unknown (\(dialect))"
        }
    }

    /// Why something was rejected.
    static func reason(_ reason: UInt8) -> String {
        RejectReason(rawValue: reason)?.words ?? "unknown (\(reason))"
    }
}
