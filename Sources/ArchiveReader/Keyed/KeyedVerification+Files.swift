import ArchiveCrypto
import ArchiveFormat

extension KeyedVerification {
    /// Makes every imported file again that is more than one message, and compares it with its proof (format.md, 8.4).
    ///
    /// Of a file that is one message, that message's id is the proof. Where a message is lost that was said (E601).
    func files(
        lost: Set<Bytes32>,
        _ progress: (_ more: UInt64) -> Bool
    ) -> (findings: [Finding], isWhole: Bool) {
        var wanted: [MessageGathering.Wanted] = []
        var files: [(file: SourceFileEntry, first: Int)] = []
        for file in archive.catalogue.files where file.isMadeAgain && !isOneMessage(file) {
            let messages = archive.messages(of: file)
            guard !messages.contains(where: { lost.contains($0.content) }) else { continue }
            files.append((file, wanted.count))
            wanted += messages
        }
        let queue = MessageQueue(
            MessageGathering(archive: archive, threads: threads, pool: pool),
            wanted
        )
        var findings: [Finding] = []
        var isStopped = false
        for (file, first) in files {
            var index = first
            let making = OriginalMaking(
                catalogue: archive.catalogue,
                pieceIndex: archive.pieceIndex,
                keys: archive.access.read.append,
                message: { (_, _, sink) throws(ArchiveError) in
                    index += 1
                    try queue.message(at: index - 1, sink)
                },
                blob: { (id, sink) throws(ArchiveError) in try archive.object(ObjectKey(id, .blob), sink) }
            )
            do throws(ArchiveError) {
                try making.file(file, name: archive.shown(file)) { (piece) throws(ArchiveError) in
                    guard progress(UInt64(piece.count)) else {
                        isStopped = true
                        throw ArchiveError(.original)
                    }
                }
            } catch {
                if isStopped { return (findings, false) }
                findings.append(Finding(error.code, error.place, error.detail))
            }
        }
        return (findings, true)
    }

    /// Bytes of the files that are made again.
    var filesByteCount: UInt64 {
        archive.catalogue.files.reduce(0) { sum, file in
            !file.isMadeAgain || isOneMessage(file) ? sum : sum &+ file.size
        }
    }

    /// Whether the id of a message proves the whole file.
    private func isOneMessage(_ file: SourceFileEntry) -> Bool {
        let id = FileID(run: file.run, file: file.number)
        guard file.hash == nil, file.pieceCount == 1, file.tail.isEmpty, archive.pieceIndex.rejects[id] == nil,
            let pieces = archive.pieceIndex.messages[id], pieces.count == 1
        else { return false }
        let message = archive.catalogue.messages[pieces[0].message]
        guard let origin = message.placements[pieces[0].placement].origin else { return false }
        return origin.ordinal == 0 && origin.lead.isEmpty && origin.trail.isEmpty && origin.quoting == 0
            && message.size == file.size
    }
}

extension Archive {
    /// The messages that are pieces of a file, in the order of the file.
    fileprivate func messages(of file: SourceFileEntry) -> [MessageGathering.Wanted] {
        let pieces = pieceIndex.messages[FileID(run: file.run, file: file.number)] ?? []
        let ordered = pieces.map { piece in
            let message = catalogue.messages[piece.message]
            let ordinal = message.placements[piece.placement].origin?.ordinal ?? 0
            return (ordinal, MessageGathering.Wanted(content: message.content, size: message.size))
        }
        return ordered.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
