import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// MBOX files (Spec, format.md, section 8.5).
extension ImportRun {
    /// Every message of an MBOX; `false` when it was asked to stop.
    func importMbox(_ item: SourceItem, _ file: any RandomAccessBytes) throws(ArchiveError) -> Bool {
        try drain(all: true)
        nextOrdinal = 0
        let folder = folder(of: item, isMbox: true)
        let source = FileByteSource(file: file)
        let hash = SerialHash(keys.contentHasher())
        let before = run.counts.byteCount
        var failure: ArchiveError?
        do throws(ByteSourceError) {
            let evidence = try MboxEvidence.gather(source, byteLimit: 256 << 20)
            let dialect = MboxDialect(evidence)
            var scanner = try MboxScanner(source, dialect: dialect)
            while let block = try scanner.nextBlock() {
                do throws(ArchiveError) {
                    if isStopped() {
                        try drain(all: true)
                        return false
                    }
                    try add(block, dialect, source, item.number, folder, hash)
                    run.counts.byteCount = before + block.offset + block.byteCount
                } catch {
                    throw ByteSourceError.wrapping(error, in: &failure)
                }
            }
            do throws(ArchiveError) {
                try drain(all: true)
                var entry = item.entry(file, kind: .mbox, pieces: 0)
                entry.dialect = dialectNumber(dialect)
                let tail = try read(source, scanner.tail)
                hash.update(tail)
                if tail.count <= Limits.lead {
                    entry.tail = tail
                } else {
                    try reject(source, scanner.tail, item.number, folder, .gap, "no message, at the end of the file")
                }
                entry.pieceCount = nextOrdinal
                entry.hash = hash.finish()
                try requireUnchanged(file)
                finish(entry, 0)
                run.counts.byteCount = before + file.byteCount
                try commitIfFull()
            } catch {
                throw ByteSourceError.wrapping(error, in: &failure)
            }
            return true
        } catch {
            if let failure { throw failure }
            throw ArchiveError(.source, file.displayName, "at \(error.offset)")
        }
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
    private func add(
        _ block: MboxBlock,
        _ dialect: MboxDialect,
        _ source: FileByteSource,
        _ number: UInt64,
        _ folder: Folder,
        _ hash: SerialHash
    ) throws(ArchiveError) {
        if block.isResident {
            hash.update(block)
        } else {
            try hash.update(source, block.offset..<block.offset + block.byteCount)
        }
        var items: [PreparePipeline.MboxItem] = []
        for message in block.messages {
            let isMail =
                !message.traits.contains(.lacksSeparator)
                || block.withBytes(of: message.content) { raw in
                    if case .eml = MailKind.sniff(prefix: raw, nameHint: .none) { return true }
                    return false
                } ?? false
            let leadLength = message.lead.upperBound - message.lead.lowerBound
            let trailLength = message.trail.upperBound - message.trail.lowerBound
            if message.content.isEmpty || !isMail {
                try flush(&items, block, dialect, folder)
                try reject(
                    source,
                    message.range,
                    number,
                    folder,
                    message.content.isEmpty ? .empty : .gap,
                    message.content.isEmpty ? "a separator without a message" : "no message before the first separator"
                )
                continue
            }
            var lead = message.lead
            if leadLength > UInt64(Limits.lead) {
                let cut = message.lead.upperBound - UInt64(Limits.lead)
                try flush(&items, block, dialect, folder)
                try reject(source, lead.lowerBound..<cut, number, folder, .gap, "between two messages")
                lead = cut..<lead.upperBound
            }
            guard trailLength <= UInt64(Limits.lead) else {
                throw ArchiveError(.source, source.file.displayName, "a gap over the limit")
            }
            var origin = Origin(file: number, ordinal: nextOrdinal)
            nextOrdinal += 1
            origin.lead = try read(source, block, lead)
            origin.trail = try read(source, block, message.trail)
            origin.lineEnd = dialect.lineEnds.endsAtLoneCR ? 1 : 0
            let length = message.content.upperBound - message.content.lowerBound
            if !block.isResident || length > UInt64(PreparedMessage.largest) {
                try flush(&items, block, dialect, folder)
                try drain(all: true)
                var large = LargeMessage(
                    source: source,
                    range: message.content,
                    quoting: dialect.quoting,
                    lineEnds: dialect.lineEnds
                )
                let stored = try large.store(in: session, keys: keys)
                if large.wasQuoted { origin.note(dialect.quoting, large.exceptions) }
                add(stored.id, stored.size, stored.envelope, stored.isNew, folder, origin)
                try commitIfFull()
            } else {
                items.append(PreparePipeline.MboxItem(message: message, origin: origin))
            }
        }
        try flush(&items, block, dialect, folder)
        try drain(all: false)
    }

    private func flush(
        _ items: inout [PreparePipeline.MboxItem],
        _ block: MboxBlock,
        _ dialect: MboxDialect,
        _ folder: Folder
    ) throws(ArchiveError) {
        guard !items.isEmpty else { return }
        pipeline.submit(block, items, dialect, folder)
        items = []
        try drain(all: false)
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
