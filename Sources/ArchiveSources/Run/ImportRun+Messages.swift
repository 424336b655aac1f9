import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// Messages on their way into the archive.
extension ImportRun {
    /// A message too long for memory, in a file of its own or made from a store.
    func importLarge(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) {
        nextOrdinal = item.firstFree
        if item.kind == nil || item.kind == .emlx, let emlx = try emlx(file) {
            return try importEmlx(item, file, emlx)
        }
        var large = LargeMessage(
            source: FileByteSource(file: file),
            range: 0..<file.byteCount,
            quoting: .none,
            lineEnds: .lf
        )
        let stored = try large.store(in: session, keys: keys, goOn: goOn) { () throws(ArchiveError) in
            try requireUnchanged(file)
        }
        let marks = item.maker == nil ? stored.marks : nil
        try add(stored.id, stored.size, stored.envelope, stored.isNew, item, item.place.adding(marks))
        if item.maker == nil { finish(item.entry(file, kind: .eml, pieces: 1), file.byteCount) }
        if let entry = item.closing { finish(entry, entry.size) }
        try commitIfFull()
    }

    private func emlx(_ file: any RandomAccessBytes) throws(ArchiveError) -> EmlxFile? {
        do throws(ByteSourceError) {
            return try EmlxFile(FileByteSource(file: file))
        } catch {
            throw ArchiveError(.source, file.displayName, "at \(error.offset)")
        }
    }

    /// A message of Apple Mail that is long, or has a long property list: that is kept as a piece of its own.
    private func importEmlx(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        _ emlx: EmlxFile
    ) throws(ArchiveError) {
        guard !emlx.message.isEmpty else {
            return try rejectWhole(item, file, .empty, "an EMLX file without a message")
        }
        let source = FileByteSource(file: file)
        var large = LargeMessage(source: source, range: emlx.message, quoting: .none, lineEnds: .lf)
        let stored = try large.store(in: session, keys: keys, goOn: goOn) { () throws(ArchiveError) in
            try requireUnchanged(file)
        }
        var item = item
        item.place.apply(emlx)
        item.lead = try read(source, 0..<emlx.message.lowerBound)
        item.notes = emlx.troubles.map(\.text)
        var pieces: UInt64 = 1
        let rest = emlx.message.upperBound..<file.byteCount
        if rest.count <= Limits.lead {
            item.trail = try read(source, rest)
        } else {
            nextOrdinal = 1
            let kept = try keep(source, rest, item.number, .kept, "the property list") { _ in }
            session.manifest.add(reject: kept, run: run.id, folder: naming.folder(item.folderNames))
            pieces = 2
        }
        try add(stored.id, stored.size, stored.envelope, stored.isNew, item, item.place.adding(stored.marks))
        var entry = item.entry(file, kind: .emlx, pieces: pieces)
        let hash = SerialHash(keys)
        try hash.update(source, 0..<file.byteCount, goOn)
        entry.hash = proof(of: item, .emlx, hash)
        try requireUnchanged(file)
        finish(entry, file.byteCount)
        try commitIfFull()
    }

    /// Adds a message of a file of its own, or one made from a store, with all the folders it is in.
    private func add(
        _ id: Bytes32,
        _ size: UInt64,
        _ envelope: MailEnvelope,
        _ isNew: Bool,
        _ item: SourceItem,
        _ place: FoundPlace
    ) throws(ArchiveError) {
        var origin = Origin(file: item.number, ordinal: 0)
        origin.lead = item.lead
        origin.trail = item.trail
        note(item.notes, shown(item.path))
        var record: [BlobReference] = []
        if let maker = item.maker {
            origin.ordinal = maker.ordinal
            origin.item = maker.identifier.utf8(upTo: Limits.item)
            origin.isMade = true
            record = try keep(maker.record)
            if item.closing == nil { run.counts.byteCount += size }
        }
        var place = place
        if place.folder == nil { place.folder = Array(item.path.dropFirst(item.surroundings.path.count).dropLast()) }
        add(id, size, envelope, isNew, place, below: item.surroundings.folder, at: item.path, origin, record)
    }

