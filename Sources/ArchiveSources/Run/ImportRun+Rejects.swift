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
        entry.hash = proof(of: item, .unknown, hash)
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
    func keep(
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
            let bytes = try read(source, offset..<min(range.upperBound, offset + UInt64(ImportRun.blobSize)))
            guard !bytes.isEmpty else { throw ArchiveError(.source, source.file.displayName, "it became shorter") }
            body(bytes)
            let id = bytes.withUnsafeBytes { keys.contentID(of: $0) }
            try session.add(ObjectKey(id, .blob), OwnedBytes(bytes))
            reject.blobs.append((id, UInt32(bytes.count)))
            offset += UInt64(bytes.count)
        }
        return reject
    }

    static let blobSize = 8 << 20

    /// What cannot be read, or changed while it was read: nothing is there to keep, but it is counted and told.
    ///
    /// - Parameter ordinal: how many pieces of the file were taken before.
    func unreadable(_ item: SourceItem, _ text: String, ordinal: UInt64 = 0) {
        var item = item
        if item.isContinued || item.number == .max { numberUnread(&item) }
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

    /// Parts of a message that cannot be read, though the message can: counted once, beside the message.
    func lack(_ losses: [String], of item: SourceItem, _ folder: Folder) {
        let more = losses.count > 1 ? ", and \(losses.count - 1) more" : ""
        let text = "the message was stored, but not all of it could be read: \(losses[0])\(more)"
        let found = FoundFailure(folder: [], identifier: item.maker?.identifier ?? "", text: text)
        failed(found, in: item, folder, (item.maker?.ordinal ?? 0) + 1)
    }

    private func folder(of box: PreparePipeline.MboxPlace) -> Folder {
        naming.folder(box.base + (box.place.folder ?? []), mailbox: box.place.mailbox)
    }

    /// An item that was met and cannot be read.
    func failed(_ found: FoundFailure, in reading: Reading) {
        let folder = naming.folder(reading.surroundings.folder + found.folder)
        if let store = reading.store {
            failed(found, in: store, folder, reading.ordinal)
            reading.ordinal += 1
            return
        }
        // In a folder it is a file of its own.
        let path = found.identifier.split(separator: "/").map { Array($0.utf8) }
        var item = SourceItem(number: 0, path: path, name: path.last ?? [], content: .opened(MemoryBytes([], name: "")))
        numberUnread(&item)
        failed(found, in: item, folder, 0)
    }

    /// An item of a store that cannot be read.
    private func failed(_ found: FoundFailure, in store: SourceItem, _ folder: Folder, _ ordinal: UInt64) {
        var reject = RejectEntry(
            file: store.number,
            ordinal: ordinal,
            offset: 0,
            size: 0,
            reason: .unreadable,
            text: found.text
        )
        reject.item = found.identifier.utf8(upTo: Limits.item)
        let name = store.path.isEmpty ? source.name : Array(store.path.joined(separator: [UInt8(ascii: "/")]))
        let shown = String(decoding: name, as: UTF8.self)
        let isFile = found.identifier.isEmpty || shown == found.identifier
        note(reject, .unreadable, found.text, isFile ? shown : "\(shown): \(found.identifier)", folder)
    }

    private func note(
        _ reject: RejectEntry,
        _ reason: RejectReason,
        _ text: String,
        _ path: String,
        _ folder: Folder
    ) {
        session.manifest.add(reject: reject, run: run.id, folder: folder)
        tell(reject, path, folder)
    }

    /// Counts a reject.
    func tell(_ reject: RejectEntry, _ path: String, _ folder: Folder) {
        rejects.append(
            RejectReport(
                path: path,
                offset: reject.offset,
                size: reject.size,
                reason: RejectReason(rawValue: reject.reason) ?? .unreadable,
                text: String(decoding: reject.text, as: UTF8.self)
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
