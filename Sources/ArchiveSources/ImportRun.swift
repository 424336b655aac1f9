import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// One run over one source (Spec, format.md, sections 8.4 and 8.5).
final class ImportRun {
    let source: ImportSource
    let session: WriteSession
    let keys: AppendKeys
    let options: ImportOptions
    private(set) var run: Run
    private(set) var rejects: [RejectReport] = []
    private var folderCounts: [Folder: ImportCounts] = [:]
    private var folderOrder: [Folder] = []
    private var nextFile: UInt64 = 0
    private let pipeline: PreparePipeline

    init(
        _ source: ImportSource,
        _ session: WriteSession,
        _ access: WriterAccess,
        _ options: ImportOptions,
        _ archiveName: String
    ) {
        self.source = source
        self.session = session
        self.options = options
        keys = session.keys
        let kind: RunKind
        switch source.kind {
        case .file: kind = .emlFile
        case .directory: kind = .folder
        case .standardInput: kind = .standardInput
        }
        run = Run(id: Random.bytes(16), name: source.name, kind: kind.rawValue, start: Clock.seconds())
        run.program = Array("portable-archive 1".utf8)
        pipeline = PreparePipeline(keys: session.keys, jobs: options.jobs)
    }

    func start() throws(ArchiveError) {
        session.runs.append(run)
    }

    func end(isWhole: Bool) throws(ArchiveError) {
        run.end = Clock.seconds()
        run.isComplete = isWhole
        noteFolders()
        session.runs.removeAll { $0.id == run.id }
        session.runs.append(run)
        try session.commit()
    }

    private func noteFolders() {
        run.folders = folderOrder.map { ($0, folderCounts[$0] ?? ImportCounts()) }
    }

    private func commitIfFull() throws(ArchiveError) {
        guard session.isFull else { return }
        session.runs.removeAll { $0.id == run.id }
        noteFolders()
        session.runs.append(run)
        try session.commit()
    }

    private func count(_ folder: Folder, _ change: (inout ImportCounts) -> Void) {
        if folderCounts[folder] == nil { folderOrder.append(folder) }
        change(&folderCounts[folder, default: ImportCounts()])
        change(&run.counts)
    }

    /// Works through the source; `false` when it was asked to stop.
    func work(progress: (ImportCounts) -> Void, shouldStop: () -> Bool) throws(ArchiveError) -> Bool {
        switch source.kind {
        case .file(let file):
            let isWhole = try importFile(file, path: [], progress: progress, shouldStop: shouldStop)
            try drain(all: true)
            return isWhole
        case .standardInput(let spool):
            let isWhole = try importFile(spool, path: [], progress: progress, shouldStop: shouldStop)
            try drain(all: true)
            return isWhole
        case .directory(let path):
            var walker: SourceDirectoryWalker
            do throws(StorageError) {
                walker = try SourceDirectoryWalker(path: path)
            } catch {
                throw ArchiveError(.source, error.place, error.message)
            }
            while let entry = walker.next() {
                if shouldStop() {
                    try drain(all: true)
                    return false
                }
                let components = entry.path.split(separator: UInt8(0x2F)).map { Array($0) }
                switch entry.kind {
                case .directory: continue
                case .file:
                    let file: SourceFile
                    do throws(StorageError) {
                        file = try entry.open()
                    } catch {
                        try unreadable(components, error.message)
                        continue
                    }
                    guard try importFile(file, path: components, progress: progress, shouldStop: shouldStop) else {
                        return false
                    }
                case .unreadable(let error):
                    try unreadable(components, error.message)
                default:
                    try unreadable(components, "neither file nor folder")
                }
                progress(run.counts)
            }
            try drain(all: true)
            return true
        }
    }

    private func folder(of path: [[UInt8]], isMbox: Bool) -> Folder {
        var names = Array(path.dropLast())
        if isMbox {
            var name = path.last ?? source.name
            let suffix = Array(".mbox".utf8)
            if name.count > suffix.count, name.suffix(suffix.count).elementsEqual(suffix) {
                name.removeLast(suffix.count)
            }
            names.append(name)
        }
        return Folder(mailbox: options.mailbox, path: Array((options.folder + names).prefix(Limits.components)))
    }

    private func importFile(
        _ file: any RandomAccessBytes,
        path: [[UInt8]],
        progress: (ImportCounts) -> Void,
        shouldStop: () -> Bool
    ) throws(ArchiveError) -> Bool {
        let number = nextFile
        nextFile += 1
        let prefix: [UInt8]
        do throws(StorageError) {
            prefix = try file.read(at: 0, count: Int(clamping: min(file.byteCount, 65_536)))
        } catch {
            try unreadable(path, error.message, number: number)
            return true
        }
        let name = path.last ?? source.name
        let kind = prefix.withUnsafeBytes { MailKind.sniff(prefix: $0, nameHint: hint(name)) }
        switch kind {
        case .mbox:
            let whole = try importMbox(file, number, path, progress, shouldStop)
            return whole
        case .eml:
            try importEml(file, number, path)
        case .empty:
            try rejectWhole(file, number, path, .empty, "the file is empty")
        case .unknown(let why):
            try rejectWhole(file, number, path, .notMail, "\(why)")
        }
        return true
    }

