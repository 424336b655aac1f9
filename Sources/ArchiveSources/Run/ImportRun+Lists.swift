import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// Lists beside the mail: kept as they are, and held against what was met.
extension ImportRun {
    /// Takes a file that is a list by its name, and no mail by its bytes; `false` when it is none.
    func takeList(_ item: SourceItem, in reading: Reading) throws(ArchiveError) -> Bool {
        guard item.kind == nil, ExpectedItems.isList(named: item.name) else { return false }
        // What was submitted before was prepared without a look at what lists want to know.
        try drain(all: true)
        do throws(StorageError) {
            let file = try item.open()
            let prefix = try file.read(at: 0, count: Judgement.prefixByteCount)
            switch prefix.withUnsafeBytes({ Judgement(prefix: $0, of: item) }) {
            case .empty: return false
            // Mail by its bytes is mail, whatever it is called.
            case .mail: return false
            case .unknown: break
            }
            let fault = try lists.add(file, at: item.path, isLate: reading.store != nil && reading.count > 0)
            if let fault { note([fault], shown(item.path)) }
        } catch {
            // A file that cannot be read is told as any other.
            return false
        }
        if lists.wantsIDs { pipeline.wantMessageIDs() }
        try keepAside(item, .list)
        return true
    }

    /// Holds the lists against what was met, at the end of a run that came to its end.
    func compareLists() {
        run.lists = []
        for (path, result) in lists.compared() {
            note(result.notes, shown(path))
            guard result.listed > 0 else { continue }
            run.lists.append((FolderNaming.bounded(path), result.listed, result.met))
            guard result.met < result.listed else { continue }
            listShortfalls.append(
                ListShortfall(list: shown(path), expected: result.listed, found: result.met, missing: result.missing)
            )
        }
    }
}
