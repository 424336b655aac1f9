import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// MBOX files (Spec, format.md, section 8.5).
extension ImportRun {
    /// Every message of an MBOX, read once; `false` when it was asked to stop.
    ///
    /// The dialect is known when all of the file was seen. Until then, messages that hold `From ` lines wait, since only
    /// their bytes depend on it; they are read again then.
    func importMbox(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) -> Bool {
        try drain(all: true)
        nextOrdinal = 0
        lostCount = 0
        let mbox = MboxImport(item, file, SerialHash(keys))
        begin(item, file, .mbox)
        let before = run.counts.byteCount
        var failure: ArchiveError?
        do throws(ByteSourceError) {
            var scanner = try MboxScanner(mbox.source)
            mbox.lineEnds = scanner.evidence.lineEnds
            if let name = options.dialect { mbox.dialect = MboxDialect(name, lineEnds: mbox.lineEnds) }
            while let block = try scanner.nextBlock() {
                mbox.evidence = scanner.evidence
                do throws(ArchiveError) {
                    if isStopped() {
                        try drain(all: true)
                        return false
                    }
                    try add(block, of: mbox)
                    run.counts.byteCount = before + block.offset + block.byteCount
                    if mbox.isFull, mbox.dialect == nil {
                        try decide(MboxDialect(mbox.evidence), for: mbox)
                    }
                } catch {
                    throw ByteSourceError.wrapping(error, in: &failure)
                }
            }
            do throws(ArchiveError) {
                let dialect = mbox.dialect ?? MboxDialect(scanner.evidence)
                try decide(dialect, for: mbox)
                try drain(all: true)
                var entry = item.entry(file, kind: .mbox, pieces: 0)
                entry.dialect = dialectNumber(dialect)
                entry.evidence = evidence(scanner.evidence).utf8(upTo: 1024)
                let tail = try read(mbox.source, scanner.tail)
                mbox.hash.update(tail)
                if tail.count <= Limits.lead, lostCount == 0 || tail.isEmpty {
                    entry.tail = tail
                } else {
                    try reject(mbox, scanner.tail, .gap, "no message, at the end of the file")
                }
                entry.pieceCount = nextOrdinal
                entry.hash = proof(of: item, .mbox, mbox.hash)
                guard mbox.isHashed else { throw ArchiveError(.source, file.displayName, "it could not be read twice") }
                try requireUnchanged(file)
                // With a piece lost, the file cannot be made again: its messages stand for themselves.
                if lostCount == 0 { finish(entry, 0) }
                run.counts.byteCount = before + file.byteCount
                opened(mbox, dialect, scanner.evidence)
                try commitIfFull()
            } catch {
                throw ByteSourceError.wrapping(error, in: &failure)
            }
            return true
        } catch {
            let failure = failure ?? ArchiveError(.source, file.displayName, "at \(error.offset)")
            // What was found before the place that cannot be read is mail too, and speaks for a dialect.
            if failure.code == .source, !isStopping {
                try decide(mbox.dialect ?? MboxDialect(mbox.evidence), for: mbox)
            }
            throw failure
        }
    }

    /// Sets the dialect, and lets the messages go on that waited for it.
    private func decide(_ dialect: MboxDialect, for mbox: MboxImport) throws(ArchiveError) {
        mbox.dialect = dialect
        let waiting = mbox.takeWaiting()
        var batch: [PreparePipeline.MboxItem] = []
        var byteCount: UInt64 = 0
        for item in waiting {
            let length = item.message.content.upperBound - item.message.content.lowerBound
            guard length <= UInt64(PreparedMessage.largest) else {
                try storeLarge(item, of: mbox)
                continue
            }
            if byteCount + length > UInt64(PreparedMessage.largest) {
                pipeline.submit(mbox.source, batch, dialect, mbox.box)
                try drain(all: false)
                batch = []
                byteCount = 0
            }
            batch.append(item)
            byteCount += length
        }
        if !batch.isEmpty { pipeline.submit(mbox.source, batch, dialect, mbox.box) }
        try drain(all: false)
    }

    private func opened(_ mbox: MboxImport, _ dialect: MboxDialect, _ evidence: MboxEvidence) {
        openings.append(
            OpenedSource(
                path: shown(mbox.item.path),
                kind: .mbox,
                folder: mbox.box.base + (mbox.box.place.folder ?? []),
                dialect: dialect.name.text,
                evidence: self.evidence(evidence)
            )
        )
    }

