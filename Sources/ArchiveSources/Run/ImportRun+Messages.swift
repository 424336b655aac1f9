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
        nextOrdinal = item.maker?.ordinal ?? 0
        var large = LargeMessage(
            source: FileByteSource(file: file),
            range: 0..<file.byteCount,
            quoting: .none,
            lineEnds: .lf
        )
        let stored = try large.store(in: session, keys: keys, goOn: goOn) { () throws(ArchiveError) in
            try requireUnchanged(file)
        }
        try add(stored.id, stored.size, stored.envelope, stored.isNew, item, item.place)
        if item.maker == nil { finish(item.entry(file, kind: .eml, pieces: 1), file.byteCount) }
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
        if let maker = item.maker {
            origin.ordinal = maker.ordinal
            run.counts.byteCount += size
        }
        var place = place
        if place.folder == nil { place.folder = Array(item.path.dropFirst(item.surroundings.path.count).dropLast()) }
        add(id, size, envelope, isNew, place, below: item.surroundings.folder, origin)
    }

    /// Adds a message with one placement for each of its folders, and counts it in the first.
    func add(
        _ id: Bytes32,
        _ size: UInt64,
        _ envelope: MailEnvelope,
        _ isNew: Bool,
        _ place: FoundPlace,
        below base: [[UInt8]] = [],
        _ origin: Origin
    ) {
        let folder = naming.folder(base + (place.folder ?? []), mailbox: place.mailbox)
        var placement = Placement(run: 0, folder: 0)
        placement.flags = place.flags
        placement.labels = place.labels
        placement.internalDate = place.internalDate
        placement.origin = origin
        let lacksEnvelope = lacking.remove(id) != nil
        session.manifest.add(
            content: id,
            size: size,
            envelope: isNew || lacksEnvelope ? envelope : nil,
            run: run.id,
            folder: folder,
            placement: placement
        )
        // The piece of the file stands in the first folder only.
        placement.origin = nil
        for names in place.otherFolders {
            let other = naming.folder(base + names, mailbox: place.mailbox)
            guard other != folder else { continue }
            session.manifest.add(
                content: id,
                size: size,
                envelope: nil,
                run: run.id,
                folder: other,
                placement: placement
            )
        }
        count(folder, bytes: size) { counts in
            counts.found += 1
            if isNew { counts.stored += 1 } else { counts.alreadyThere += 1 }
        }
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
                if let entry { finish(entry, entry.size) }
            case .other(let item, let identity, let kind):
                deferred[item.surroundings.nesting].append(
                    DeferredFile(item: item, identity: identity, kind: kind)
                )
            case .crowdedOut(let item, let error): crowdedOut.append((item, error))
            case .unreadable(let item, let text): unreadable(item, text, ordinal: item.maker?.ordinal ?? 0)
            case .postponed(let item): pipeline.submit(item)
            case .lost(let item, let folder, let place):
                lose(item.message.range, item.origin.ordinal, ofFile: item.origin.file, folder, place)
            case .mbox(let block, let box):
                for item in block {
                    let message = item.message
                    let isNew = try store(message)
                    let place = box.place.adding(message.marks)
                    add(message.id, message.size, message.envelope, isNew, place, below: box.base, item.origin)
                }
            }
            try commitIfFull()
        }
    }
}

extension FoundPlace {
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
