/// The time zone an appointment was made in (MS-OXOCAL §2.2.1.39, §2.2.1.41), as a VTIMEZONE (RFC 5545 §3.6.5).
struct CalendarZone {
    /// A change between standard and daylight saving time: a day that each year has, or one date.
    struct Change {
        var year: Int64
        var month: Int64
        var weekday: Int64
        /// The week in the month, 5 being the last; of a date with a year, the day.
        var day: Int64
        var hour: Int64
        var minute: Int64
    }

    let name: String
    /// Seconds that local time is ahead of UTC.
    let standardOffset: Int64
    let daylightOffset: Int64
    /// When standard time begins, and when daylight saving time does; nil where the zone has none.
    let toStandard: Change?
    let toDaylight: Change?

    /// Reads the zone of an item; nil when it has none.
    init?(_ reader: PropertyReader) {
        let description = reader.text(.appointment(0x8234)).map(HeaderLine.clean)
        for id in [UInt32(0x825E), 0x8260] {
            guard let blob = reader.binary(.appointment(id), limit: 65_536) else { continue }
            if let zone = CalendarZone(definition: blob) {
                self = zone
                return
            }
        }
        guard let blob = reader.binary(.appointment(0x8233), limit: 1024), blob.count >= 48 else { return nil }
        self.init(biases: blob, at: 0, standard: 14, daylight: 32, name: description ?? "")
    }

    /// Reads a definition: a name and rules, of which the one in force counts.
    private init?(definition blob: [UInt8]) {
        guard blob.count >= 10, blob[0] == 2 else { return nil }
        let nameCount = Int(blob.littleEndian(6, 2))
        let rules = 8 + nameCount * 2
        guard rules + 2 <= blob.count else { return nil }
        let name = String(decoding: CodePage.utf8(utf16: Array(blob[8..<rules])), as: UTF8.self)
        let count = Int(blob.littleEndian(rules, 2))
        var start: Int?
        for index in 0..<min(count, 1024) {
            let place = rules + 2 + index * 66
            guard place + 66 <= blob.count else { break }
            if start == nil || blob.littleEndian(place + 4, 2) & 2 != 0 { start = place }
        }
        guard let start else { return nil }
        self.init(biases: blob, at: start + 22, standard: start + 34, daylight: start + 50, name: name)
    }

    private init?(biases blob: [UInt8], at place: Int, standard: Int, daylight: Int, name: String) {
        func minutes(_ offset: Int) -> Int64 { Int64(Int32(truncatingIfNeeded: blob.littleEndian(offset, 4))) }
        let biases = [minutes(place), minutes(place + 4), minutes(place + 8)]
        guard biases.allSatisfy({ abs($0) <= 1440 }) else { return nil }
        // The name stands in a parameter and in a text, which quote such characters in different ways.
        let plain = HeaderLine.clean(String(name.map { ",;:\"\\".contains($0) ? " " : $0 }))
        self.name = plain.isEmpty ? "Local" : plain
        standardOffset = -60 * (biases[0] + biases[1])
        daylightOffset = -60 * (biases[0] + biases[2])
        toStandard = CalendarZone.change(blob, standard)
        toDaylight = CalendarZone.change(blob, daylight)
    }

    private static func change(_ blob: [UInt8], _ place: Int) -> Change? {
        let parts = (0..<8).map { Int64(blob.littleEndian(place + $0 * 2, 2)) }
        guard (1...12).contains(parts[1]), parts[2] <= 6, (1...31).contains(parts[3]), parts[4] <= 23, parts[5] <= 59,
            parts[0] <= 9999, parts[0] > 0 || parts[3] <= 5
        else { return nil }
        return Change(
            year: parts[0],
            month: parts[1],
            weekday: parts[2],
            day: parts[3],
            hour: parts[4],
            minute: parts[5]
        )
    }

    /// Local time of a time in UTC.
    func local(_ time: Int64) -> Int64 { time + (isDaylight(time) ? daylightOffset : standardOffset) }

    /// UTC of a local time.
    func utc(_ local: Int64) -> Int64 {
        let daylight = local - daylightOffset
        return isDaylight(daylight) ? daylight : local - standardOffset
    }

    private func isDaylight(_ time: Int64) -> Bool {
        guard let toStandard, let toDaylight else { return false }
        let year = MailTime.parts(time + standardOffset).year
        let begin = CalendarZone.moment(toDaylight, year) - standardOffset
        let end = CalendarZone.moment(toStandard, year) - daylightOffset
        return begin < end ? time >= begin && time < end : time >= begin || time < end
    }

    /// When a change happens in a year, by the clocks before it.
    private static func moment(_ change: Change, _ year: Int64) -> Int64 {
        let clock = change.hour * 3600 + change.minute * 60
        if change.year > 0 { return MailTime.seconds(change.year, change.month, change.day) + clock }
        let first = MailTime.seconds(year, change.month, 1)
        var day = (change.weekday - MailTime.parts(first).weekday + 7) % 7 + (change.day - 1) * 7
        while day >= MailTime.days(year, change.month) { day -= 7 }
        return first + day * 86_400 + clock
    }

    /// Adds the VTIMEZONE.
    func add(to lines: inout ContentLines) {
        lines.line("BEGIN", raw: "VTIMEZONE")
        lines.line("TZID", text: name)
        add("STANDARD", from: toDaylight == nil ? standardOffset : daylightOffset, standardOffset, toStandard, &lines)
        if let toDaylight, toStandard != nil {
            add("DAYLIGHT", from: standardOffset, daylightOffset, toDaylight, &lines)
        }
        lines.line("END", raw: "VTIMEZONE")
    }

    private func add(
        _ kind: String,
        from: Int64,
        _ offset: Int64,
        _ change: Change?,
        _ lines: inout ContentLines
    ) {
        lines.line("BEGIN", raw: kind)
        let start = change.map { CalendarZone.moment($0, 1601) } ?? MailTime.seconds(1601, 1, 1)
        lines.line("DTSTART", raw: MailTime.local(start))
        lines.line("TZOFFSETFROM", raw: CalendarZone.offset(from))
        lines.line("TZOFFSETTO", raw: CalendarZone.offset(offset))
        if let change, change.year == 0 {
            let week = change.day == 5 ? -1 : change.day
            let day = RecurrencePattern.days[Int(change.weekday)]
            lines.line("RRULE", raw: "FREQ=YEARLY;BYDAY=\(week)\(day);BYMONTH=\(change.month)")
        }
        lines.line("END", raw: kind)
    }

    private static func offset(_ seconds: Int64) -> String {
        let minutes = abs(seconds) / 60
        return (seconds < 0 ? "-" : "+") + MailTime.digits(minutes / 60, 2) + MailTime.digits(minutes % 60, 2)
    }
}

extension MailTime {
    /// The seconds since 1970 at which a day begins, the month being 1 to 12.
    static func seconds(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400
    }

    /// How many days a month has.
    static func days(_ year: Int64, _ month: Int64) -> Int64 {
        let next = month == 12 ? seconds(year + 1, 1, 1) : seconds(year, month + 1, 1)
        return (next - seconds(year, month, 1)) / 86_400
    }
}
