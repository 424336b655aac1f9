import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Dispatch
import Synchronization
import Testing

/// Each flipped bit is reported: as damage (a failure always) where it hits what counts, as a warning (a failure with
/// `--strict`) where it hits a copy beside a good one: a header replica, a head, copy S, the public texts.
@Suite("bit flips")
struct BitFlipTests {
    /// A byte of a file, and which of its bits are flipped.
    struct Target: Sendable {
        var path: ArchivePath
        var offset: UInt64
        var bits: Range<UInt8>
    }

    /// One message in its own segment, behind the empty commit that made the archive.
    private static func tiny() throws -> MemoryStorage {
        let (storage, root) = try RoundTripTests.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        let text = Array("From: a@example.org\r\n\r\nHello\r\n".utf8)
        let id = text.withUnsafeBytes { root.read.append.contentID(of: $0) }
        let object: [UInt8] = [0, 0, 0, 0] + text
        try session.add(ObjectKey(id, .content), OwnedBytes(object))
        session.manifest.add(
            content: id,
            size: UInt64(text.count),
            envelope: MailEnvelope(),
            run: [UInt8](repeating: 7, count: 16),
            folder: Folder(path: [Array("Inbox".utf8)]),
            placement: Placement(run: 0, folder: 0)
        )
        try session.finish()
        return storage
    }

    /// Every bit of every byte that is no long padding, once for each kind of byte; of long runs of zeros and of the
    /// public texts a dense sample, and of a second file or record of one kind a bit of each byte.
    private static func targets(_ storage: MemoryStorage) throws -> [Target] {
        let again: Set<ArchivePath> = [
            "parity/header.b", "segments/header.c", "journal/head.b", ArchiveLayout.segment(1),
        ]
        let texts: Set<ArchivePath> = ["README.TXT", "SPEC.md"]
        let state = try ArchiveLog(opening: storage).state
        var targets: [Target] = []
        for path in storage.filePaths {
            let bytes = try storage.openForReading(path).readAll(limit: 1 << 20)
            var zeros = 0
            for (offset, byte) in bytes.enumerated() {
                zeros = byte == 0 ? zeros + 1 : 0
                let isRare = texts.contains(path) || (zeros > 16 && !bytes[offset...].prefix(16).contains { $0 != 0 })
                let one = UInt8(offset % 8)
                if isRare {
                    if offset % 199 == 0 {
                        targets.append(Target(path: path, offset: UInt64(offset), bits: one..<one + 1))
                    }
                } else {
                    // The first commit, where the second stands too; and copies S of what stands in head and journal.
                    var isAgain = path == ArchiveLayout.journal(1) && offset < Limits.page
                    if let live = state.file(.segment, 2), path == ArchiveLayout.segment(2), offset >= live.length {
                        isAgain = true
                    }
                    let bits = again.contains(path) || isAgain ? one..<one + 1 : 0..<8
                    targets.append(Target(path: path, offset: UInt64(offset), bits: bits))
                }
            }
        }
        return targets
    }

    /// Where copies S begin: what stands behind the committed length of a segment.
    private static func isSpare(_ target: Target, _ state: ArchiveState) -> Bool {
        let spares = ArchiveLayout.headers + ArchiveLayout.heads + [ArchiveLayout.readme, ArchiveLayout.spec]
        if spares.contains(target.path) { return true }
        return state.files.contains {
            $0.kind == .segment && ArchiveLayout.segment($0.number) == target.path && target.offset >= $0.length
        }
    }

    /// Flips bit after bit, on both cores, and gives what was judged otherwise.
    private static func wrong(_ storage: MemoryStorage, _ targets: [Target]) throws -> (flips: Int, wrong: [String]) {
        let state = try ArchiveLog(opening: storage).state
        let share = 256
        let result = Mutex<(Int, [String])>((0, []))
        DispatchQueue.concurrentPerform(iterations: (targets.count + share - 1) / share) { part in
            let storage = storage.copy()
            var flips = 0
            var wrong: [String] = []
            for target in targets[part * share..<min(targets.count, (part + 1) * share)] {
                do {
                    let file = try storage.openForOverwriting(target.path)
                    let byte = try storage.openForReading(target.path).read(at: target.offset, count: 1)[0]
                    for bit in target.bits {
                        try file.write([byte ^ (1 << bit)], at: target.offset)
                        let report = try KeylessVerification.run(storage, level: .keyless, threads: 1)
                        flips += 1
                        if report.isClean || report.isDamaged == isSpare(target, state) {
                            let codes = report.findings.map(\.code.text)
                            wrong.append("\(target.path) at \(target.offset), bit \(bit): \(codes)")
                        }
                    }
                    try file.write([byte], at: target.offset)
                } catch {
                    wrong.append("\(target.path) at \(target.offset): \(error)")
                }
            }
            result.withLock { total in
                total.0 += flips
                total.1 += wrong
            }
        }
        return result.withLock { $0 }
    }

    @Test("every flipped bit of a tiny archive is reported, as a failure where it hits what counts")
    func tinyArchive() throws {
        let storage = try Self.tiny()
        #expect(try KeylessVerification.run(storage, level: .keyless, threads: 1).isClean)
        let (flips, wrong) = try Self.wrong(storage, try Self.targets(storage))
        #expect(wrong.isEmpty, "\(wrong.count) of \(flips), the first: \(wrong.prefix(5))")
        print("bit flips: \(flips) in a tiny archive")
        #expect(flips > 15_000)
    }

    @Test("of an archive of 24 MB, each of 320 flipped bits is reported")
    func largerArchive() throws {
        let (storage, root) = try RoundTripTests.make()
        let session = try WriteSession(opening: storage, as: .root(root))
        var random = Randomness(state: 20_260_101)
        for number in 0..<24 {
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            bytes.withUnsafeMutableBytes { raw in
                for index in 0..<raw.count / 8 {
                    raw.storeBytes(of: random.next(), toByteOffset: 8 * index, as: UInt64.self)
                }
            }
            let id = bytes.withUnsafeBytes { root.read.append.contentID(of: $0) }
            try session.add(ObjectKey(id, .blob), OwnedBytes(bytes))
            if number % 6 == 5 { try session.commit() }
        }
        try session.finish()
        let files = try storage.filePaths.map { ($0, try storage.openForReading($0).byteCount) }
        #expect(files.reduce(0) { $0 + $1.1 } >= 24 << 20)
        var targets: [Target] = []
        for count in 0..<320 {
            // Half of them by size, half by file: most files are small.
            var place = random.next() % files.reduce(0) { $0 + $1.1 }
            var (path, length) = files[Int(random.next() % UInt64(files.count))]
            if count % 2 == 0 {
                for (candidate, size) in files {
                    (path, length) = (candidate, size)
                    if place < size { break }
                    place -= size
                }
            } else {
                place = random.next() % length
            }
            let bit = UInt8(random.next() % 8)
            targets.append(Target(path: path, offset: place, bits: bit..<bit + 1))
        }
        let (flips, wrong) = try Self.wrong(storage, targets)
        #expect(flips == 320)
        #expect(wrong.isEmpty, "\(wrong.count), the first: \(wrong.prefix(5))")
    }

    /// A fixed sequence (splitmix64), so that each run flips the same bits.
    private struct Randomness {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
