import ArchiveFormat
import Dispatch
import Synchronization

/// Messages in an order that is known beforehand: while some are used, the next are made in the background.
///
/// For one thread that asks for them in ascending order, and may leave some out.
final class MessageQueue {
    private final class Round: Sendable {
        let range: Range<Int>
        private let done = DispatchSemaphore(value: 0)
        private let made = Mutex<[HeldBytes?]>([])

        init(_ range: Range<Int>) { self.range = range }

        func start(_ gathering: MessageGathering, _ wanted: [MessageGathering.Wanted]) {
            DispatchQueue.global().async { [self] in
                let result = gathering.make(wanted[range])
                made.withLock { $0 = result }
                done.signal()
            }
        }

        func wait() -> [HeldBytes?] {
            done.wait()
            return made.withLock { $0 }
        }
    }

    private let gathering: MessageGathering
    private let wanted: [MessageGathering.Wanted]
    private var current: (range: Range<Int>, made: [HeldBytes?]) = (0..<0, [])
    private var next: Round?

    init(_ gathering: MessageGathering, _ wanted: [MessageGathering.Wanted]) {
        self.gathering = gathering
        self.wanted = wanted
        prepare(0)
    }

    deinit { _ = next?.wait() }

    private func prepare(_ start: Int) {
        guard start < wanted.count else {
            next = nil
            return
        }
        let round = Round(MessageGathering.round(of: wanted, from: start))
        round.start(gathering, wanted)
        next = round
    }

    /// Gives one of the messages, after it was proven to be the one that was asked for.
    ///
    /// - Throws: as `Archive.message`; what the closure throws.
    func message(
        at index: Int,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        while index >= current.range.upperBound, let round = next {
            // Its memory goes back before more is taken.
            current = (round.range, [])
            current.made = round.wait()
            prepare(round.range.upperBound)
        }
        if current.range.contains(index), let made = current.made[index - current.range.lowerBound] {
            try sink(made.bytes)
            return
        }
        try gathering.archive.message(wanted[index].content, size: wanted[index].size, sink)
    }
}
