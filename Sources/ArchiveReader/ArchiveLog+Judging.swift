import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage

extension ArchiveLog {
    mutating func judgeHeads() {
        let h = headGeneration
        if h == 0 {
            findings.append(Finding(.noHead, "head.a, journal/head.b", cause: causes[0] ?? causes[1]))
        }
        for (index, head) in heads.enumerated() {
            let name = ArchiveLayout.heads[index].description
            guard let head else {
                if h > 0 { findings.append(Finding(.headSpare, name, cause: causes[index], "torn or absent")) }
                continue
            }
            let own = head.commit.generation
            if let same = commit(of: own), same.hash != head.hash {
                let fork = Finding(.fork, name, "generation \(own)")
                findings.append(fork)
                isForked = true
                doubt = doubt ?? fork
            } else if own < h {
                findings.append(Finding(.headSpare, name, "generation \(own), the other \(h)"))
            }
        }
        if generation > h {
            findings.append(Finding(.headBehind, "generation \(h)", "the journal goes on to \(generation)"))
        }
    }

    mutating func judgeHeader() {
        for finding in findings where finding.code == .headerDiffers { doubt = doubt ?? finding }
        guard let newest else { return }
        let sequence = header.header.sequence
        var finding: Finding?
        if sequence < newest.commit.headerSequence {
            let detail = "commit names \(newest.commit.headerSequence)"
            finding = Finding(.headerOlder, "sequence \(sequence)", detail)
        } else if sequence > newest.commit.headerSequence {
            findings.append(Finding(.headerNewer, "sequence \(sequence)"))
        } else if header.hash != newest.commit.headerHash {
            finding = Finding(.headerDiffers, "sequence \(sequence)")
        }
        if let finding {
            findings.append(finding)
            doubt = doubt ?? finding
        }
    }

    mutating func judgeDebris(_ journal: JournalScan) {
        journalEnd.file = journal.lastFile
        journalEnd.highest = max(journal.lastFile, newest?.commit.journalFile ?? 0)
        for debris in state.journalDebris { journalEnd.highest = max(journalEnd.highest, debris.file) }
        journalEnd.length = journal.lastLength
        journalEnd.validLength = journal.isLastReadable ? journal.lastLength : 0
        // A commit beyond the newest, or a copy out of order, is debris like any other bytes.
        var regions = journal.gaps
        let followed = Set(inJournal).union(putBack.values)
        let good = inJournal.map { journal.items[$0] }
        for (index, item) in journal.items.enumerated() where !followed.contains(index) {
            regions.append(
                JournalScan.Region(file: item.file, offset: item.offset, length: UInt64(item.record.paddedLength))
            )
        }
        let known = Set(state.journalDebris.map(DebrisKey.init))
        var next = 0
        for region in JournalScan.joined(regions) {
            if region.file == journal.lastFile, region.offset + region.length == journal.lastLength {
                journalEnd.validLength = region.offset
            }
            while next < good.count, (good[next].file, good[next].offset) < (region.file, region.offset) { next += 1 }
            // What lies before the checkpoint at which reading began was judged by others.
            if !isWhole, next == 0 { continue }
            // Where generations are missing between the records around them, the bytes are those.
            if next < good.count {
                var before = next > 0 ? good[next - 1].record.commit.generation : 0
                while putBack[before + 1] != nil { before += 1 }
                if good[next].record.commit.generation > before + 1 { continue }
            }
            let root = journal.root(of: region)
            if let root {
                let debris = JournalDebris(
                    file: region.file,
                    offset: region.offset,
                    length: region.length,
                    root: root
                )
                if known.contains(DebrisKey(debris)) { continue }
                journalEnd.unknownDebris.append(debris)
            }
            findings.append(
                Finding(
                    .debrisJournal,
                    "\(ArchiveLayout.journal(region.file)) at \(region.offset)",
                    "\(region.length) bytes" + (root == nil ? ", which cannot be read" : "")
                )
            )
        }
    }

    private struct DebrisKey: Hashable {
        var file: UInt32
        var offset: UInt64
        var length: UInt64
        var root: Bytes32

        init(_ debris: JournalDebris) {
            file = debris.file
            offset = debris.offset
            length = debris.length
            root = debris.root
        }
    }
}
