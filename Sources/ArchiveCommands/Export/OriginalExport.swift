import ArchiveFormat
import ArchiveReader
import MailDisplay

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes the imported files again: a directory or file for each import, with the names that the source had.
struct OriginalExport {
    private let archive: Archive
    private let root: String
    private var runNames: [Int: String] = [:]
    private var names = UniqueNames()
    private var made: Set<[UInt8]> = []
    private var files: Set<[UInt8]> = []

    init(_ archive: Archive, _ path: String) throws(ArchiveError) {
        self.archive = archive
        root = path
        try ExportDirectory.prepare(path)
    }

    /// Makes one file; a file that cannot be made whole is taken away again and told.
    mutating func export(
        _ entry: SourceFileEntry,
        progress: (UInt64) -> Void
    ) throws(ArchiveError) -> Finding? {
        let path = try place(of: entry)
        let file = try ExportFile(bytes: path)
        var targetError: ArchiveError?
        do throws(ArchiveError) {
            try archive.originalFile(entry) { (piece) throws(ArchiveError) in
                do throws(ArchiveError) {
                    try file.write(piece)
                } catch {
                    targetError = error
                    throw error
                }
                progress(UInt64(piece.count))
            }
        } catch {
            file.discard()
            if let targetError { throw targetError }
            return Finding(error.code, error.place, error.detail)
        }
        do throws(ArchiveError) {
            try file.close(changed: entry.changed)
            return nil
        } catch {
            file.discard()
            throw error
        }
    }

    private mutating func place(of entry: SourceFileEntry) throws(ArchiveError) -> [UInt8] {
        var path = Array("\(root)/\(runName(entry.run))".utf8)
        for (index, part) in entry.path.enumerated() {
            try make(path)
            path.append(0x2F)
            path += OriginalExport.component(part)
            // Entries of a container may share a name, and a file may have the name of a directory.
            let plain = path
            var number = 2
            while files.contains(path) || index == entry.path.count - 1 && made.contains(path) {
                path = plain + Array(" (\(number))".utf8)
                number += 1
            }
        }
        files.insert(path)
        return path
    }

    private mutating func make(_ path: [UInt8]) throws(ArchiveError) {
        guard made.insert(path).inserted else { return }
        let result = path.map { CChar(bitPattern: $0) } + [0]
        guard mkdir(result, 0o755) == 0 || errno == EEXIST else {
            throw .system(String(decoding: path, as: UTF8.self))
        }
    }

    private mutating func runName(_ run: Int) -> String {
        if let name = runNames[run] { return name }
        let runs = archive.catalogue.runs
        let source = runs.indices.contains(run) ? String(decoding: runs[run].name, as: UTF8.self) : ""
        let name = names.unique(SafeFileName.make(from: source, fallback: "source"))
        runNames[run] = name
        return name
    }

    /// The name as the source had it, if it names something in its directory and nothing else.
    private static func component(_ name: [UInt8]) -> [UInt8] {
        let isPlain =
            (1...255).contains(name.count) && !name.contains(0) && !name.contains(0x2F) && name != [0x2E]
            && name != [0x2E, 0x2E]
        if isPlain { return name }
        return Array(SafeFileName.make(from: String(decoding: name, as: UTF8.self)).utf8)
    }
}
