import ArchiveCrypto
import ArchiveFormat
package import ArchiveReader
package import ArchiveStorage
package import ArchiveWriter
import MailFormats

/// Imports sources into an archive, accounting for every item.
package enum Importer {
    /// Imports each source as one run.
    ///
    /// What was committed stays, whatever happens later. A dry run does the same on a storage that keeps nothing.
    package static func run(
        _ storage: any Storage,
        as access: WriterAccess,
        sources: [String],
        options: ImportOptions,
        progress: @escaping (ImportProgress) -> Void = { _ in },
        shouldStop: @escaping () -> Bool = { false }
    ) throws(ArchiveError) -> ImportReport {
        try options.check()
        let storage = options.isDryRun ? DryRunStorage(storage) : storage
        var opened: [ImportSource] = []
        for source in sources { opened.append(try ImportSource(source)) }
        var known: Set<ObjectKey> = []
        var catalogue: Catalogue?
        // Stored, but no manifest has the envelope (a crash or a damaged record between): given with the next entry.
        var lacking: Set<Bytes32> = []
        // Messages among them that no manifest names at all.
        var unplaced: Set<Bytes32> = []
        if case .root(let root) = access {
            let archive = try Archive(log: ArchiveLog(opening: storage), access: .all(root))
            catalogue = archive.catalogue
            known = archive.trustedObjects(of: root.writer.publicKey, hashing: options.rechecks)
            for key in known where key.kind == .content {
                guard
                    archive.catalogue.positions[key.id] == nil
                        || archive.catalogue.lackingEnvelope.contains(key.id)
                else { continue }
                lacking.insert(key.id)
                if archive.catalogue.positions[key.id] == nil { unplaced.insert(key.id) }
            }
        }
        let session = try WriteSession(
            opening: storage,
            as: access,
            known: known,
            codec: options.codec,
            level: options.level,
            jobs: options.jobs
        )
        if let count = options.commitByteCount { session.segmentTarget = count }
        var report = ImportReport()
        let storedBefore = session.storedByteCount
        let total = opened.reduce(0) { $0 + $1.byteCount }
        var done: UInt64 = 0
        var found: UInt64 = 0
        for source in opened {
            let before = done
            let foundBefore = found
            var resume: Resume?
            if let catalogue, let identity = source.identity(options, session.keys) {
                resume = Resume(catalogue, of: identity)
            }
            let run = ImportRun(
                source,
                session,
                options,
                lacking: lacking,
                unplaced: unplaced,
                resume: resume,
                progress: { counts in
                    progress(
                        ImportProgress(
                            found: foundBefore + counts.found,
                            byteCount: before + counts.byteCount,
                            totalByteCount: max(total, before)
                        )
                    )
                },
                shouldStop: shouldStop
            )
            run.openSourceCount = opened.count
            run.start()
            let isWhole = try run.work()
            try run.end(isWhole: isWhole)
            lacking = run.lacking
            unplaced.formIntersection(run.storedEarlier)
            done += run.run.counts.byteCount
            found += run.run.counts.found
            report.runs.append(run.run)
            report.rejects += run.rejects
            report.openings.append(run.openings)
            report.notes.append(run.notes)
            report.skipped.append(run.skipped)
            report.shortfalls.append(run.shortfalls)
            report.listShortfalls.append(run.listShortfalls)
            if !isWhole {
                report.isInterrupted = true
                break
            }
        }
        try session.finish()
        report.addedByteCount = session.storedByteCount - min(storedBefore, session.storedByteCount)
        return report
    }
}

/// A source as the user named it.
struct ImportSource {
    enum Kind {
        case file(SourceFile)
        case directory([UInt8])
        case standardInput(Spool)
    }

    let name: [UInt8]
    let kind: Kind
    let byteCount: UInt64
    /// Where it lies; nil for a stream.
    let place: SourceIdentity?

    /// What the run says it is, before more is known.
    var runKind: RunKind {
        switch kind {
        case .file: .emlFile
        case .directory: .folder
        case .standardInput: .standardInput
        }
    }

    init(_ argument: String) throws(ArchiveError) {
        if argument == "-" {
            let spool = try ImportSource.source { () throws(StorageError) in
                let spool = try Spool(in: temporaryDirectory(), name: "standard input")
                try spool.fill(fromDescriptor: 0)
                return spool
            }
            name = Array("standard input".utf8)
            kind = .standardInput(spool)
            byteCount = spool.byteCount
            place = nil
            return
        }
        var path = Array(argument.utf8)
        place = SourceIdentity(path: path)
        while path.count > 1, path.last == 0x2F { path.removeLast() }
        name = Array(path[(path.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0)...])
        do throws(StorageError) {
            let file = try SourceFile(path: path)
            kind = .file(file)
            byteCount = file.byteCount
        } catch {
            guard error.cause != .tooManyOpenFiles else { throw ArchiveError(error) }
            guard case .isADirectory = error.cause else {
                throw ArchiveError(.source, argument, error.message)
            }
            kind = .directory(path)
            byteCount = 0
        }
    }

    static func source<Value>(_ body: () throws(StorageError) -> Value) throws(ArchiveError) -> Value {
        do throws(StorageError) {
            return try body()
        } catch {
            throw ArchiveError(.source, error.place, error.message)
        }
    }
}
