import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter

/// Going on with a run that was broken off.
extension ImportRun {
    /// Gives an item a number, unless files of its path were met in an earlier part of the run: then a worker looks whether
    /// it is one of them.
    func number(_ item: inout SourceItem) {
        item.isContinued = resume?.knows(item) ?? false
        if !item.isContinued { renumber(&item) }
    }

    /// Gives an item the number that the same bytes had under the same path, or a new one.
    func number(_ item: inout SourceItem, _ file: any RandomAccessBytes) {
        number(&item)
        guard item.isContinued, let resume else { return }
        let standing = resume.standing(of: item, file, keys)
        item.isContinued = false
        if let entry = (standing.done + standing.begun).first(where: { take($0.number) }) {
            item.number = entry.number
        } else {
            renumber(&item)
        }
    }

    /// Gives an item a number that cannot be read, and notes its path.
    func numberUnread(_ item: inout SourceItem) {
        item.isContinued = false
        if let entry = resume?.unread(item).first(where: { take($0.number) }) {
            item.number = entry.number
        } else {
            renumber(&item)
        }
        var entry = item.entry(MemoryBytes([], name: ""), kind: .unknown, pieces: 0)
        entry.isUnfinished = true
        session.manifest.add(file: entry, run: run.id)
    }

    /// Gives an item a number that none had.
    func renumber(_ item: inout SourceItem) {
        item.number = nextFile
        item.isContinued = false
        nextFile += 1
    }

    /// Takes what a worker has found of an item; whether all of it was dealt with in an earlier part of the run.
    func take(_ standing: Resume.Standing, of item: inout SourceItem) -> Bool {
        item.isContinued = false
        if let entry = standing.done.first(where: { take($0.number) }) {
            countAgain(entry)
            return true
        }
        if let entry = standing.begun.first(where: { take($0.number) }) {
            item.number = entry.number
            item.numbers = item.surroundings.nesting > 0 ? item.surroundings.numbers : resume?.numbers(in: entry)
        } else {
            renumber(&item)
        }
        return false
    }

    /// Whether a number was still to be had.
    private func take(_ number: UInt64) -> Bool { takenNumbers.insert(number).inserted }

    /// Counts what an earlier part of the run has done for a file.
    private func countAgain(_ entry: SourceFileEntry) {
        guard let resume else { return }
        for number in resume.numbers(within: entry) {
            _ = take(number)
            countAgain(number, resume)
        }
    }

    /// Counts what an earlier part of the run has met, and what is not there any more.
    func countMissing() {
        guard let resume else { return }
        for number in resume.numbers where take(number) { countAgain(number, resume) }
    }

    private func countAgain(_ number: UInt64, _ resume: Resume) {
        let entry = resume.entry(number)
        let isOpened = entry?.isOpened ?? true
        if let entry { lists.meet(entry.path) }
        if let entry, !isOpened, !entry.isUnfinished { run.counts.byteCount += entry.size }
        for (folder, piece) in resume.pieces(ofFile: number) {
            switch piece {
            case .message(let id, let byteCount):
                let isStored = storedEarlier.remove(id) != nil
                lists.takeUnread(1, at: entry?.path ?? [])
                if isOpened { run.counts.byteCount += byteCount }
                count(folder, bytes: byteCount) { counts in
                    counts.found += 1
                    if isStored { counts.stored += 1 } else { counts.alreadyThere += 1 }
                }
            case .reject(let reject):
                let path = entry.map { shown($0.path) } ?? ""
                let item = String(decoding: reject.item, as: UTF8.self)
                tell(reject, [path, item].filter { !$0.isEmpty }.joined(separator: ": "), folder)
            }
        }
    }
}
