import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats
import OutlookFormats

/// Files of many messages other than MBOX, and files that mail is made from.
extension ImportRun {
    /// Stores and containers within each other are followed so deep.
    static let mostNesting = 8

    /// Takes all of a store or container; `false` when asked to stop.
    func importStore(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        _ kind: SourceKind
    ) throws(ArchiveError) -> Bool {
        guard item.surroundings.nesting < ImportRun.mostNesting else {
            try rejectWhole(item, file, .overLimit, "within more than \(ImportRun.mostNesting) containers")
            return true
        }
        switch kind {
        case .msg: try importMSG(item, file)
        case .pst, .ost: return try importPST(item, file, kind)
        case .container, .olm: return try importContainer(item, file)
        default: try rejectWhole(item, file, .notMail, "no file is of the kind \(kind.rawValue)")
        }
        return true
    }

    private func importPST(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        _ kind: SourceKind
    ) throws(ArchiveError) -> Bool {
        let reader = try PstReader(file, recovers: options.recoversDeleted) { message, name in
            let (bytes, rendered) = try OutlookMail.make(message, name: name)
            return PstReader.Made(
                bytes: bytes,
                place: FoundPlace(rendered, folder: nil),
                record: rendered.record,
                losses: rendered.losses
            )
        }
        return try open(item, file, as: kind.fileKind, kind, suffixes: [".pst", ".ost"], reader)
    }

    private func importContainer(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) -> Bool {
        if OLMReader.recognises(file) {
            let reader = OLMReader(file, name: item.name, budget: budget)
            return try open(item, file, as: .olm, .olm, suffixes: [".olm"], reader)
        }
        // What says of each file where it was in Zimbra stands beside it, in any container.
        let reader = ZimbraReader(ContainerReader(file, name: item.name, budget: budget))
        return try open(item, file, as: .container, .container, suffixes: ImportRun.containerSuffixes, reader)
    }

    /// Endings of names that say only how files were packed; the longest first.
    private static let containerSuffixes = [
        ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz", ".mbox.gz", ".mbox.bz2", ".mbox.xz", ".mbox.zst",
        ".tgz", ".tbz2", ".txz", ".zip", ".tar", ".7z", ".rar", ".cpio", ".gz", ".bz2", ".xz", ".zst", ".lz",
    ]

    /// Takes what a reader gives of a file that is not kept itself; `false` when asked to stop.
    private func open(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        as kind: SourceFileKind,
        _ sourceKind: SourceKind,
        suffixes: [String],
        _ reader: any SourceReader
    ) throws(ArchiveError) -> Bool {
        let folder = item.inner(without: suffixes)
        begin(item, file, kind)
        let before = (skipped, expected)
        guard let count = try take(reader, in: item, folder: folder) else { return false }
        var entry = item.entry(file, kind: kind, pieces: count)
        entry.hash = try hash(file, of: item, kind)
        try requireUnchanged(file)
        if item.surroundings.nesting == 0 { noteTold(since: before) }
        finish(entry, 0)
        openings.append(OpenedSource(path: shown(item.path), kind: sourceKind, folder: folder))
        try commitIfFull()
        return true
    }

    /// Notes a file whose pieces may be committed before all of it is known.
    func begin(_ item: SourceItem, _ file: any RandomAccessBytes, _ kind: SourceFileKind) {
        var entry = item.entry(file, kind: kind, pieces: 0)
        entry.isUnfinished = true
        session.manifest.add(file: entry, run: run.id)
    }

    private func hash(
        _ file: any RandomAccessBytes,
        of item: SourceItem,
        _ kind: SourceFileKind
    ) throws(ArchiveError) -> Bytes32 {
        let hash = SerialHash(keys)
        try hash.update(FileByteSource(file: file), 0..<file.byteCount, goOn)
        return proof(of: item, kind, hash)
    }

    /// One item of Outlook in a file: the file is kept as it is, and the message made from it beside it.
    private func importMSG(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) {
        let source = FileByteSource(file: file)
        let message: MapiMessage
        do throws(OutlookError) {
            message = try MsgReader.read(source)
        } catch {
            if error.reason == .notThisFormat {
                return try rejectWhole(item, file, .notMail, "a document of Office, not an item of Outlook")
            }
            let text = "an MSG file that cannot be read: \(error.detail), at byte \(error.offset)"
            return try rejectWhole(item, file, .notMail, text)
        }
        let bytes: any RandomAccessBytes
        let rendered: Rendered
        do throws(ArchiveError) {
            (bytes, rendered) = try OutlookMail.make(message, name: file.displayName)
        } catch {
            guard error.code == .source, !isStopping else { throw error }
            return try rejectWhole(item, file, .notMail, "an MSG file that cannot be read: \(error.detail)")
        }
        // What could not be read is told beside it, as a piece without bytes.
        let entry = try keepWhole(item, file, as: .msg, "the MSG file", pieces: rendered.losses.isEmpty ? 1 : 2)
        var made = SourceItem(
            number: item.number,
            path: item.path,
            name: item.name,
            content: .opened(bytes),
            surroundings: item.surroundings
        )
        made.place = FoundPlace(rendered, folder: item.place.folder).adding(item.place)
        made.kind = .eml
        made.maker = SourceItem.Maker(file: item.number, ordinal: 0, identifier: "", record: rendered.record)
        made.closing = entry
        pipeline.submit(made)
        if !rendered.losses.isEmpty {
            let folder = naming.folder(item.folderNames, mailbox: item.place.mailbox)
            lack(rendered.losses, of: made, folder)
        }
        try commitIfFull()
    }

    /// Keeps a file as it is that messages are made from, as its one piece.
    ///
    /// - Returns: The entry of the file, to be added when all that is made from it is stored: until then the file is
    ///   unfinished, or an import that goes on after a crash would take it for done.
    func keepWhole(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        as kind: SourceFileKind,
        _ text: String,
        pieces: UInt64 = 1
    ) throws(ArchiveError) -> SourceFileEntry {
        nextOrdinal = 0
        begin(item, file, kind)
        let hash = SerialHash(keys)
        let source = FileByteSource(file: file)
        let kept = try keep(source, 0..<file.byteCount, item.number, .kept, text) { hash.update($0) }
        try requireUnchanged(file)
        let folder = naming.folder(item.folderNames, mailbox: item.place.mailbox)
        session.manifest.add(reject: kept, run: run.id, folder: folder)
        var entry = item.entry(file, kind: kind, pieces: pieces)
        entry.hash = proof(of: item, kind, hash)
        return entry
    }
}
