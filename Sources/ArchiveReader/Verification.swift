import ArchiveCrypto
public import ArchiveFormat
package import ArchiveStorage
import Dispatch
import Synchronization

/// How thoroughly to verify (Spec, format.md, section 7.8).
public enum VerificationLevel: Sendable {
    /// Heads, journal, lengths.
    case quick
    /// Every byte hashed, every signature checked.
    case keyless
}

/// What a verification found, and how much it looked at.
public struct VerificationReport: Sendable {
    /// The findings, damage first.
    public package(set) var findings: [Finding] = []
    /// Bytes read.
    public package(set) var byteCount: UInt64 = 0
    /// Messages rebuilt and checked (keyed verification).
    public package(set) var messageCount = 0
    /// Segments with bytes that the archive has.
    public package(set) var segmentCount = 0
    /// Segments that were looked at; fewer than there are in a sample, or when it was stopped.
    public package(set) var checkedSegmentCount = 0
    /// Whether it was stopped before it had looked at all that it was to look at.
    public package(set) var isStopped = false
    /// The newest generation.
    public package(set) var generation: UInt64 = 0
    /// Its commit hash.
    public package(set) var head: Bytes32 = .zero

    /// Whether anything is damaged.
    public var isDamaged: Bool { findings.contains { !$0.code.isWarning } }
    /// Whether nothing at all was found.
    public var isClean: Bool { findings.isEmpty }
}

