extension Archive {
    /// A new archive, at rest after its first sessions: two segments, the journal begun.
    static func new(_ rules: Rules) -> Archive {
        var archive = Archive()
        let first = Commit(
            id: 1,
            generation: 1,
            previous: 0,
            headerSequence: 1,
            live: [
                .segment(1): LiveFile(root: [.data(1)], lastCommit: 1, isSealed: true)
            ],
            debris: [:]
        )
        archive.commits[1] = first
        archive.acknowledged = [1]
        archive.sessionCount = 1
        archive.disk.settle([.data(1)] + first.pages, as: .segment(1))
        archive.disk.settle(first.pages, as: .journal(1))
        let padding = Array(repeating: Page.zero, count: 2 - first.pageCount)
        for index in 0...1 { archive.disk.settle(first.pages + padding, as: .head(index)) }
        for replica in 0...2 { archive.disk.settle([.header(1)], as: .header(replica)) }
        archive = archive.after(.importing(1), rules) ?? archive
        return archive
    }

    /// The archive after a whole session, or nil when the writer refuses.
    func after(_ session: Session, _ rules: Rules) -> Archive? {
        guard let writer = Writer(session, on: self, rules: rules) else { return nil }
        var archive = self
        archive.commits = writer.commits
        archive.sessionCount += 1
        for step in writer.steps { archive.apply(step) }
        return archive
    }

    /// Every state in which a crash anywhere in `session` can leave the archive: the process killed (nothing lost yet,
    /// nothing durable yet either) or the power cut.
    ///
    /// What a power cut can leave between two fsyncs is all there just
    /// before the second: a write not yet made is one that was lost.
    func crashes(in session: Session, _ rules: Rules) -> (states: Int, distinct: Set<Archive>) {
        guard let writer = Writer(session, on: self, rules: rules) else { return (0, []) }
        var archive = self
        archive.commits = writer.commits
        archive.sessionCount += 1
        var count = 0
        var distinct: Set<Archive> = []
        for index in 0...writer.steps.count {
            count += 1
            distinct.insert(archive.canonical(rules))
            let next = index < writer.steps.count ? writer.steps[index] : nil
            if next?.isSync ?? true, index == 0 || !writer.steps[index - 1].isSync || next == nil {
                for disk in archive.disk.afterPowerCut() {
                    count += 1
                    var cut = archive
                    cut.disk = disk
                    distinct.insert(cut.canonical(rules))
                }
            }
            if let next { archive.apply(next) }
        }
        return (count, distinct)
    }
}
