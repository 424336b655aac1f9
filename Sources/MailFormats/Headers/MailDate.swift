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

/// The pieces of a date, as they are found.
struct MailDateParts {
    private var day: Int?
    private var month: Int?
    private var year: Int?
    private var time: Int?
    private var zone: Int?

    /// The moment, when all that is needed was found and is in range.
    var seconds: Int64? {
        guard let day, let month, let year, let time, (1...31).contains(day), (1...12).contains(month),
            (1900...9999).contains(year)
        else { return nil }
        return Int64(MailDate.days(year: year, month: month, day: day) * 86_400 + time - (zone ?? 0))
    }

    /// Takes one word; `false` when with it this is no date.
    mutating func take(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        let first = text[word.lowerBound]
        if Ascii.isLetter(first) { return takeName(text, word) }
        if first == 0x2B || first == Ascii.dash {
            if time != nil, zone == nil { zone = offset(text, word) }
            return true
        }
        guard Ascii.isDigit(first) else { return true }
        if let colon = text.firstIndex(of: Ascii.colon, from: word.lowerBound, to: word.upperBound) {
            return takeTime(text, word, colon: colon)
        }
        if takeJoined(text, word, by: Ascii.dash) || takeJoined(text, word, by: 0x2F) { return true }
        guard let (number, end) = number(text, word) else { return false }
        if end < word.upperBound, time == nil, text[end] == 0x2E { return takeTime(text, word, colon: end) }
        takeNumber(number, digits: end - word.lowerBound)
        return true
    }

    private mutating func takeNumber(_ number: Int, digits: Int) {
        if digits >= 3 || day != nil {
            guard year == nil else { return }
            // RFC 5322 §4.3: two digits up to 49 are of this century, three are counted from 1900.
            switch digits {
            case 4...: year = number
            case 3: year = 1900 + number
            default: year = number < 50 ? 2000 + number : 1900 + number
            }
        } else {
            day = number
        }
    }

    /// Takes a weekday, a month, a zone, AM or PM.
    private mutating func takeName(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Bool {
        if month == nil, word.count >= 3, let found = MailDate.month(text, at: word.lowerBound) {
            month = found
            return true
        }
        guard let time else { return true }
        if word.count == 2, Ascii.lower(text[word.lowerBound + 1]) == 0x6D {
            let isAfternoon = Ascii.lower(text[word.lowerBound]) == 0x70
            if isAfternoon, time < 43_200 { self.time = time + 43_200 }
            if !isAfternoon, time >= 43_200, time < 46_800 { self.time = time - 43_200 }
            return true
        }
        guard zone == nil else { return true }
        zone = Self.zone(text, word)
        // `GMT+0100`
        if zone == 0, word.count > 3, text[word.lowerBound + 3] == 0x2B || text[word.lowerBound + 3] == Ascii.dash {
            zone = offset(text, word.lowerBound + 3..<word.upperBound)
        }
        return true
    }

    /// Takes `hh:mm`, `hh:mm:ss`, with a fraction and a zone behind, or with an ISO date before.
    private mutating func takeTime(_ text: UnsafeRawBufferPointer, _ word: Range<Int>, colon: Int) -> Bool {
        var start = word.lowerBound
        if let mark = text.firstIndex(of: 0x54, from: start, to: colon) {
            guard takeJoined(text, start..<mark, by: Ascii.dash) else { return false }
            start = mark + 1
        }
        guard time == nil, let (hour, hourEnd) = number(text, start..<word.upperBound), hourEnd == colon,
            let (minute, minuteEnd) = number(text, colon + 1..<word.upperBound), hour < 25, minute < 60
        else { return time != nil }
        var end = minuteEnd
        var second = 0
        if end < word.upperBound, text[end] == text[colon], let (value, next) = number(text, end + 1..<word.upperBound)
        {
            second = value
            end = next
        }
        guard second <= 60 else { return false }
        time = hour * 3600 + minute * 60 + second
        if end < word.upperBound, text[end] == 0x2E {
            end += 1
            while end < word.upperBound, Ascii.isDigit(text[end]) { end += 1 }
        }
        guard end < word.upperBound else { return true }
        if text[end] == 0x2B || text[end] == Ascii.dash { zone = offset(text, end..<word.upperBound) }
        if Ascii.isLetter(text[end]) { return takeName(text, end..<word.upperBound) }
        return true
    }

    /// Takes `5-Mar-2019` or `2019-03-05`.
    private mutating func takeJoined(_ text: UnsafeRawBufferPointer, _ word: Range<Int>, by mark: UInt8) -> Bool {
        guard let first = text.firstIndex(of: mark, from: word.lowerBound, to: word.upperBound),
            let second = text.firstIndex(of: mark, from: first + 1, to: word.upperBound),
            let (head, headEnd) = number(text, word.lowerBound..<first), headEnd == first,
            let (last, _) = number(text, second + 1..<word.upperBound)
        else { return false }
        if let name = MailDate.month(text, at: first + 1) {
            day = head
            month = name
            takeNumber(last, digits: word.upperBound - second - 1)
            return true
        }
        guard headEnd - word.lowerBound == 4, let (middle, _) = number(text, first + 1..<second) else { return false }
        year = head
        month = middle
        day = last
        return true
    }

    /// The number at the start of a range, and where it ends; at most six digits.
    private func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> (value: Int, end: Int)? {
        var value = 0
        var position = range.lowerBound
        while position < range.upperBound, position - range.lowerBound < 6, Ascii.isDigit(text[position]) {
            value = value * 10 + Int(text[position] - 0x30)
            position += 1
        }
        return position > range.lowerBound ? (value, position) : nil
    }

    /// Seconds east of UTC of `+0100`, `-05:30`, `+1`.
    private func offset(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Int {
        var digits: [Int] = []
        for index in word.dropFirst() where digits.count < 4 && Ascii.isDigit(text[index]) {
            digits.append(Int(text[index] - 0x30))
        }
        let sign = text[word.lowerBound] == Ascii.dash ? -1 : 1
        switch digits.count {
        case 4: return sign * ((digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60)
        case 3: return sign * (digits[0] * 3600 + (digits[1] * 10 + digits[2]) * 60)
        case 2: return sign * (digits[0] * 10 + digits[1]) * 3600
        case 1: return sign * digits[0] * 3600
        default: return 0
        }
    }

    /// Seconds east of UTC of a zone's name (RFC 5322 §4.3); unknown names and single letters are UTC, as the RFC says.
    private static func zone(_ text: UnsafeRawBufferPointer, _ word: Range<Int>) -> Int {
        for (name, hours) in zones
        where word.count == name.utf8CodeUnitCount && text.holdsIgnoringCase(name, at: word.lowerBound) {
            return hours * 3600
        }
        return 0
    }

    private static let zones: [(StaticString, Int)] = [
        ("est", -5), ("edt", -4), ("cst", -6), ("cdt", -5), ("mst", -7), ("mdt", -6), ("pst", -8), ("pdt", -7),
        ("cet", 1),
        ("cest", 2), ("met", 1), ("mest", 2), ("mez", 1), ("mesz", 2), ("bst", 1), ("eet", 2), ("eest", 3), ("msk", 3),
        ("jst", 9), ("akst", -9), ("akdt", -8), ("hst", -10),
    ]
}