/// Checks an archive without a key (Spec, format.md, sections 6 to 7.8).
package struct KeylessVerification {
    let log: ArchiveLog
    let storage: any Storage
    let threads: Int
    var report = VerificationReport()

    package init(_ log: ArchiveLog, threads: Int) {
        self.log = log
        storage = log.storage
        self.threads = max(1, threads)
    }

    package static func run(
        _ storage: any Storage,
        level: VerificationLevel,
        threads: Int,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws(ArchiveError) -> VerificationReport {
        let log = try ArchiveLog(opening: storage, reading: .whole)
        return try run(log, level: level, threads: threads, progress: progress)
    }

    package static func run(
        _ log: ArchiveLog,
        level: VerificationLevel,
        threads: Int,
        scope: VerificationScope = .all,
        hashing: (LiveFile) -> Bool = { _ in true },
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void
    ) throws(ArchiveError) -> VerificationReport {
        try log.requireKnownFlags(for: .verify)
        let log = try log.whole()
        var check = KeylessVerification(log, threads: threads)
        check.report.findings = log.findings
        check.report.generation = log.generation
        check.report.head = log.newestHash
        check.report.segmentCount = log.state.files.count { $0.kind == .segment && $0.length > 0 }
        check.texts()
        let jobs = check.files()
        check.directory()
        if level == .keyless { check.hash(jobs.filter { hashing($0.file) }, scope, progress) }
        check.report.findings.sort { !$0.code.isWarning && $1.code.isWarning }
        return check.report
    }

    private mutating func texts() {
        let header = log.header.header
        for (path, root) in [(ArchiveLayout.readme, header.readmeRoot), (ArchiveLayout.spec, header.specRoot)] {
            let bytes = readWhole(storage, path, limit: 2 << 20, &report.findings)
            guard let bytes, bytes.withUnsafeBytes({ TreeHasher.root(of: $0) }) == root else {
                report.findings.append(Finding(.readme, path.description, bytes == nil ? "absent" : ""))
                continue
            }
        }
    }

    struct Job {
        var file: LiveFile
        /// Opened for each share of work: an archive may have more files than a process may hold open.
        var path: ArchivePath
    }

    /// Lengths and tails of all files; gives those whose bytes can be hashed.
    private mutating func files() -> [Job] {
        var jobs: [Job] = []
        for file in log.state.files {
            let path = livePath(storage, file.kind, file.number)
            let status: FileStatus?
            do throws(StorageError) {
                status = try storage.status(of: path)
            } catch {
                report.findings.append(Finding(.fileMissing, path.description, cause: .inputOutput, error.message))
                continue
            }
            guard let status, status.kind == .file else {
                report.findings.append(Finding(.fileMissing, path.description))
                continue
            }
            guard status.byteCount >= file.length else {
                report.findings.append(
                    Finding(.fileShort, path.description, "\(status.byteCount) of \(file.length) bytes")
                )
                continue
            }
            do throws(StorageError) {
                let handle = try storage.openForReading(path, expecting: .sequential)
                checkTail(file, path, handle, status.byteCount)
                jobs.append(Job(file: file, path: path))
            } catch {
                report.findings.append(Finding(.fileRoot, path.description, cause: .inputOutput, error.message))
            }
        }
        return jobs
    }

    /// Bytes that are hashed before it is asked whether to go on.
    private static let window: UInt64 = 256 << 20

    /// Hashes files, some at a time, and tells which segments are good.
    private mutating func hash(
        _ jobs: [Job],
        _ scope: VerificationScope,
        _ progress: @Sendable (UInt64, UInt64) -> Void
    ) {
        let wanted = jobs.filter { $0.file.kind != .segment || scope.includes($0.file) }
        let total = wanted.reduce(0) { $0 + $1.file.length }
        var done: UInt64 = 0
        var rest = wanted[...]
        // One that is missing or too short was looked at too.
        let hashable = Set(jobs.lazy.filter { $0.file.kind == .segment }.map(\.file.number))
        let amiss = log.state.files.count {
            $0.kind == .segment && $0.length > 0 && scope.includes($0) && !hashable.contains($0.number)
        }
        report.checkedSegmentCount = amiss
        while let first = rest.first {
            guard !scope.shouldStop() else {
                report.isStopped = true
                break
            }
            var size = first.file.length
            var share = [first]
            rest.removeFirst()
            while let next = rest.first, size + next.file.length <= KeylessVerification.window {
                size += next.file.length
                share.append(next)
                rest.removeFirst()
            }
            let before = done
            let known = report.findings.count
            hash(share) { more, _ in progress(before + more, total) }
            done += size
            let bad = Set(report.findings[known...].map(\.place))
            for job in share where job.file.kind == .segment && job.file.length > 0 {
                report.checkedSegmentCount += 1
                if !bad.contains(ArchiveLayout.segment(job.file.number).description) { scope.isGood(job.file) }
            }
        }
        report.byteCount = done
    }

    /// Copy S behind the committed length, known debris, and what else stands there (format.md, section 6).
    private mutating func checkTail(
        _ file: LiveFile,
        _ path: ArchivePath,
        _ handle: any ReadableFile,
        _ byteCount: UInt64
    ) {
        let length = Int(file.tailPages) * Limits.page
        let copy = log.commit(of: file.generation)?.padded(to: length)
        for code in KeylessVerification.tail(of: file, handle, byteCount, copy: copy) {
            let what = code == .commitSpare ? "generation \(file.generation)" : "behind \(file.length)"
            report.findings.append(Finding(code, path.description, what))
        }
    }

    /// What is wrong behind the committed length, where `copy` should stand in an open or sealed segment.
    ///
    /// Of a commit that is lost, `copy` is not known, and only its length is compared.
    static func tail(
        of file: LiveFile,
        _ handle: any ReadableFile,
        _ byteCount: UInt64,
        copy: [UInt8]?
    ) -> [ArchiveCode] {
        let tail = byteCount - file.length
        switch file.state {
        case .closed:
            guard tail == file.debrisLength else { return [.debrisBehind] }
            let root = TreeHasher.root(of: handle, from: file.length, count: tail)
            return root != file.debrisRoot ? [.debrisBehind] : []
        case .plain:
            return tail > 0 ? [.debrisBehind] : []
        case .open, .sealed:
            let length = Int(file.tailPages) * Limits.page
            let isWhole = copy.map { copy in (try? handle.read(at: file.length, count: copy.count)) == copy } ?? true
            return (isWhole ? [] : [.commitSpare]) + (tail > UInt64(length) ? [.debrisBehind] : [])
        }
    }
}
