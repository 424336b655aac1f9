import ArchiveFormat
import ArchiveReader
import Dispatch
import Synchronization

/// Rebuilds every message of an archive and proves it by its id.
enum MessageVerification {
    static func run(
        _ archive: Archive,
        threads: Int,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void
    ) -> (findings: [Finding], messageCount: Int) {
        let messages = archive.catalogue.messages
        let total = messages.reduce(0 as UInt64) { $0 &+ $1.size }
        let state = Mutex<(next: Int, done: UInt64, good: Int, findings: [Finding])>((0, 0, 0, []))
        // A few neighbours at a time: they share records.
        let share = 64
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let start = state.withLock { state -> Int in
                    defer { state.next += share }
                    return state.next
                }
                guard start < messages.count else { return }
                for message in messages[start..<min(start + share, messages.count)] {
                    var finding: Finding?
                    do throws(ArchiveError) {
                        try archive.message(message.content, size: message.size) { _ in }
                    } catch {
                        finding = Finding(error.code, error.place, error.detail)
                    }
                    let done = state.withLock { state -> UInt64 in
                        if let finding { state.findings.append(finding) } else { state.good += 1 }
                        state.done &+= message.size
                        return state.done
                    }
                    progress(done, total)
                }
            }
        }
        return state.withLock { ($0.findings, $0.good) }
    }
}
