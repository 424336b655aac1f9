import ArchiveFormat
package import ArchiveStorage

/// The numbers of the files `DDDDD/NNNNNNNN.suffix` below a directory, ascending.
package func numberedFiles(
    _ storage: any Storage,
    _ directory: ArchivePath,
    suffix: String
) throws(ArchiveError) -> [UInt32] {
    var findings: [Finding] = []
    let numbers = numberedFiles(storage, directory, suffix: suffix, &findings)
    if let first = findings.first { throw ArchiveError(first.code, first.place, first.detail) }
    return numbers
}

/// The same, where a directory that cannot be listed is a finding, and the others are read all the same.
func numberedFiles(
    _ storage: any Storage,
    _ directory: ArchivePath,
    suffix: String,
    _ findings: inout [Finding]
) -> [UInt32] {
    func entries(_ path: ArchivePath) -> [DirectoryEntry] {
        do throws(StorageError) {
            guard try storage.exists(path) else { return [] }
            return try storage.list(path)
        } catch {
            findings.append(Finding(.inputOutput, path.description, error.message))
            return []
        }
    }
    var numbers: [UInt32] = []
    for fan in entries(directory) where fan.status.kind == .directory {
        guard let thousand = ArchiveLayout.number(fan.name, digits: 5), let path = fan.path(in: directory) else {
            continue
        }
        for entry in entries(path) where entry.status.kind == .file && entry.name.hasSuffix(suffix) {
            guard entry.name.utf8.count == 12,
                let number = ArchiveLayout.number(entry.name.prefix(8), digits: 8), number > 0,
                number / 1000 == thousand
            else { continue }
            numbers.append(number)
        }
    }
    return numbers.sorted()
}