    private func hint(_ name: [UInt8]) -> MailKind.NameHint {
        let lower = name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        if lower.suffix(4).elementsEqual(Array(".eml".utf8)) { return .eml }
        if lower.suffix(5).elementsEqual(Array(".mbox".utf8)) { return .mbox }
        return .none
    }

    private func entry(
        _ number: UInt64,
        _ path: [[UInt8]],
        _ file: any RandomAccessBytes,
        kind: SourceFileKind,
        pieces: UInt64
    ) -> SourceFileEntry {
        var entry = SourceFileEntry(
            run: 0,
            number: number,
            path: path,
            size: file.byteCount,
            hash: nil,
            kind: kind.rawValue,
            pieceCount: pieces
        )
        entry.changed = (file as? SourceFile)?.identity.modifiedSeconds
        return entry
    }

    // MARK: EML

    private func importEml(_ file: any RandomAccessBytes, _ number: UInt64, _ path: [[UInt8]]) throws(ArchiveError) {
        let folder = folder(of: path, isMbox: false)
        let entry = entry(number, path, file, kind: .eml, pieces: 1)
        if file.byteCount > UInt64(PreparedMessage.largest) {
            try drain(all: true)
            var large = LargeMessage(
                source: FileByteSource(file: file),
                range: 0..<file.byteCount,
                quoting: .none,
                lineEnds: .lf
            )
            let stored = try large.store(in: session, keys: keys)
            try requireUnchanged(file)
            add(stored.id, stored.size, stored.envelope, stored.isNew, folder, Origin(file: number, ordinal: 0))
            finish(entry, file.byteCount)
        } else {
            try pipeline.submit(.eml(file, entry, folder))
            try drain(all: false)
        }
    }

    private func requireUnchanged(_ file: any RandomAccessBytes) throws(ArchiveError) {
        guard let file = file as? SourceFile else { return }
        let changed = try ImportSource.source { () throws(StorageError) in try file.changedSinceOpened() }
        if changed { throw ArchiveError(.source, file.displayName, "it changed while it was read") }
    }

    private func finish(_ entry: SourceFileEntry, _ byteCount: UInt64) {
        session.manifest.add(file: entry, run: run.id)
        run.counts.byteCount += byteCount
    }

    private func add(
        _ id: Bytes32,
        _ size: UInt64,
        _ envelope: MailEnvelope,
        _ isNew: Bool,
        _ folder: Folder,
        _ origin: Origin
    ) {
        var placement = Placement(run: 0, folder: 0)
        placement.origin = origin
        session.manifest.add(
            content: id,
            size: size,
            envelope: isNew ? envelope : nil,
            run: run.id,
            folder: folder,
            placement: placement
        )
        count(folder) { counts in
            counts.found += 1
            if isNew { counts.stored += 1 } else { counts.alreadyThere += 1 }
        }
    }

    private func store(_ message: PreparedMessage) throws(ArchiveError) -> Bool {
        let key = ObjectKey(message.id, .content)
        if session.isKnown(key) { return false }
        for part in message.parts {
            try part.bytes.withUnsafeBufferPointer { (b) throws(ArchiveError) in
                try session.add(ObjectKey(part.id, .part), UnsafeRawBufferPointer(b))
            }
        }
        try message.object.withUnsafeBufferPointer { (b) throws(ArchiveError) in
            try session.add(key, UnsafeRawBufferPointer(b))
        }
        return true
    }

    /// Takes what the workers have finished, in order.
    private func drain(all: Bool) throws(ArchiveError) {
        while let finished = pipeline.next(waiting: all) {
            switch finished {
            case .eml(let message, let file, let entry, let folder):
                let isNew = try store(message)
                add(
                    message.id,
                    message.size,
                    message.envelope,
                    isNew,
                    folder,
                    Origin(file: entry.number, ordinal: 0)
                )
                finish(entry, file.byteCount)
            case .unreadable(let entry, let text):
                try unreadable(entry.path, text, number: entry.number)
            case .lost(let origin):
                throw ArchiveError(.source, shown([source.name]), "piece \(origin.ordinal) could not be read")
            case .mbox(let block):
                for item in block {
                    let isNew = try store(item.message)
                    add(
                        item.message.id,
                        item.message.size,
                        item.message.envelope,
                        isNew,
                        item.folder,
                        item.origin
                    )
                }
            }
            try commitIfFull()
        }
    }

    // MARK: MBOX

