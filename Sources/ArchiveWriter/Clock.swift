#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The time of day.
package enum Clock {
    /// Seconds since 1970.
    package static func seconds() -> Int64 { Int64(time(nil)) }

    /// Seconds since 1970, rounded down to the minute: an archive does not tell more.
    package static func minute() -> UInt64 {
        let now = UInt64(max(0, seconds()))
        return now - now % 60
    }
}
