/// Points in time, in seconds since 1970, as mail and calendars write them; always UTC.
enum MailTime {
    /// The parts of a date of the Gregorian calendar.
    struct Parts {
        var year: Int64
        var month: Int64
        var day: Int64
        var hour: Int64
        var minute: Int64
        var second: Int64
        /// 0 is Sunday.
        var weekday: Int64
    }

    static func parts(_ time: Int64) -> Parts {
        var days = time / 86_400
        var rest = time % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        // Days from 1 March of year 0, in eras of 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return Parts(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
            month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: ((days + 4) % 7 + 7) % 7
        )
    }

    /// Digits with zeros before them.
    static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    /// As in the field Date (RFC 5322 §3.3).
    static func mail(_ time: Int64) -> String {
        let parts = parts(time)
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.weekday)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [parts.hour, parts.minute, parts.second].map { digits($0, 2) }.joined(separator: ":")
        return
            "\(weekday), \(parts.day) \(months[Int(parts.month) - 1]) \(digits(parts.year, 4)) \(clock) +0000"
    }

    /// As a DATE of iCalendar (RFC 5545 §3.3.4).
    static func date(_ time: Int64) -> String {
        let parts = parts(time)
        return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2)
    }

    /// As a DATE-TIME of iCalendar without zone (RFC 5545 §3.3.5, form 1).
    static func local(_ time: Int64) -> String {
        let parts = parts(time)
        return date(time) + "T" + digits(parts.hour, 2) + digits(parts.minute, 2) + digits(parts.second, 2)
    }

    /// As a DATE-TIME of iCalendar in UTC (form 2).
    static func utc(_ time: Int64) -> String { local(time) + "Z" }
}
