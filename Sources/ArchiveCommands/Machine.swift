#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the machine has.
enum Machine {
    static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
