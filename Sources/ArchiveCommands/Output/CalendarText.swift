/// Dates as people write them; all in UTC.
enum CalendarText {
    /// `2020-01-31 12:30`.
    static func minute(_ seconds: Int64) -> String {
        let (day, time) = split(seconds)
        return "\(date(day)) \(two(time / 3600)):\(two(time / 60 % 60))"
    }

    /// `2020-01-31T12:30:05Z`, as RFC 3339 has it.
    static func internet(_ seconds: Int64) -> String {
        let (day, time) = split(seconds)
        return "\(date(day))T\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))Z"
    }

    /// `20200131-123005`, for file names.
    static func compact(_ seconds: Int64) -> String {
        let (day, time) = split(seconds)
        let (year, month, dayOfMonth) = civil(day)
        return "\(four(year))\(two(month))\(two(dayOfMonth))-\(two(time / 3600))\(two(time / 60 % 60))\(two(time % 60))"
    }

    /// The first second of a year, month or day (`2020`, `2020-01`, `2020-01-31`), and of the one after it.
    static func range(_ text: String) -> (start: Int64, end: Int64)? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int64($0) }
        guard numbers.count == parts.count, (1...3).contains(parts.count), (1...9999).contains(numbers[0]) else {
            return nil
        }
        let month = parts.count > 1 ? numbers[1] : 1
        let day = parts.count > 2 ? numbers[2] : 1
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let start = days(numbers[0], month, day)
        let end: Int64
        switch parts.count {
        case 1: end = days(numbers[0] + 1, 1, 1)
        case 2: end = month == 12 ? days(numbers[0] + 1, 1, 1) : days(numbers[0], month + 1, 1)
        default: end = start + 1
        }
        return (start * 86400, end * 86400)
    }

    private static func split(_ seconds: Int64) -> (day: Int64, time: Int64) {
        // Years 1 to 9999; a hostile date shows as the nearest.
        let bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let day = bounded >= 0 ? bounded / 86400 : (bounded - 86399) / 86400
        return (day, bounded - day * 86400)
    }

    private static func date(_ day: Int64) -> String {
        let (year, month, dayOfMonth) = civil(day)
        return "\(four(year))-\(two(month))-\(two(dayOfMonth))"
    }

    /// Gregorian date of a day counted from 1970: years begin in March, so that the leap day is the last of one.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func four(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
    }
}
