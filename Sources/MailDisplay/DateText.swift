import CGMime

/// The instant a Date field names.
package struct MailDate: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// The zone the date was written in, in minutes east of Greenwich.
    package var offsetMinutes: Int
}

/// Reading of Date fields, the many broken forms GMime knows included (RFC 5322 sections 3.3 and 4.3).
package enum DateText {
    /// A date is some thirty bytes long; with a comment seldom more than a hundred.
    private static let maximumBytes = 512

    /// The date in a raw field body, or nil where none can be read.
    package static func decode(_ body: UnsafeRawBufferPointer) -> MailDate? {
        guard body.count <= maximumBytes else { return nil }
        GMimeLibrary.start()
        let bytes = HeaderText.unfold(HeaderText.trimmed(body))
        let date = (bytes.map { CChar(truncatingIfNeeded: $0 < 0x80 ? $0 : 0x3F) } + [0]).withUnsafeBufferPointer {
            $0.baseAddress.flatMap { g_mime_utils_header_decode_date($0) }
        }
        guard let date else { return nil }
        defer { g_date_time_unref(date) }
        return MailDate(
            seconds: Int64(g_date_time_to_unix(date)),
            offsetMinutes: Int(g_date_time_get_utc_offset(date) / 60_000_000)
        )
    }

    /// The same for an array.
    package static func decode(_ body: [UInt8]) -> MailDate? { body.withUnsafeBytes { decode($0) } }
}
