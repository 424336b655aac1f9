import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ctrl-C asks the job to stop at its next safe point; a second one ends the process.
enum Interruption {
    private static let flag = Atomic<Bool>(false)

    static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Makes the flag before any handler may touch it.
    static func prepare() { flag.store(false, ordering: .relaxed) }

    static func watch() {
        var action = sigaction()
        #if canImport(Glibc)
            action.__sigaction_handler.sa_handler = { _ in Interruption.request() }
        #else
            action.__sigaction_u.__sa_handler = { _ in Interruption.request() }
        #endif
        action.sa_flags = Int32(truncatingIfNeeded: Int(SA_RESTART) | Int(truncatingIfNeeded: SA_RESETHAND))
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }

    private static func request() { flag.store(true, ordering: .relaxed) }
}
