import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage

/// What a session does before its first commit (Spec, format.md, section 7.9).
extension WriteSession {
    /// Refuses to build on what is not certain; other damage stays what it is, and is said by every check.
    static func requireCertain(_ log: ArchiveLog) throws(ArchiveError) {
        if let doubt = log.doubt {
            throw ArchiveError(.behind, log.storage.displayName, "\(doubt.code.text) \(doubt.place)")
        }
        guard log.newest == nil else { return }
        // A new archive has no commit yet; one with segments or a journal has lost it.
        let segments = try numberedFiles(log.storage, "segments", suffix: ".seg")
        guard log.journalEnd.highest == 0, segments.isEmpty else {
            throw ArchiveError(.behind, log.storage.displayName, "no commit is left")
        }
    }

    func recover() throws(ArchiveError) {
        if log.findings.contains(where: { $0.code == .headerReplica }) {
            try HeaderWriting.replaceAll(storage, log.header.file)
        }
        try HeaderWriting.removeOld(storage)
        try syncFound()
        try restoreJournal()
        try closeSegments()
        guard let newest = log.newest else { return }
        // The head that is invalid or older first, then the other; nothing where both hold the newest already.
        let order = [0, 1].sorted { (log.heads[$0]?.commit.generation ?? 0) < (log.heads[$1]?.commit.generation ?? 0) }
        for index in order where log.heads[index]?.commit.generation != newest.commit.generation {
            try writeHead(index, newest)
        }
    }

    /// Makes durable what was found: a crash may have left it in the system's memory only.
    private func syncFound() throws(ArchiveError) {
        let end = log.journalEnd
        try storing { () throws(StorageError) in
            var paths = ArchiveLayout.headers + ArchiveLayout.heads
            if end.file > 0 { paths.append(ArchiveLayout.journal(end.file)) }
            var directories: Set<ArchivePath> = [.root]
            for path in paths where try storage.exists(path) {
                let file = try storage.openForOverwriting(path)
                try file.sync()
                try file.close()
                directories.insert(path.parent)
                directories.insert(path.parent.parent)
            }
            for directory in directories.sorted() { try storage.syncDirectory(directory) }
        }
    }

    /// Puts records that only a head holds into a new journal file, verbatim, before the head is overwritten.
    private func restoreJournal() throws(ArchiveError) {
        let lost = log.onlyInHeads
        guard !lost.isEmpty else { return }
        let number = log.journalEnd.highest + 1
        guard number <= Limits.fileNumber else { throw ArchiveError(.commitRule, "journal", "no number left") }
        let path = ArchiveLayout.journal(number)
        try storing { () throws(StorageError) in
            for directory in try storage.createDirectories(path.parent) { try storage.syncDirectory(directory) }
            let file = try storage.createFile(path)
            for record in lost { try file.append(record.padded(to: record.paddedLength)) }
            try file.sync()
            try file.close()
            try storage.syncDirectory(path.parent)
        }
        log = try ArchiveLog(opening: storage)
        try WriteSession.requireCertain(log)
    }

    /// Closes the segments that a session before left unfinished, with the first commit.
    private func closeSegments() throws(ArchiveError) {
        let numbers = try numberedFiles(storage, "segments", suffix: ".seg")
        for number in numbers {
            let live = log.state.file(.segment, number)
            if let live, try !needsClosing(live) { continue }
            var change = FileChange(.closed, .segment, number)
            let path = ArchiveLayout.segment(number)
            let file = try storing { () throws(StorageError) in
                try storage.openForReading(path, expecting: .sequential)
            }
            // Shorter than what was committed: nothing stands behind it, and E502 stays what it is.
            let committed = live?.length ?? 0
            change.debrisLength = file.byteCount - min(committed, file.byteCount)
            // What cannot be read cannot be signed: the segment stays open for a later writer.
            guard let root = TreeHasher.root(of: file, from: committed, count: change.debrisLength) else { continue }
            change.debrisRoot = root
            try storing { () throws(StorageError) in
                let writable = try storage.openForOverwriting(path)
                try writable.sync()
                try writable.close()
                try storage.syncDirectory(path.parent)
            }
            pendingClosings.append(change)
        }
        let highest = max(numbers.last ?? 0, log.state.files.last { $0.kind == .segment }?.number ?? 0)
        guard highest < Limits.fileNumber else { throw ArchiveError(.commitRule, "segments", "no number left") }
        nextSegment = highest + 1
    }

    /// Whether a segment was left open, or the newest commit sealed it and its copy S did not become whole.
    private func needsClosing(_ live: LiveFile) throws(ArchiveError) -> Bool {
        if live.state == .open { return true }
        guard live.state == .sealed, live.generation == log.generation, let newest = log.newest else { return false }
        let path = ArchiveLayout.segment(live.number)
        let copy = newest.padded(to: newest.paddedLength)
        return try storing { () throws(StorageError) in
            let file = try storage.openForReading(path)
            guard file.byteCount == live.length + UInt64(copy.count) else { return true }
            return try file.read(at: live.length, count: copy.count) != copy
        }
    }
}
