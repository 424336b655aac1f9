extension RecordingStorage {
    /// Calls the body with crash states drawn by chance from all points of the record, in the order of the record.
    ///
    /// States share all content that the crash left alone, so that a hundred thousand of them are cheap. The same seed
    /// and count give the same states; shards of one large number are got by different seeds.
    ///
    /// - Parameter points: The numbers of events after which the crash may come; nil for all.
    package func sampleCrashStates<Failure>(
        _ model: CrashModel,
        seed: UInt64,
        count: Int,
        points: ClosedRange<Int>? = nil,
        _ body: (CrashState) throws(Failure) -> Void
    ) throws(Failure) {
        let events = events
        var random = SeededRandom(seed: seed)
        let points = (points ?? 0...events.count).clamped(to: 0...events.count)
        let chosen = (0..<max(0, count)).map { _ in Int.random(in: points, using: &random) }.sorted()
        var moment = CrashMoment(base, rootName: baseName)
        for (ordinal, point) in chosen.enumerated() {
            while moment.eventCount < point { moment.advance(by: events[moment.eventCount]) }
            let names = moment.randomNames(model, &random)
            var tree = moment.tree(keeping: names)
            var fates: [MemoryTree.Node: FileFate] = [:]
            for node in moment.unsettledFiles(in: tree) {
                let fate = moment.randomFate(of: node, model, &random)
                fates[node] = fate
                tree.files[node] = moment.content(of: node, fate, model)
            }
            try body(moment.state(ordinal, tree, names, fates))
        }
    }
}

extension CrashMoment {
    func state(
        _ ordinal: Int,
        _ tree: MemoryTree,
        _ names: [Bool],
        _ files: [MemoryTree.Node: FileFate]
    ) -> CrashState {
        CrashState(
            ordinal: ordinal,
            eventCount: eventCount,
            marks: marks,
            storage: MemoryStorage(tree, name: rootName),
            nameFates: names,
            fileFates: files
        )
    }

    fileprivate func randomNames(_ model: CrashModel, _ random: inout SeededRandom) -> [Bool] {
        guard !nameChanges.isEmpty else { return [] }
        switch (Int.random(in: 0..<4, using: &random), model.nameOrder) {
        case (0, _): return nameChanges.map { _ in true }
        case (1, _): return nameChanges.map { _ in false }
        case (_, .any): return nameChanges.map { _ in Bool.random(using: &random) }
        case (_, .inOrder):
            var left: [MemoryTree.Node: Int] = [:]
            for change in nameChanges { left[change.directory, default: 0] += 1 }
            // In the order of their numbers, since that of a dictionary differs from run to run.
            for directory in left.keys.sorted() {
                left[directory] = Int.random(in: 0...(left[directory] ?? 0), using: &random)
            }
            return nameChanges.map { change in
                guard let count = left[change.directory], count > 0 else { return false }
                left[change.directory] = count - 1
                return true
            }
        }
    }

    fileprivate func randomFate(
        of node: MemoryTree.Node,
        _ model: CrashModel,
        _ random: inout SeededRandom
    ) -> FileFate {
        let changes = changes[node] ?? []
        let lengthAfter =
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1: 0
            case 2: changes.count
            default: Int.random(in: 0...changes.count, using: &random)
            }
        let fates: [ChangeFate]
        // Chance alone, change by change, would hardly ever keep all, none, or those up to one that is torn.
        switch Int.random(in: 0..<8, using: &random) {
        case 0: fates = changes.map { _ in .kept }
        case 1: fates = changes.map { _ in .dropped }
        case 2, 3:
            let last = Int.random(in: 0..<max(1, changes.count), using: &random)
            fates = changes.enumerated().map { index, change in
                index < last ? .kept : index > last ? .dropped : change.randomFate(model, &random)
            }
        default: fates = changes.map { $0.randomFate(model, &random) }
        }
        return FileFate(changes: fates, lengthAfter: lengthAfter)
    }
}

extension CrashMoment.Change {
    fileprivate func randomFate(_ model: CrashModel, _ random: inout SeededRandom) -> ChangeFate {
        guard case .write(let offset, let bytes) = self else { return Bool.random(using: &random) ? .kept : .dropped }
        let count = CrashMoment.sectorCount(offset, bytes.count, model.sectorByteCount)
        let sector = Int.random(in: 0..<max(1, count), using: &random)
        switch Int.random(in: 0..<(model.mayGarbleSector ? 10 : 8), using: &random) {
        case 0, 1: return .kept
        case 2, 3: return .dropped
        case 4: return .first(sector)
        case 5: return .allButFirst(sector)
        case 6: return .allButOne(sector)
        case 7: return .scattered(seed: random.next(), density: UInt8.random(in: 0...255, using: &random))
        default: return .garbled(after: sector)
        }
    }
}
