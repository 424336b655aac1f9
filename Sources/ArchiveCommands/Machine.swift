#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the machine has.
enum Machine {
    static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Where the user's programs keep what they know between two runs; nil when there is no such place.
    static var stateDirectory: String? {
        #if os(macOS)
            let below = "/Library/Application Support"
        #else
            // The XDG Base Directory Specification: a relative path is to be ignored.
            if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/portable-archive" }
            let below = "/.local/state"
        #endif
        guard let home = variable("HOME"), home.hasPrefix("/") else { return nil }
        return home + below + "/portable-archive"
    }

    /// Makes a directory and those above it, for the user alone; what is there stays, what fails shows when it is used.
    static func makeDirectories(_ path: String) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o700)
        }
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
