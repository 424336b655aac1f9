import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One line on a terminal that says how far a job is, its rate, and when it ends; silent where there is no terminal.
final class Progress: Sendable {
    private struct State {
        var lastShown: Double = 0
        var isShown = false
    }

    private let verb: String
    /// Whether anybody looks on.
    let isOn: Bool
    private let start = Progress.now()
    private let state = Mutex(State())

    init(_ verb: String, _ options: ReportOptions) {
        self.verb = verb
        isOn = !options.quiet && Output.error.isTerminal
    }

    /// When a command ends with an error, the line is gone before that is told.
    deinit { finish() }

    /// Shows the state of the job, at most ten times a second; from any thread.
    func show(_ done: UInt64, of total: UInt64?, _ extra: @autoclosure () -> String = "") {
        guard isOn else { return }
        let now = Progress.now()
        let isDue = state.withLock { state in
            guard now - state.lastShown >= 0.1 else { return false }
            state.lastShown = now
            state.isShown = true
            return true
        }
        guard isDue else { return }
        let text = Progress.text(verb, done, of: total, seconds: max(now - start, 0.001), extra())
        Output.error.text("\r\(text)\u{1B}[K")
        Output.error.flush()
    }

    /// `import: 1.5 GB of 3.0 GB, 50 %, 100.0 MB/s, 0:15 left, 20 found`.
    static func text(_ verb: String, _ done: UInt64, of total: UInt64?, seconds: Double, _ more: String) -> String {
        let rate = Double(done) / seconds
        var text = "\(verb): \(Units.bytes(done))"
        // A source that grew meanwhile has more than was counted.
        if let total, total > 0, total >= done {
            text += " of \(Units.bytes(total)), \(Int(Double(done) / Double(total) * 100)) %"
        }
        text += ", \(Units.bytes(UInt64(rate)))/s"
        if let total, total > done, rate > 1, seconds > 0.5 {
            text += ", \(Units.duration(Double(total - done) / rate)) left"
        }
        return more.isEmpty ? text : text + ", \(more)"
    }

    /// Takes the line away, if it is there.
    func finish() {
        let wasShown = state.withLock { state in
            defer { state.isShown = false }
            return state.isShown
        }
        guard isOn, wasShown else { return }
        Output.error.text("\r\u{1B}[K")
        Output.error.flush()
    }

    var seconds: Double { Progress.now() - start }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Numbers for people.
enum Units {
    static func bytes(_ count: UInt64) -> String {
        let names = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        var value = Double(count)
        var index = 0
        while value >= 1000, index < names.count - 1 {
            value /= 1000
            index += 1
        }
        return index == 0 ? "\(count) B" : "\(tenths(value)) \(names[index])"
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded(.up))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole >= 3600 { return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))" }
        return "\(whole / 60):\(two(whole % 60))"
    }

    static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
