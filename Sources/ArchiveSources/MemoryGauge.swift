import Synchronization

/// How many bytes of mail are in memory, over all threads.
final class MemoryGauge: Sendable {
    private let byteCount = Atomic<Int>(0)
    private let most: Int

    init(most: Int) { self.most = most }

    /// Whether more is held than should be: so it is when the main thread reads ahead.
    var isOver: Bool { byteCount.load(ordering: .relaxed) > most }

    /// Takes memory if there is room, or if nothing else is held: whatever is larger than the whole can pass alone.
    func takeIfFree(_ count: Int) -> Bool {
        var held = byteCount.load(ordering: .relaxed)
        while held == 0 || count <= most - held {
            let (isExchanged, found) = byteCount.compareExchange(
                expected: held,
                desired: held + count,
                ordering: .relaxed
            )
            if isExchanged { return true }
            held = found
        }
        return false
    }

    func take(_ count: Int) { byteCount.add(count, ordering: .relaxed) }

    func give(_ count: Int) { byteCount.subtract(count, ordering: .relaxed) }
}
