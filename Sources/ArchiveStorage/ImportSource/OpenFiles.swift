internal import CPlatform

/// How many files the process may have open at once.
package enum OpenFiles {
    /// The limit as it is now; 256, the least of any system of today, where the system does not tell.
    package static var limit: Int {
        let limit = pa_open_file_limit()
        return limit < 0 ? 256 : Int(limit)
    }

    /// Raises the limit as far as the system lets the process; beyond 65,536 nothing is won.
    package static func raiseLimit() { pa_raise_open_file_limit(65_536) }
}
