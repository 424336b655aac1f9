import ArchiveFormat
import ArchiveStorage

/// Looks for commit records behind the data of segments: copies S of commits that the journal lost.
enum CommitCarver {
    static func commits(
        _ storage: any Storage,
        _ archiveID: Bytes32,
        _ verifier: inout CommitVerifier
    ) -> [UInt64: [CommitRecord]] {
        var found: [UInt64: [CommitRecord]] = [:]
        var ignored: [Finding] = []
        for number in numberedFiles(storage, "segments", suffix: ".seg", &ignored) {
            guard let file = try? storage.openForReading(ArchiveLayout.segment(number)) else { continue }
            var offset: UInt64 = 0
            let end = min(file.byteCount, UInt64(Limits.segment + Limits.headFile))
            while offset < end {
                defer { offset += UInt64(Limits.page) }
                guard let head = try? file.read(at: offset, count: RecordHeader.byteCount),
                    let header = head.withUnsafeBytes({ try? RecordHeader(parsing: $0) }),
                    header.recordClass == .commit, header.segment == number, header.offset == offset,
                    let bytes = try? file.read(at: offset, count: Limits.headFile),
                    let record = bytes.withUnsafeBytes({ try? CommitRecord(parsing: $0, archiveID: archiveID) }),
                    (try? verifier.verify(record)) != nil
                else { continue }
                found[record.commit.generation, default: []].append(record)
            }
        }
        return found
    }
}
