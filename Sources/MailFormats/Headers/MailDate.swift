/// Dates as mail writes them (RFC 5322 §3.3, §4.3), and the forms that are wrong but common.
package enum MailDate {
    /// Seconds since 1970-01-01T00:00:00Z of a date, or `nil` when there is none to be found.
    ///
    /// Reads the RFC's form with and without weekday, seconds or zone, obsolete zones and two-digit years, comments, the
    /// asctime form, `5-Mar-2019`, and ISO 8601. Without a zone the time is taken as UTC. Years are 1900 to 9999.
    package static func parse(_ text: UnsafeRawBufferPointer) -> Int64? {
        var parts = MailDateParts()
        var position = 0
        var commentDepth = 0
        // A date needs no more; a longer field has something else in it.
        let end = min(text.count, 256)
        while position < end {
            let byte = text[position]
            if byte == 0x28 || (byte == 0x29 && commentDepth > 0) {
                commentDepth += byte == 0x28 ? 1 : -1
                position += 1
            } else if commentDepth > 0 || isSeparator(byte) {
                position += 1
            } else {
                let start = position
                while position < end, !isSeparator(text[position]), text[position] != 0x28 { position += 1 }
                guard parts.take(text, start..<position) else { return nil }
            }
        }
        return parts.seconds
    }

    /// The month, 1 to 12, whose English name begins with the three letters at `start`.
    static func month(_ text: UnsafeRawBufferPointer, at start: Int) -> Int? {
        for (index, name) in months.enumerated() where text.holdsIgnoringCase(name, at: start) { return index + 1 }
        return nil
    }

    /// Whether a word is the English name of a weekday, or begins with its three letters.
    static func isWeekday(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        word.count >= 3 && weekdays.contains { text.holdsIgnoringCase($0, at: word.lowerBound) }
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The day of the Gregorian calendar so many days after 1970-01-01.
    static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// A moment as `Thu Jan  1 00:00:00 1970`, in UTC: the form of a separator line.
    package static func asctime(_ seconds: Int64) -> [UInt8] {
        let clamped = min(
            max(Int(seconds), days(year: 1, month: 1, day: 1) * 86_400),
            days(year: 10_000, month: 1, day: 1) * 86_400 - 1
        )
        let day = clamped >= 0 ? clamped / 86_400 : (clamped - 86_399) / 86_400
        let time = clamped - day * 86_400
        let date = civil(days: day)
        let weekday = ((day % 7) + 11) % 7
        var text: [UInt8] = []
        append(weekdays[weekday], to: &text)
        append(months[date.month - 1], to: &text)
        text.append(contentsOf: digits(date.day, width: 2, fill: Ascii.space) + [Ascii.space])
        text.append(contentsOf: digits(time / 3600, width: 2) + [Ascii.colon])
        text.append(contentsOf: digits(time / 60 % 60, width: 2) + [Ascii.colon])
        text.append(contentsOf: digits(time % 60, width: 2) + [Ascii.space])
        text.append(contentsOf: digits(date.year, width: 4))
        return text
    }

    private static let months: [StaticString] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdays: [StaticString] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Appends a name with a capital letter, and a blank.
    private static func append(_ name: StaticString, to text: inout [UInt8]) {
        text.append(name.utf8Start[0] & 0xDF)
        text.append(name.utf8Start[1])
        text.append(name.utf8Start[2])
        text.append(Ascii.space)
    }

    private static func digits(_ number: Int, width: Int, fill: UInt8 = 0x30) -> [UInt8] {
        let digits = Array(String(number).utf8)
        return [UInt8](repeating: fill, count: max(0, width - digits.count)) + digits
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= Ascii.space || byte == 0x2C || byte == 0x3B || byte == Ascii.quote
    }
}
