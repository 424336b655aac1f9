import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage

extension ArchiveLog {
    /// The checkpoint that the newest head names, if it is whole; otherwise E411, and the journal gives the state.
    mutating func newestCheckpoint() -> Checkpoint? {
        let head = heads.compactMap { $0 }.max { $0.commit.generation < $1.commit.generation }
        guard let reference = head?.commit.checkpoint, let number = UInt32(exactly: reference.generation),
            (1...Limits.fileNumber).contains(number)
        else { return nil }
        let path = ArchiveLayout.checkpoint(number)
        var ignored: [Finding] = []
        let file = readWhole(storage, path, limit: Limits.checkpoint + 1, &ignored)
        let checkpoint = file.flatMap { file in
            file.withUnsafeBytes { raw -> Checkpoint? in
                try? ArchiveLog.checkpoint(raw, reference)
            }
        }
        if checkpoint == nil {
            findings.append(Finding(.checkpoint, path.description, file == nil ? "missing" : "malformed"))
        }
        return checkpoint
    }

    /// A checkpoint file, which must be the one referred to (E411).
    static func checkpoint(
        _ file: UnsafeRawBufferPointer,
        _ reference: CheckpointReference
    ) throws(FormatError) -> Checkpoint {
        guard UInt64(file.count) == reference.length, TreeHasher.root(of: file) == reference.root else {
            throw FormatError(.checkpoint)
        }
        do throws(FormatError) {
            let checkpoint = try Checkpoint(parsing: file)
            guard checkpoint.generation == reference.generation else { throw FormatError(.checkpoint) }
            return checkpoint
        } catch {
            throw FormatError(.checkpoint, at: error.offset)
        }
    }

    /// Opens from the newest checkpoint on, if all is as it should be from there; otherwise says no, and all of the
    /// journal has to be read.
    ///
    /// The commit that added the checkpoint must be by a writer who may remove files: it could have left out by a
    /// removal what it leaves out by a false checkpoint (format.md, section 7.7, step 3).
    mutating func followFromCheckpoint(_ verifier: inout CommitVerifier) -> Bool {
        let before = findings.count
        guard let checkpoint = newestCheckpoint(), findings.count == before,
            checkpoint.generation < UInt64(Limits.fileNumber),
            heads.allSatisfy({ ($0?.commit.generation ?? .max) > checkpoint.generation })
        else { return false }
        let journal = JournalScan(storage, header.archiveID, &verifier, from: checkpoint.journalFile)
        guard journal.findings.isEmpty,
            let start = journal.items.firstIndex(where: {
                $0.record.commit.generation == checkpoint.generation && $0.record.hash == checkpoint.commitHash
            }),
            let next = journal.items[(start + 1)...].first(where: {
                $0.record.commit.generation == checkpoint.generation + 1
            })?.record.commit,
            let certificate = try? Certificate(parsingSigned: next.certificate),
            certificate.capabilities.contains(.compact),
            next.changes.contains(where: {
                $0.kind == .checkpoint && $0.operation == .added && UInt64($0.number) == checkpoint.generation
            })
        else { return false }
        isWhole = false
        state = checkpoint.state
        inJournal = [start]
        follow(journal, &verifier, after: checkpoint, at: start + 1)
        // Whatever is amiss up to the heads is judged with the whole journal.
        guard findings.count == before, generation >= headGeneration, generation > checkpoint.generation else {
            return false
        }
        judgeHeads()
        judgeDebris(journal)
        return true
    }
}
