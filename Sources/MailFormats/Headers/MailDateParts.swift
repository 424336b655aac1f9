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
