import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// What is no mail, or cannot be read, is kept aside and counted (Spec, format.md, section 8.5).
extension ImportRun {
    /// Keeps a file aside that is no mail.
    func rejectWhole(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        _ reason: RejectReason,
        _ text: String
    ) throws(ArchiveError) {
        nextOrdinal = 0
        let folder = naming.folder(item.folderNames, mailbox: item.place.mailbox)
        let source = FileByteSource(file: file)
        let hash = SerialHash(keys)
        let reject = try keep(source, 0..<file.byteCount, item.number, reason, text) { hash.update($0) }
        var entry = item.entry(file, kind: .unknown, pieces: 1)
        entry.hash = hash.finish()
        try requireUnchanged(file)
        nextOrdinal = 1
        note(reject, reason, text, item.path.isEmpty ? file.displayName : shown(item.path), folder)
        finish(entry, file.byteCount)
        try commitIfFull()
    }

    /// Keeps bytes of an MBOX aside that are no message.
    func reject(
        _ mbox: MboxImport,
        _ range: Range<UInt64>,
        _ reason: RejectReason,
        _ text: String
    ) throws(ArchiveError) {
        let reject = try keep(mbox.source, range, mbox.item.number, reason, text) { _ in }
        nextOrdinal += 1
        note(reject, reason, text, mbox.source.file.displayName, folder(of: mbox.box))
    }

    /// Stores bytes as blobs, and gives the entry that names them.
    private func keep(
        _ source: FileByteSource,
        _ range: Range<UInt64>,
        _ number: UInt64,
        _ reason: RejectReason,
        _ text: String,
        _ body: ([UInt8]) -> Void
    ) throws(ArchiveError) -> RejectEntry {
        var reject = RejectEntry(
            file: number,
            ordinal: nextOrdinal,
            offset: range.lowerBound,
            size: range.upperBound - range.lowerBound,
            reason: reason,
            text: text
        )
        var offset = range.lowerBound
        while offset < range.upperBound {
            try goOn(source.file.displayName)
            let bytes = try read(source, offset..<min(range.upperBound, offset + ImportRun.blobSize))
            guard !bytes.isEmpty else { throw ArchiveError(.source, source.file.displayName, "it became shorter") }
            body(bytes)
            let id = bytes.withUnsafeBytes { keys.contentID(of: $0) }
            try session.add(ObjectKey(id, .blob), OwnedBytes(bytes))
            reject.blobs.append((id, UInt32(bytes.count)))
            offset += UInt64(bytes.count)
        }
        return reject
    }

    private static let blobSize: UInt64 = 8 << 20

    /// What cannot be read, or changed while it was read: nothing is there to keep, but it is counted and told.
    ///
    /// - Parameter ordinal: how many pieces of the file were taken before.
    func unreadable(_ item: SourceItem, _ text: String, ordinal: UInt64 = 0) {
        let reject = RejectEntry(
            file: item.number,
            ordinal: ordinal,
            offset: 0,
            size: 0,
            reason: .unreadable,
            text: text
        )
        note(
            reject,
            .unreadable,
            text,
            shown(item.path.isEmpty ? [item.name] : item.path),
            naming.folder(item.folderNames, mailbox: item.place.mailbox)
        )
    }

    /// Counts a piece of an MBOX that was met and cannot be read any more.
    func lose(
        _ range: Range<UInt64>,
        _ ordinal: UInt64,
        ofFile number: UInt64,
        _ box: PreparePipeline.MboxPlace,
        _ place: String
    ) {
        lostCount += 1
        let text = "a message that could not be read: \(range.upperBound - range.lowerBound) bytes"
        let reject = RejectEntry(
            file: number,
            ordinal: ordinal,
            offset: range.lowerBound,
            size: 0,
            reason: .unreadable,
            text: text
        )
        note(reject, .unreadable, text, place, folder(of: box))
    }

    private func folder(of box: PreparePipeline.MboxPlace) -> Folder {
        naming.folder(box.base + (box.place.folder ?? []), mailbox: box.place.mailbox)
    }

    /// An item of a store that cannot be read.
    func failed(_ found: FoundFailure, in store: SourceItem, _ folder: Folder, _ ordinal: UInt64) {
        let reject = RejectEntry(
            file: store.number,
            ordinal: ordinal,
            offset: 0,
            size: 0,
            reason: .unreadable,
            text: "\(found.identifier): \(found.text)"
        )
        let path = (store.path.isEmpty ? [store.name] : store.path) + [Array(found.identifier.utf8)]
        note(reject, .unreadable, found.text, shown(path), folder)
    }

    private func note(
        _ reject: RejectEntry,
        _ reason: RejectReason,
        _ text: String,
        _ path: String,
        _ folder: Folder
    ) {
        session.manifest.add(reject: reject, run: run.id, folder: folder)
        rejects.append(
            RejectReport(
                path: path,
                offset: reject.offset,
                size: reject.size,
                reason: reason,
                text: text
            )
        )
        count(folder, bytes: reject.size) { counts in
            counts.found += 1
            counts.rejected += 1
        }
    }

    func shown(_ path: [[UInt8]]) -> String {
        path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }
}
