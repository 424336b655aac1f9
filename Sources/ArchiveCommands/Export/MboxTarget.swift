import ArchiveFormat
import ArchiveReader
import MailFormats

/// MBOX (mboxrd): one file for each folder in a directory, or all in one file.
final class MboxTarget: ExportTarget {
    private static let export = MboxExport(lineEnd: .lf)

    private let root: String
    private let isOneFile: Bool
    private var names = FolderNames()
    private var files: [[String]: String] = [:]
    private var file: ExportFile?
    private var current: [String]?
    private var quoting = MboxQuotingStream.redoing(.rd, lineEnds: export.lineEnds)
    private var quoted: [UInt8] = []
    private var last: UInt8?
    private var made: Set<[String]> = [[]]

    /// A path that ends in `.mbox`, or `-`, is one file.
    init(_ path: String) throws(ArchiveError) {
        root = path
        isOneFile = path == "-" || path.hasSuffix(".mbox")
        if isOneFile {
            file = try ExportFile(path)
        } else {
            try ExportDirectory.prepare(path)
        }
    }

    func begin(_ item: ExportItem) throws(ArchiveError) {
        if !isOneFile { try open(item.folder) }
        let from = item.envelope.from
        let separator =
            from.map { bytes in
                bytes.withUnsafeBytes { MboxTarget.export.separator(sender: $0, date: item.envelope.date) }
            } ?? MboxTarget.export.separator(sender: nil, date: item.envelope.date)
        try file?.write(separator)
        quoting = MboxQuotingStream.redoing(.rd, lineEnds: MboxTarget.export.lineEnds)
        last = nil
    }

    private func open(_ folder: Folder) throws(ArchiveError) {
        let components = names.components(folder)
        guard components != current else { return }
        try file?.close()
        file = nil
        current = components
        if let path = files[components] {
            file = try ExportFile(appendingTo: path)
            return
        }
        let directory = Array(components.dropLast())
        for count in 0..<directory.count where made.insert(Array(directory[...count])).inserted {
            try ExportDirectory.make(([root] + directory[...count]).joined(separator: "/"))
        }
        let name = names.unique((components.last ?? "top") + ".mbox", in: directory)
        let path = ([root] + directory + [name]).joined(separator: "/")
        files[components] = path
        file = try ExportFile(path)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        quoted.removeAll(keepingCapacity: true)
        quoting.consume(bytes, into: &quoted)
        try put()
    }

    func end() throws(ArchiveError) {
        quoted.removeAll(keepingCapacity: true)
        quoting.finish(into: &quoted)
        try put()
        try file?.write(MboxTarget.export.trail(afterLastByte: last))
    }

    private func put() throws(ArchiveError) {
        last = quoted.last ?? last
        try file?.write(quoted)
    }

    /// Nothing to take back: `begin` comes after the bytes were proven, unless the drive fails while they are read again.
    func abandon() {}

    func finish() throws(ArchiveError) {
        try file?.close()
        file = nil
    }
}