    /// Adds a message with one placement for each of its folders, and counts it in the first.
    ///
    /// - Parameters:
    ///   - base: The folder of the container around it.
    ///   - path: The path of the file that it is or lies in.
    func add(
        _ id: Bytes32,
        _ size: UInt64,
        _ envelope: MailEnvelope,
        _ isNew: Bool,
        _ place: FoundPlace,
        below base: [[UInt8]],
        at path: [[UInt8]],
        _ origin: Origin,
        _ record: [BlobReference] = []
    ) {
        let place = lists.take(MetLists.Message(envelope: envelope, isNew: isNew, origin: origin, path: path), place)
        let folder = naming.folder(base + (place.folder ?? []), mailbox: place.mailbox)
        var placement = Placement(run: 0, folder: 0)
        placement.flags = place.flags
        placement.labels = place.labels.prefix(1024).map { Array($0.prefix(1024)) }
        placement.internalDate = place.internalDate
        placement.origin = origin
        placement.record = record
        var places = [(folder: folder, placement: placement)]
        placement.record = []
        for names in place.otherFolders {
            let other = naming.folder(base + names, mailbox: place.mailbox)
            if !places.contains(where: { $0.folder == other }) { places.append((other, placement)) }
        }
        let lacksEnvelope = lacking.remove(id) != nil
        let isStored = storedEarlier.remove(id) != nil || isNew
        session.manifest.add(
            content: id,
            size: size,
            envelope: isNew || lacksEnvelope ? envelope : nil,
            run: run.id,
            places: places
        )
        count(folder, bytes: size) { counts in
            counts.found += 1
            if isStored { counts.stored += 1 } else { counts.alreadyThere += 1 }
        }
    }

    /// Keeps the store's own record of an item.
    private func keep(_ record: [UInt8]) throws(ArchiveError) -> [BlobReference] {
        var blobs: [BlobReference] = []
        var start = 0
        while start < record.count {
            let piece = Array(record[start..<min(record.count, start + ImportRun.blobSize)])
            let id = piece.withUnsafeBytes { keys.contentID(of: $0) }
            try session.add(ObjectKey(id, .blob), OwnedBytes(piece))
            blobs.append(BlobReference(id: id, size: UInt32(piece.count)))
            start += piece.count
        }
        return blobs
    }

    private func store(_ message: PreparedMessage) throws(ArchiveError) -> Bool {
        let key = ObjectKey(message.id, .content)
        guard let object = message.object, !session.isKnown(key) else { return false }
        for part in message.parts { try session.add(ObjectKey(part.id, .part), part.bytes) }
        try session.add(key, object)
        return true
    }

    /// Takes what the workers have finished, in order.
    func drain(all: Bool) throws(ArchiveError) {
        while let finished = pipeline.next(waiting: all) {
            switch finished {
            case .message(let message, let item, let entry):
                let isNew = try store(message)
                try add(message.id, message.size, message.envelope, isNew, item, item.place.adding(message.marks))
                if var entry {
                    entry.hash = item.fileHash
                    if item.path.isEmpty, let kind = SourceFileKind(rawValue: entry.kind) { messageKind = kind }
                    finish(entry, entry.size)
                }
                if let entry = item.closing { finish(entry, entry.size) }
            case .other(let item, let identity, let kind):
                deferred[item.surroundings.nesting].append(
                    DeferredFile(item: item, identity: identity, kind: kind)
                )
            case .continued(var item, let standing):
                if !take(standing, of: &item) { pipeline.submit(item) }
            case .crowdedOut(let item, let error): crowdedOut.append((item, error))
            case .unreadable(let item, let text): unreadable(item, text, ordinal: item.firstFree)
            case .postponed(let item): pipeline.submit(item)
            case .lost(let item, let folder, let place):
                lose(item.message.range, item.origin.ordinal, ofFile: item.origin.file, folder, place)
            case .mbox(let block, let box):
                for item in block {
                    let message = item.message
                    let isNew = try store(message)
                    let place = box.place.adding(message.marks)
                    add(
                        message.id,
                        message.size,
                        message.envelope,
                        isNew,
                        place,
                        below: box.base,
                        at: box.path,
                        item.origin
                    )
                }
            }
            try commitIfFull()
        }
    }
}

extension FoundPlace {
    /// When the message came in, if nothing has said it.
    func received(_ date: Int64) -> FoundPlace {
        var place = self
        place.internalDate = internalDate ?? date
        return place
    }

    /// What the surroundings tell, and what the message itself does.
    func adding(_ marks: FoundPlace?) -> FoundPlace {
        guard let marks else { return self }
        var place = self
        place.flags.formUnion(marks.flags)
        place.labels += marks.labels.filter { !place.labels.contains($0) }
        place.internalDate = place.internalDate ?? marks.internalDate
        if let folder = marks.folder {
            place.folder = folder
            place.otherFolders = marks.otherFolders
        }
        return place
    }
}
