import ArchiveFormat
import ArchiveReader
import Dispatch
import Synchronization

/// A result that a worker thread will give, once.
final class Pending<Value: Sendable>: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Value, ArchiveError>?>(nil)

    /// Runs the work on the queue.
    init(on queue: DispatchQueue, _ work: @escaping @Sendable () throws(ArchiveError) -> Value) {
        queue.async { [self] in
            let result: Result<Value, ArchiveError>
            do throws(ArchiveError) {
                result = .success(try work())
            } catch {
                result = .failure(error)
            }
            self.result.withLock { $0 = result }
            done.signal()
        }
    }

    var isDone: Bool { result.withLock { $0 != nil } }

    /// Waits for the result; called once.
    func wait() throws(ArchiveError) -> Value {
        done.wait()
        guard let result = result.withLock({ $0 }) else { throw ArchiveError(.inputOutput, "a worker thread") }
        return try result.get()
    }
}
