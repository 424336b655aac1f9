import ArchiveFormat
import ArchiveStorage

extension KeylessVerification {
    /// Files that no commit owns, and unknown ones (format.md, section 1).
    ///
    /// A directory that cannot be listed is said, and the others are looked through all the same.
    mutating func directory() {
        var pending: [ArchivePath] = [.root]
        while let directory = pending.popLast() {
            let entries: [DirectoryEntry]
            do throws(StorageError) {
                entries = try storage.list(directory)
            } catch {
                report.findings.append(Finding(.inputOutput, directory.description, error.message))
                continue
            }
            for entry in entries {
                let shown = directory.isRoot ? entry.name : "\(directory)/\(entry.name)"
                guard let path = entry.path(in: directory) else {
                    report.findings.append(Finding(.unknownFile, shown))
                    continue
                }
                switch entry.status.kind {
                case .directory where isKnown(directory: path): pending.append(path)
                case .file: if let code = judge(file: path) { report.findings.append(Finding(code, shown)) }
                case .directory, .symlink, .special:
                    report.findings.append(Finding(.unknownFile, shown, "no plain file"))
                }
            }
        }
    }

    private func isKnown(directory: ArchivePath) -> Bool {
        let parts = directory.components
        let known = ["segments", "journal", "parity", "derived", "other"]
        guard let first = parts.first, known.contains(String(first)) else { return false }
        let digits = first == "other" ? [2, 5] : [5]
        guard parts.count - 1 <= digits.count else { return false }
        return zip(parts.dropFirst(), digits).allSatisfy { ArchiveLayout.number($0, digits: $1) != nil }
    }

    private func judge(file path: ArchivePath) -> ArchiveCode? {
        let fixed = [ArchiveLayout.readme, ArchiveLayout.spec] + ArchiveLayout.headers + ArchiveLayout.heads
        if fixed.contains(path) { return nil }
        let name = path.name
        if name.hasSuffix(".new") || name.hasSuffix(".bad") { return .unfinished }
        guard name.utf8.count == 12, let number = ArchiveLayout.number(name.prefix(8), digits: 8), number > 0 else {
            return .unknownFile
        }
        if path == ArchiveLayout.journal(number) || path == ArchiveLayout.sidecar(number) { return nil }
        var kinds: [ArchiveFormat.FileKind] = [.segment, .checkpoint, .derived]
        let parts = path.components
        if parts.first == "other", parts.count == 4, let kind = ArchiveLayout.number(parts[1], digits: 2), kind > 3 {
            kinds.append(ArchiveFormat.FileKind(rawValue: UInt8(kind)))
        }
        for kind in kinds where path == ArchiveLayout.file(kind, number) {
            return log.state.file(kind, number) == nil ? .debrisFile : nil
        }
        return .unknownFile
    }
}
