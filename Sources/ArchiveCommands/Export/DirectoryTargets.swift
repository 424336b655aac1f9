import ArchiveFormat
import ArchiveReader
import MailFormats

/// One file for each message, in directories for folders.
final class EMLTarget: ExportTarget {
    private let root: String
    private var names = FolderNames()
    private var made: Set<[String]> = [[]]
    private var file: ExportFile?
    private var changed: Int64?

    init(_ path: String) throws(ArchiveError) {
        root = path
        try ExportDirectory.prepare(path)
    }

    func begin(_ item: ExportItem) throws(ArchiveError) {
        let components = names.components(item.folder)
        for count in 0..<components.count where made.insert(Array(components[...count])).inserted {
            try ExportDirectory.make(([root] + components[...count]).joined(separator: "/"))
        }
        let name = names.unique(item.fileName, in: components)
        file = try ExportFile(([root] + components + [name]).joined(separator: "/"))
        changed = item.envelope.date
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) { try file?.write(bytes) }

    func end() throws(ArchiveError) {
        try file?.close(changed: changed)
        file = nil
    }

    func abandon() {
        file?.discard()
        file = nil
    }

    func finish() throws(ArchiveError) {}
}

/// Maildir, with `.Folder.Sub` beside `cur`, `new` and `tmp`, as Maildir++ has it.
final class MaildirTarget: ExportTarget {
    private let root: String
    private var names = FolderNames()
    private var made: Set<String> = []
    private var file: ExportFile?
    private var changed: Int64?
    private var count = 0
    private var separator = ":"

    init(_ path: String) throws(ArchiveError) {
        root = path
        try ExportDirectory.prepare(path)
        try makeFolder(path)
        // FAT does not allow the colon; what replaces it there is what others use.
        let probe = path + "/tmp/probe:2,"
        if let file = try? ExportFile(probe) { file.discard() } else { separator = ";" }
    }

    private func makeFolder(_ path: String) throws(ArchiveError) {
        guard made.insert(path).inserted else { return }
        if path != root { try ExportDirectory.make(path) }
        for name in ["cur", "new", "tmp"] { try ExportDirectory.make(path + "/" + name) }
    }

    func begin(_ item: ExportItem) throws(ArchiveError) {
        let components = names.components(item.folder)
        var path = root
        if !components.isEmpty {
            // A dot parts folders here, so it cannot stay in their names.
            path += "/" + components.map { "." + String($0.map { $0 == "." ? "_" : $0 }) }.joined()
        }
        try makeFolder(path)
        count += 1
        var flags = ""
        let letters: [(MessageFlags, String)] = [
            (.draft, "D"), (.flagged, "F"), (.forwarded, "P"), (.answered, "R"), (.seen, "S"), (.deleted, "T"),
        ]
        for (flag, letter) in letters where item.flags.contains(flag) { flags += letter }
        let seconds = max(item.envelope.date ?? 0, 0)
        let name = "\(seconds).M\(count)_\(item.content.hex.prefix(12)).archive,S=\(item.size)\(separator)2,\(flags)"
        file = try ExportFile("\(path)/cur/\(name)")
        changed = item.envelope.date
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) { try file?.write(bytes) }

    func end() throws(ArchiveError) {
        try file?.close(changed: changed)
        file = nil
    }

    func abandon() {
        file?.discard()
        file = nil
    }

    func finish() throws(ArchiveError) {}
}