    private func evidence(_ evidence: MboxEvidence) -> String {
        options.dialect == nil ? evidence.words : "as asked for; " + evidence.words
    }

    private func dialectNumber(_ dialect: MboxDialect) -> UInt8 {
        switch dialect.name {
        case .mboxo: 1
        case .mboxrd: 2
        case .mboxcl: 3
        case .mboxcl2: 4
        default: 0
        }
    }

    func read(_ source: FileByteSource, _ range: Range<UInt64>) throws(ArchiveError) -> [UInt8] {
        try ImportSource.source { () throws(StorageError) in
            try source.file.read(at: range.lowerBound, count: Int(clamping: range.upperBound - range.lowerBound))
        }
    }

    /// The pieces of one block: messages go to the workers, what is none is kept aside.
    private func add(_ block: MboxBlock, of mbox: MboxImport) throws(ArchiveError) {
        if block.isResident {
            mbox.hash.update(block)
        } else {
            do throws(ArchiveError) {
                try mbox.hash.update(mbox.source, block.offset..<block.offset + block.byteCount, goOn)
            } catch {
                guard error.code == .source, !isStopping else { throw error }
                mbox.isHashed = false
            }
        }
        var items: [PreparePipeline.MboxItem] = []
        for message in block.messages {
            do throws(ArchiveError) {
                if let item = try piece(message, of: block, mbox) { items.append(item) }
            } catch {
                guard error.code == .source, !isStopping else { throw error }
                lose(message.range, nextOrdinal, of: mbox)
                nextOrdinal += 1
            }
        }
        if !items.isEmpty {
            let dialect = mbox.dialect ?? .undecided(mbox.lineEnds)
            pipeline.submit(block, items, mbox.source.file.displayName, dialect, mbox.box)
        }
        try drain(all: false)
    }

    /// One message of a block: given back to be prepared, or dealt with.
    ///
    /// An error leaves its ordinal untaken.
    private func piece(
        _ message: MboxMessage,
        of block: MboxBlock,
        _ mbox: MboxImport
    ) throws(ArchiveError) -> PreparePipeline.MboxItem? {
        let isMail =
            !message.traits.contains(.lacksSeparator)
            || block.withBytes(of: message.content) { raw in
                if case .eml = MailKind.sniff(prefix: raw, nameHint: .none) { return true }
                return false
            } ?? false
        guard !message.content.isEmpty, isMail else {
            let isEmpty = message.content.isEmpty
            let text = isEmpty ? "a separator without a message" : "no message before the first separator"
            try reject(mbox, message.range, isEmpty ? .empty : .gap, text)
            return nil
        }
        var lead = message.lead
        if lead.upperBound - lead.lowerBound > UInt64(Limits.lead) {
            let cut = lead.upperBound - UInt64(Limits.lead)
            try reject(mbox, lead.lowerBound..<cut, .gap, "between two messages")
            lead = cut..<lead.upperBound
        }
        guard message.trail.upperBound - message.trail.lowerBound <= UInt64(Limits.lead) else {
            throw ArchiveError(.source, mbox.source.file.displayName, "a gap over the limit")
        }
        var origin = Origin(file: mbox.item.number, ordinal: nextOrdinal)
        origin.lead = try read(mbox.source, block, lead)
        origin.trail = try read(mbox.source, block, message.trail)
        origin.lineEnd = mbox.lineEnds.endsAtLoneCR ? 1 : 0
        nextOrdinal += 1
        var item = PreparePipeline.MboxItem(message: message, origin: origin)
        let length = message.content.upperBound - message.content.lowerBound
        if message.traits.contains(.holdsFromLines), mbox.dialect == nil {
            if length <= UInt64(PreparedMessage.largest), mbox.keepsBytes(length) {
                item.bytes = block.withBytes(of: message.content) { OwnedBytes($0) }
            }
            mbox.wait(item)
        } else if !block.isResident || length > UInt64(PreparedMessage.largest) {
            try storeLarge(item, of: mbox)
        } else {
            return item
        }
        return nil
    }

    private func lose(_ range: Range<UInt64>, _ ordinal: UInt64, of mbox: MboxImport) {
        lose(range, ordinal, ofFile: mbox.item.number, mbox.box, mbox.source.file.displayName)
    }

