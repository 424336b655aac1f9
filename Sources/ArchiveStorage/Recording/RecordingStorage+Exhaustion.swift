extension RecordingStorage {
    /// Calls the body with every crash state of a small record, as far as the limit allows.
    ///
    /// A crash before any sync of file or directory covers all earlier points since the last one: whatever was not yet
    /// done then may as well be lost now. So the states before each sync and at the end are all there are. Writes of at
    /// most three sectors are torn in every way, longer ones at both ends and in the middle.
    ///
    /// - Returns: Whether all states were visited within the limit.
    package func visitCrashStates<Failure>(
        _ model: CrashModel,
        limit: Int,
        _ body: (CrashState) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        let events = events
        var moment = CrashMoment(base, rootName: baseName)
        var ordinal = 0
        for point in 0...events.count {
            if point == events.count || events[point].isBarrier {
                guard try moment.visitStates(model, limit, &ordinal, body) else { return false }
            }
            if point < events.count { moment.advance(by: events[point]) }
        }
        return true
    }
}

extension CrashMoment {
    fileprivate func visitStates<Failure>(
        _ model: CrashModel,
        _ limit: Int,
        _ ordinal: inout Int,
        _ body: (CrashState) throws(Failure) -> Void
    ) throws(Failure) -> Bool {
        var nameChoice = nameCounter(model)
        repeat {
            let names = nameFates(nameChoice, model)
            let tree = tree(keeping: names)
            let nodes = unsettledFiles(in: tree)
            let options = nodes.map { node in (changes[node] ?? []).map { $0.fates(model) } }
            // The digits: for each file one for each change, then one for the length.
            var choice = Counter(options.flatMap { $0.map(\.count) + [$0.count + 1] })
            repeat {
                guard let next = state(ordinal, model, names, tree, nodes, options, choice.digits) else { continue }
                guard ordinal < limit else { return false }
                try body(next)
                ordinal += 1
            } while choice.advance()
        } while nameChoice.advance()
        return true
    }

    /// The state of one choice; nil when it is the same as another's.
    private func state(
        _ ordinal: Int,
        _ model: CrashModel,
        _ names: [Bool],
        _ tree: MemoryTree,
        _ nodes: [MemoryTree.Node],
        _ options: [[[ChangeFate]]],
        _ digits: [Int]
    ) -> CrashState? {
        var tree = tree
        var digits = digits[...]
        var fates: [MemoryTree.Node: FileFate] = [:]
        for (node, options) in zip(nodes, options) {
            var fate = FileFate(changes: options.map { $0[digits.popFirst() ?? 0] }, lengthAfter: 0)
            let content = content(of: node, fate, model)
            tree.files[node] = content
            if let count = digits.popFirst(), count > 0 {
                let lengths = lengths(of: node)
                guard let content, lengths[count] > content.byteCount, lengths[count] != lengths[count - 1] else {
                    return nil
                }
                fate.lengthAfter = count
                tree.files[node] = self.content(of: node, fate, model)
            }
            fates[node] = fate
        }
        return state(ordinal, tree, names, fates)
    }

    private func nameCounter(_ model: CrashModel) -> Counter {
        switch model.nameOrder {
        case .any: Counter(nameChanges.map { _ in 2 })
        case .inOrder:
            Counter(changedDirectories.map { directory in nameChanges.count { $0.directory == directory } + 1 })
        }
    }

    private func nameFates(_ choice: Counter, _ model: CrashModel) -> [Bool] {
        switch model.nameOrder {
        case .any: return choice.digits.map { $0 == 1 }
        case .inOrder:
            var left = Dictionary(uniqueKeysWithValues: zip(changedDirectories, choice.digits))
            return nameChanges.map { change in
                guard let count = left[change.directory], count > 0 else { return false }
                left[change.directory] = count - 1
                return true
            }
        }
    }

    private var changedDirectories: [MemoryTree.Node] { Set(nameChanges.map(\.directory)).sorted() }
}

extension CrashMoment.Change {
    /// Every fate that is tried for this change.
    fileprivate func fates(_ model: CrashModel) -> [ChangeFate] {
        guard case .write(let offset, let bytes) = self else { return [.kept, .dropped] }
        let count = CrashMoment.sectorCount(offset, bytes.count, model.sectorByteCount)
        var fates: [ChangeFate] = [.kept, .dropped]
        if count <= 3 {
            fates += (1..<max(1, (1 << UInt64(count)) - 1)).map { .mask($0) }
        } else {
            fates += [.first(1), .first(count / 2), .first(count - 1)]
            fates += [.allButFirst(1), .allButFirst(count - 1), .allButOne(count / 2)]
        }
        if model.mayGarbleSector { fates += Set([0, count / 2, count - 1]).sorted().map { .garbled(after: $0) } }
        return fates
    }
}

/// Counts through all combinations of digits, each with a radix of its own.
private struct Counter {
    private(set) var digits: [Int]
    private let radices: [Int]

    init(_ radices: [Int]) {
        self.radices = radices
        digits = radices.map { _ in 0 }
    }

    /// Goes to the next combination; false, and back at the first, after the last.
    mutating func advance() -> Bool {
        for index in digits.indices {
            digits[index] += 1
            if digits[index] < radices[index] { return true }
            digits[index] = 0
        }
        return false
    }
}
