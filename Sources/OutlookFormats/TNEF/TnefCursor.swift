import MailFormats

/// Reads numbers and bytes one after the other from a part of a source; holds 4 KiB of it.
struct TnefCursor {
    let source: any ByteSource
    private(set) var position: UInt64
    let end: UInt64
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0

    init(_ source: any ByteSource, _ range: Range<UInt64>) {
        self.source = source
        position = range.lowerBound
        end = range.upperBound
    }

    /// How many bytes are left.
    var left: UInt64 { end - position }

    mutating func number16(_ what: String) throws(OutlookError) -> UInt16 { try bytes(2, what).number16(at: 0) ?? 0 }

    mutating func number32(_ what: String) throws(OutlookError) -> UInt32 { try bytes(4, what).number32(at: 0) ?? 0 }

    /// So many bytes, which the caller has found to be few.
    mutating func bytes(_ count: Int, _ what: String) throws(OutlookError) -> [UInt8] {
        guard UInt64(count) <= left else { throw OutlookError(.cutShort, at: position, what) }
        defer { position += UInt64(count) }
        if count > 4096 { return try source.whole(count, at: position, what) }
        if position < windowStart || position + UInt64(count) > windowStart + UInt64(window.count) {
            window = try source.available(Int(min(4096, left)), at: position, what)
            windowStart = position
            guard window.count >= count else { throw OutlookError(.cutShort, at: position, what) }
        }
        let start = Int(position - windowStart)
        return Array(window[start..<start + count])
    }

    /// Passes over bytes and tells where they are.
    mutating func skip(_ count: UInt64, _ what: String) throws(OutlookError) -> Range<UInt64> {
        guard count <= left else { throw OutlookError(.cutShort, at: position, what) }
        defer { position += count }
        return position..<position + count
    }

    /// Passes over what fills a value up to a multiple of four bytes; at the end it may be missing.
    mutating func pad(after count: UInt64) {
        position += min(left, (4 - count % 4) % 4)
    }
}
