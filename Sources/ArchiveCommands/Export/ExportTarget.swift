import ArchiveFormat
import ArchiveReader
import MailDisplay

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where exported messages go: one message at a time, in pieces.
protocol ExportTarget: AnyObject {
    /// Begins a message in a folder.
    func begin(_ item: ExportItem) throws(ArchiveError)
    /// Takes the next bytes of it.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError)
    /// Ends it.
    func end() throws(ArchiveError)
    /// Throws away the message that was begun: its bytes could not be had.
    func abandon()
    /// Ends the export.
    func finish() throws(ArchiveError)
}

/// A message on its way out.
struct ExportItem {
    var content: Bytes32
    var size: UInt64
    var envelope: MailEnvelope
    var flags: MessageFlags
    var folder: Folder

    /// `20200131-123005 Subject.eml`, safe on every file system.
    var fileName: String {
        var name = envelope.date.map { CalendarText.compact($0) } ?? "no date"
        let subject = MailText.field(envelope.subject)
        if !subject.isEmpty { name += " " + subject }
        // The name stays short enough for the number that makes it unique.
        while name.utf8.count > 100 { name.removeLast() }
        return SafeFileName.make(from: name, fallback: String(content.hex.prefix(12))) + ".eml"
    }
}

/// Folders of mail as directories with safe names, each folder one directory.
struct FolderNames {
    private var known: [Folder: [String]] = [:]
    private var taken: [[String]: UniqueNames] = [:]
    /// Prefixes of paths that have a directory: the same bytes mean the same directory.
    private var directories: [[[UInt8]]: [String]] = [:]

    /// The components for a folder; two folders never share one.
    mutating func components(_ folder: Folder) -> [String] {
        if let components = known[folder] { return components }
        let parts = (folder.mailbox.isEmpty ? [] : [folder.mailbox]) + folder.path
        var components: [String] = []
        // The mailbox is told from a folder of the same name by its place.
        var prefix: [[UInt8]] = [folder.mailbox.isEmpty ? [0] : [1]]
        for part in parts {
            prefix.append(part)
            if let there = directories[prefix] {
                components = there
                continue
            }
            let safe = SafeFileName.make(from: String(decoding: part, as: UTF8.self), fallback: "folder")
            let name = taken[components, default: UniqueNames()].unique(safe)
            components.append(name)
            directories[prefix] = components
        }
        known[folder] = components
        return components
    }

    /// A name for a file in the directory of these components, unlike all others there.
    mutating func unique(_ name: String, in components: [String]) -> String {
        taken[components, default: UniqueNames()].unique(name)
    }
}

extension ArchiveError {
    /// The error of the system call that just failed.
    static func system(_ path: String) -> ArchiveError {
        let number = errno
        let text = String(cString: strerror(number))
        switch number {
        case ENOSPC, EDQUOT: return ArchiveError(.noSpace, path, text)
        case EROFS: return ArchiveError(.readOnly, path, text)
        case EEXIST: return ArchiveError(.exists, path, text)
        default: return ArchiveError(.inputOutput, path, text)
        }
    }
}
