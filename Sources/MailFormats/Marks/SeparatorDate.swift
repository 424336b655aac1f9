/// The date in the `From ` line before a message of an MBOX: when the message was put there.
package enum SeparatorDate {
    /// Seconds since 1970 of the date in a `From ` line; nil when there is none.
    ///
    /// Read are `From sender Thu Jan  1 00:00:00 1970`, also with a zone before or after the year, as Gmail and old Unix
    /// write it. The date of `git format-patch` (`Mon Sep 17 00:00:00 2001`, the same for all) and of an epoch not set is
    /// none.
    package static func parse(_ line: UnsafeRawBufferPointer) -> Int64? {
        guard line.holds("From ", at: 0) else { return nil }
        let limit = min(line.count, MboxSeparatorLine.maximumByteCount)
        var position = 5
        // The sender may hold blanks; the date begins with the name of a weekday.
        while position < limit {
            while position < limit, Ascii.isBlank(line[position]) { position += 1 }
            let start = position
            while position < limit, !Ascii.isBlank(line[position]) { position += 1 }
            guard MailDate.isWeekday(line, start..<position) else { continue }
            var end = limit
            while end > start, line[end - 1] <= 0x20 { end -= 1 }
            let date = line.part(start..<end)
            guard !date.holds("Mon Sep 17 00:00:00 2001", at: 0), let seconds = MailDate.parse(date), seconds > 86_400
            else { continue }
            return seconds
        }
        return nil
    }
}