    /// A message that is too long for memory; counted as lost when it cannot be read.
    private func storeLarge(_ item: PreparePipeline.MboxItem, of mbox: MboxImport) throws(ArchiveError) {
        let quoting = item.message.traits.contains(.holdsFromLines) ? mbox.dialect?.quoting ?? .none : .none
        var large = LargeMessage(
            source: mbox.source,
            range: item.message.content,
            quoting: quoting,
            lineEnds: mbox.lineEnds
        )
        do throws(ArchiveError) {
            let stored = try large.store(in: session, keys: keys, goOn: goOn) {}
            var origin = item.origin
            if large.wasQuoted { origin.note(quoting, large.exceptions) }
            var place = mbox.box.place.adding(stored.marks)
            let line = origin.lead.suffix(Int(item.message.separator.count))
            if let date = line.withUnsafeBytes({ SeparatorDate.parse($0) }) { place = place.received(date) }
            add(
                stored.id,
                stored.size,
                stored.envelope,
                stored.isNew,
                place,
                below: mbox.box.base,
                at: mbox.box.path,
                origin
            )
        } catch {
            guard error.code == .source, !isStopping else { throw error }
            lose(item.message.range, item.origin.ordinal, of: mbox)
        }
        try commitIfFull()
    }

    private func read(
        _ source: FileByteSource,
        _ block: MboxBlock,
        _ range: Range<UInt64>
    ) throws(ArchiveError) -> [UInt8] {
        if range.isEmpty { return [] }
        if block.isResident, let bytes = block.withBytes(of: range, { Array($0) }) { return bytes }
        return try read(source, range)
    }
}

/// An MBOX that is being imported.
final class MboxImport {
    let item: SourceItem
    let source: FileByteSource
    /// Where its messages go.
    let box: PreparePipeline.MboxPlace
    let hash: SerialHash
    var lineEnds = LineEndStyle.lf
    /// Nil while it depends on what was not read yet.
    var dialect: MboxDialect?
    /// What was seen until now.
    var evidence = MboxEvidence()
    /// Whether the hash went over all bytes until now.
    var isHashed = true
    /// Messages whose bytes depend on the dialect.
    private var waiting: [PreparePipeline.MboxItem] = []
    /// Bytes of the waiting messages' leads and trails, which a hostile file makes long.
    private var gapByteCount = 0
    private var keptByteCount: UInt64 = 0

    /// When so many messages speak for a dialect, the rest of the file is not waited for.
    private static let mostWaiting = 20_000
    private static let mostGapByteCount = 16 << 20
    /// So many bytes of waiting messages are kept; the others are read again.
    private static let mostKeptByteCount: UInt64 = 32 << 20

    /// Whether no more may wait.
    var isFull: Bool { waiting.count >= MboxImport.mostWaiting || gapByteCount >= MboxImport.mostGapByteCount }

    func wait(_ item: PreparePipeline.MboxItem) {
        waiting.append(item)
        gapByteCount += item.origin.lead.count + item.origin.trail.count
        keptByteCount += UInt64(item.bytes?.count ?? 0)
    }

    /// Whether there is room to keep the bytes of one more message.
    func keepsBytes(_ count: UInt64) -> Bool { keptByteCount + count <= MboxImport.mostKeptByteCount }

    func takeWaiting() -> [PreparePipeline.MboxItem] {
        defer {
            waiting = []
            gapByteCount = 0
            keptByteCount = 0
        }
        return waiting
    }

    init(_ item: SourceItem, _ file: any RandomAccessBytes, _ hash: SerialHash) {
        self.item = item
        source = FileByteSource(file: file)
        var place = item.place
        place.folder = Array(item.inner(without: [".mbox", ".mbx"]).dropFirst(item.surroundings.folder.count))
        box = PreparePipeline.MboxPlace(place: place, base: item.surroundings.folder, path: item.path)
        self.hash = hash
    }
}

extension MboxDialect {
    /// For messages without `From ` lines, which read the same in all dialects.
    static func undecided(_ lineEnds: LineEndStyle) -> MboxDialect { MboxDialect(.mboxrd, lineEnds: lineEnds) }
}

extension ByteSourceError {
    /// Carries an error of the archive through a scope that throws errors of the source.
    static func wrapping(_ error: ArchiveError, in place: inout ArchiveError?) -> ByteSourceError {
        place = error
        return ByteSourceError(.changed, at: 0)
    }
}

extension Origin {
    mutating func note(_ quoting: MboxQuoting, _ exceptions: QuotingExceptions) {
        self.quoting = quoting == .o ? 1 : quoting == .rd ? 2 : 0
        self.exceptions = exceptions.ordinals.map(UInt64.init)
        verbatimFrom = exceptions.verbatimFrom.map(UInt64.init)
    }
}