    private func importMbox(
        _ file: any RandomAccessBytes,
        _ number: UInt64,
        _ path: [[UInt8]],
        _ progress: (ImportCounts) -> Void,
        _ shouldStop: () -> Bool
    ) throws(ArchiveError) -> Bool {
        try drain(all: true)
        let folder = folder(of: path, isMbox: true)
        let source = FileByteSource(file: file)
        let hash = SerialHash(keys.contentHasher())
        var ordinal: UInt64 = 0
        let before = run.counts.byteCount
        do throws(ByteSourceError) {
            let evidence = try MboxEvidence.gather(source, byteLimit: 256 << 20)
            let dialect = MboxDialect(evidence)
            var scanner = try MboxScanner(source, dialect: dialect)
            while let block = try scanner.nextBlock() {
                do throws(ArchiveError) {
                    if shouldStop() {
                        try drain(all: true)
                        return false
                    }
                    try add(block, dialect, source, number, folder, &ordinal, hash)
                    run.counts.byteCount = before + block.offset + block.byteCount
                    progress(run.counts)
                } catch {
                    throw ByteSourceError.wrapping(error, in: &failure)
                }
            }
            do throws(ArchiveError) {
                try drain(all: true)
                var entry = entry(number, path, file, kind: .mbox, pieces: 0)
                entry.dialect = dialectNumber(dialect)
                let tail = try read(source, scanner.tail)
                hash.update(tail)
                if tail.count <= Limits.lead {
                    entry.tail = tail
                } else {
                    try reject(
                        source,
                        scanner.tail,
                        number,
                        &ordinal,
                        folder,
                        .gap,
                        "no message, at the end of the file"
                    )
                }
                entry.pieceCount = ordinal
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

    private var failure: ArchiveError?

    private func dialectNumber(_ dialect: MboxDialect) -> UInt8 {
        switch dialect.name {
        case .mboxo: 1
        case .mboxrd: 2
        case .mboxcl: 3
        case .mboxcl2: 4
        default: 0
        }
    }

    private func read(_ source: FileByteSource, _ range: Range<UInt64>) throws(ArchiveError) -> [UInt8] {
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
        _ ordinal: inout UInt64,
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
                    &ordinal,
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
                try reject(source, lead.lowerBound..<cut, number, &ordinal, folder, .gap, "between two messages")
                lead = cut..<lead.upperBound
            }
            guard trailLength <= UInt64(Limits.lead) else {
                throw ArchiveError(.source, source.file.displayName, "a gap over the limit")
            }
            var origin = Origin(file: number, ordinal: ordinal)
            ordinal += 1
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
        try pipeline.submit(.mbox(block, items, dialect, folder))
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

    // MARK: Rejects

    private func rejectWhole(
        _ file: any RandomAccessBytes,
        _ number: UInt64,
        _ path: [[UInt8]],
        _ reason: RejectReason,
        _ text: String
    ) throws(ArchiveError) {
        try drain(all: true)
        var ordinal: UInt64 = 0
        let folder = folder(of: path, isMbox: false)
        let source = FileByteSource(file: file)
        try reject(source, 0..<file.byteCount, number, &ordinal, folder, reason, text, path: path)
        var entry = entry(number, path, file, kind: .unknown, pieces: 1)
        let hash = SerialHash(keys.contentHasher())
        try hash.update(source, 0..<file.byteCount)
        entry.hash = hash.finish()
        try requireUnchanged(file)
        finish(entry, file.byteCount)
        try commitIfFull()
    }

    private func reject(
        _ source: FileByteSource,
        _ range: Range<UInt64>,
        _ number: UInt64,
        _ ordinal: inout UInt64,
        _ folder: Folder,
        _ reason: RejectReason,
        _ text: String,
        path: [[UInt8]] = []
    ) throws(ArchiveError) {
        var reject = RejectEntry(
            file: number,
            ordinal: ordinal,
            offset: range.lowerBound,
            size: range.upperBound - range.lowerBound,
            reason: reason,
            text: text
        )
        ordinal += 1
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try read(source, offset..<min(range.upperBound, offset + 8 << 20))
            guard !bytes.isEmpty else { throw ArchiveError(.source, source.file.displayName, "it became shorter") }
            let id = bytes.withUnsafeBytes { keys.contentID(of: $0) }
            try bytes.withUnsafeBufferPointer { (b) throws(ArchiveError) in
                try session.add(ObjectKey(id, .blob), UnsafeRawBufferPointer(b))
            }
            reject.blobs.append((id, UInt32(bytes.count)))
            offset += UInt64(bytes.count)
        }
        session.manifest.add(reject: reject, run: run.id, folder: folder)
        note(path.isEmpty ? source.file.displayName : shown(path), range.lowerBound, reject.size, reason, text, folder)
    }

    private func note(
        _ path: String,
        _ offset: UInt64,
        _ size: UInt64,
        _ reason: RejectReason,
        _ text: String,
        _ folder: Folder
    ) {
        rejects.append(RejectReport(path: path, offset: offset, size: size, reason: reason, text: text))
        count(folder) { counts in
            counts.found += 1
            counts.rejected += 1
        }
    }

    private func shown(_ path: [[UInt8]]) -> String {
        path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    private func unreadable(_ path: [[UInt8]], _ text: String, number: UInt64? = nil) throws(ArchiveError) {
        let own = number ?? nextFile
        if number == nil { nextFile += 1 }
        let folder = folder(of: path, isMbox: false)
        session.manifest.add(
            reject: RejectEntry(file: own, ordinal: 0, offset: 0, size: 0, reason: .unreadable, text: text),
            run: run.id,
            folder: folder
        )
        note(shown(path), 0, 0, .unreadable, text, folder)
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
