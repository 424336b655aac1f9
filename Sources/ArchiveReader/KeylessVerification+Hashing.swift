import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage
import Dispatch
import Synchronization

extension KeylessVerification {
    /// A piece of a file that one thread reads and hashes.
    private struct Piece {
        var job: Int
        var offset: UInt64
        var count: Int
    }

    private struct Results {
        var next = 0
        var done: UInt64 = 0
        var leaves: [[Bytes32]]
        var bad: [Int: String] = [:]
    }

    /// Bytes of a piece: they are still in the processor's cache when they are hashed.
    private static let pieceByteCount = 1 << 20

    /// Hashes all files in pieces, on several threads: leaves do not depend on each other.
    mutating func hash(_ jobs: [Job], _ progress: @Sendable (UInt64, UInt64) -> Void) {
        var pieces: [Piece] = []
        for (index, job) in jobs.enumerated() {
            for offset in stride(from: 0, to: job.file.length, by: Self.pieceByteCount) {
                let count = Int(min(UInt64(Self.pieceByteCount), job.file.length - offset))
                pieces.append(Piece(job: index, offset: offset, count: count))
            }
        }
        let total = jobs.reduce(0) { $0 + $1.file.length }
        let results = Mutex(Results(leaves: Array(repeating: [], count: jobs.count)))
        for (index, job) in jobs.enumerated() {
            let count = Int((job.file.length + UInt64(Limits.block) - 1) / UInt64(Limits.block))
            results.withLock { $0.leaves[index] = Array(repeating: .zero, count: count) }
        }
        let work = pieces
        let storage = storage
        DispatchQueue.concurrentPerform(iterations: min(threads, max(1, work.count))) { _ in
            var worker = Worker(storage, jobs)
            while true {
                // Small pieces are taken together: several are hashed at once.
                let taken = results.withLock { results -> Range<Int> in
                    let start = results.next
                    var bytes = 0
                    while results.next < work.count, bytes + work[results.next].count <= Self.pieceByteCount {
                        bytes += work[results.next].count
                        results.next += 1
                    }
                    return start..<results.next
                }
                if taken.isEmpty { return }
                worker.hash(work[taken])
                let done = results.withLock { results -> UInt64 in
                    for (job, block, leaf) in worker.leaves { results.leaves[job][block] = leaf }
                    for (job, failure) in worker.failures { results.bad[job] = failure }
                    results.done += UInt64(work[taken].reduce(0) { $0 + $1.count })
                    return results.done
                }
                progress(done, total)
            }
        }
        report.byteCount = total
        let (leaves, bad) = results.withLock { ($0.leaves, $0.bad) }
        for (index, job) in jobs.enumerated() {
            let path = ArchiveLayout.file(job.file.kind, job.file.number).description
            if let failure = bad[index] {
                report.findings.append(Finding(.fileRoot, path, cause: .inputOutput, failure))
            } else if TreeHasher.root(byteCount: job.file.length, leaves: leaves[index]) != job.file.root {
                report.findings.append(Finding(.fileRoot, path))
            }
        }
    }

    /// One thread's buffer, and the file it read last.
    private struct Worker: ~Copyable {
        private let storage: any Storage
        private let jobs: [Job]
        private let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: KeylessVerification.pieceByteCount,
            alignment: 64
        )
        private var open: (job: Int, file: any ReadableFile)?
        private var batch = HashBatch()
        private(set) var leaves: [(job: Int, block: Int, leaf: Bytes32)] = []
        private(set) var failures: [Int: String] = [:]

        init(_ storage: any Storage, _ jobs: [Job]) {
            self.storage = storage
            self.jobs = jobs
        }

        deinit { buffer.deallocate() }

        mutating func hash(_ pieces: ArraySlice<Piece>) {
            leaves.removeAll(keepingCapacity: true)
            failures.removeAll()
            var filled = 0
            for piece in pieces {
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + piece.count])
                guard read(piece, into: target) else { continue }
                filled += piece.count
                for start in stride(from: 0, to: piece.count, by: Limits.block) {
                    let block = Int((piece.offset + UInt64(start)) / UInt64(Limits.block))
                    batch.add(
                        leaf: UnsafeRawBufferPointer(target).slice(start, min(Limits.block, piece.count - start)),
                        tag: leaves.count
                    )
                    leaves.append((piece.job, block, .zero))
                }
            }
            var found = leaves
            batch.runLeaves { tag, leaf in found[tag].leaf = leaf }
            leaves = found
        }

        private mutating func read(_ piece: Piece, into target: UnsafeMutableRawBufferPointer) -> Bool {
            do throws(StorageError) {
                if open?.job != piece.job {
                    open = (piece.job, try storage.openForReading(jobs[piece.job].path, expecting: .sequential))
                }
                if try open?.file.read(at: piece.offset, into: target) == piece.count { return true }
                failures[piece.job] = "cut short"
            } catch {
                failures[piece.job] = error.message
            }
            return false
        }
    }
}
