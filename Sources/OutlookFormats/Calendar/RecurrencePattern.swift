/// How an appointment or a task repeats (MS-OXOCAL §2.2.1.44), as a rule of iCalendar (RFC 5545 §3.3.10).
struct RecurrencePattern {
    static let days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
    /// Exceptions beyond so many are damage.
    private static let mostExceptions = 10_000

    /// An instance that is not as the others.
    struct Exception {
        /// When it is, and when it was to be; local, in seconds since 1970.
        var start: Int64
        var end: Int64
        var original: Int64
        /// What it has of its own; in 8-bit text, and in UTF-16 where the item has that too.
        var subject: [UInt8]?
        var location: [UInt8]?
        var wideSubject: [UInt8]?
        var wideLocation: [UInt8]?
    }

    private let frequency: UInt64
    private let pattern: UInt64
    private let period: UInt64
    private let weekdays: UInt64
    /// The day of the month, or which of the weekdays in the month.
    private let number: UInt64
    private let endType: UInt64
    private let count: UInt64
    private let firstWeekday: UInt64
    private let startDate: Int64
    private let endDate: Int64
    private var deleted: [Int64] = []
    private var startOffset: Int64 = 0
    private(set) var exceptions: [Exception] = []

    /// Reads a plain pattern, as tasks have it.
    init?(task blob: [UInt8]) {
        var cursor = Cursor(blob)
        self.init(&cursor)
    }

    /// Reads the pattern of an appointment, with the instances that differ.
    init?(appointment blob: [UInt8]) {
        var cursor = Cursor(blob)
        self.init(&cursor)
        // Reader and writer version, then the time of day in minutes.
        guard cursor.next(4) == 0x3006, let version = cursor.next(4), let start = cursor.next(4), start < 100_000,
            cursor.next(4) != nil, let count = cursor.next(2), count <= UInt64(Self.mostExceptions)
        else { return }
        startOffset = Int64(start) * 60
        for _ in 0..<count {
            guard let exception = Self.exception(&cursor) else { return }
            exceptions.append(exception)
        }
        addWideTexts(&cursor, version: version)
    }

    /// The texts of the exceptions in UTF-16 (MS-OXOCAL §2.2.1.44.4).
    private mutating func addWideTexts(_ cursor: inout Cursor, version: UInt64) {
        guard cursor.block() else { return }
        for index in exceptions.indices {
            if version >= 0x3009, !cursor.block() { return }
            guard cursor.block() else { return }
            guard exceptions[index].subject != nil || exceptions[index].location != nil else { continue }
            guard cursor.bytes(12) != nil else { return }
            if exceptions[index].subject != nil {
                guard let text = cursor.wideText() else { return }
                exceptions[index].wideSubject = text
            }
            if exceptions[index].location != nil {
                guard let text = cursor.wideText() else { return }
                exceptions[index].wideLocation = text
            }
            guard cursor.block() else { return }
        }
    }

    private init?(_ cursor: inout Cursor) {
        // Only rules of the Gregorian calendar can be said: not Hijri (6), Hebrew (8), nor the lunar ones from 14 on.
        guard cursor.next(4) == 0x3004_3004, let frequency = cursor.next(2), let pattern = cursor.next(2),
            pattern < 0xA,
            let calendar = cursor.next(2), calendar < 14, calendar != 6, calendar != 8, cursor.next(4) != nil,
            let period = cursor.next(4), cursor.next(4) != nil
        else { return nil }
        self.frequency = frequency
        self.pattern = pattern
        self.period = period
        switch pattern {
        case 0: (weekdays, number) = (0, 0)
        case 1: (weekdays, number) = (cursor.next(4) ?? 0, 0)
        case 2, 4: (weekdays, number) = (0, cursor.next(4) ?? 0)
        case 3:
            let days = cursor.next(4) ?? 0
            (weekdays, number) = (days, cursor.next(4) ?? 0)
        default: return nil
        }
        guard let endType = cursor.next(4), let count = cursor.next(4), let first = cursor.next(4),
            let deletedCount = cursor.next(4), deletedCount <= UInt64(Self.mostExceptions)
        else { return nil }
        (self.endType, self.count, firstWeekday) = (endType, count, first)
        var deleted: [Int64] = []
        for _ in 0..<deletedCount {
            guard let minutes = cursor.next(4) else { return nil }
            deleted.append(Self.time(minutes))
        }
        guard let changedCount = cursor.next(4), changedCount <= UInt64(Self.mostExceptions) else { return nil }
        for _ in 0..<changedCount where cursor.next(4) == nil { return nil }
        guard let start = cursor.next(4), let end = cursor.next(4) else { return nil }
        startDate = Self.time(start)
        endDate = Self.time(end)
        self.deleted = deleted
    }

    private static func exception(_ cursor: inout Cursor) -> Exception? {
        guard let start = cursor.next(4), let end = cursor.next(4), let original = cursor.next(4),
            let flags = cursor.next(2)
        else { return nil }
        var exception = Exception(start: time(start), end: time(end), original: time(original))
        // In the order of the bits: subject, meeting type, reminder delta, reminder, location, busy, attachment, all day, color.
        for bit in 0..<9 where flags >> UInt64(bit) & 1 == 1 {
            guard bit == 0 || bit == 4 else {
                guard cursor.next(4) != nil else { return nil }
                continue
            }
            guard cursor.next(2) != nil, let count = cursor.next(2), let text = cursor.bytes(Int(count)) else {
                return nil
            }
            if bit == 0 { exception.subject = text } else { exception.location = text }
        }
        return exception
    }

    /// Minutes since 1601, as seconds since 1970.
    private static func time(_ minutes: UInt64) -> Int64 { Int64(minutes) * 60 - 11_644_473_600 }

    /// When the first instance begins, local.
    var firstStart: Int64 { startDate + startOffset }

    /// The value of RRULE.
    func rule(clock: CalendarClock, zone: CalendarZone?) -> String {
        var parts: [String] = []
        var interval = period
        let names = Self.days.enumerated().filter { weekdays >> UInt64($0.offset) & 1 == 1 }.map(\.element)
        switch (frequency, pattern) {
        case (_, 0):
            parts.append("FREQ=DAILY")
            interval = period / 1440
        case (_, 1):
            parts.append("FREQ=WEEKLY")
            if frequency == 0x200A { interval = 1 }
            if !names.isEmpty { parts.append("BYDAY=" + names.joined(separator: ",")) }
            if firstWeekday < 7 { parts.append("WKST=" + Self.days[Int(firstWeekday)]) }
        default:
            let isYearly = frequency == 0x200D
            parts.append(isYearly ? "FREQ=YEARLY" : "FREQ=MONTHLY")
            if isYearly { interval = period / 12 }
            let isLast = pattern == 4 || (pattern == 2 && number == 31)
            if pattern == 3 {
                parts.append("BYDAY=" + names.joined(separator: ","))
                parts.append("BYSETPOS=\(number >= 5 ? "-1" : String(number))")
            } else {
                parts.append("BYMONTHDAY=\(isLast ? "-1" : String(number))")
            }
            if isYearly { parts.append("BYMONTH=\(MailTime.parts(startDate).month)") }
        }
        if interval > 1 { parts.insert("INTERVAL=\(interval)", at: 1) }
        switch endType {
        case 0x2022: parts.append("COUNT=\(count)")
        case 0x2021:
            let last = endDate + startOffset
            let until =
                clock.isAllDay
                ? MailTime.date(endDate) : MailTime.utc(zone.map { $0.utc(last) } ?? last - clock.shift)
            parts.append("UNTIL=" + until)
        default: break
        }
        return parts.joined(separator: ";")
    }

    /// The instances that were deleted; those that were moved have events of their own.
    func addExceptions(to lines: inout ContentLines, clock: CalendarClock, zone: CalendarZone?) {
        let changed = Set(exceptions.map { MailTime.date($0.original) })
        for day in deleted where !changed.contains(MailTime.date(day)) {
            clock.line("EXDATE", local: day + startOffset, to: &lines)
        }
    }

    /// An event for each instance that was changed.
    func addChanged(to lines: inout ContentLines, item: CalendarItem, clock: CalendarClock, zone: CalendarZone?) {
        for exception in exceptions {
            lines.line("BEGIN", raw: "VEVENT")
            let page = item.reader.page
            let summary = exception.wideSubject.map { CodePage.utf8(utf16: $0) } ?? exception.subject.map(page.utf8)
            let location = exception.wideLocation.map { CodePage.utf8(utf16: $0) } ?? exception.location.map(page.utf8)
            item.identity(&lines, summary: summary.map { String(decoding: $0, as: UTF8.self) })
            clock.line("RECURRENCE-ID", local: exception.original, to: &lines)
            clock.line("DTSTART", local: exception.start, to: &lines)
            clock.line("DTEND", local: exception.end, to: &lines)
            lines.line("LOCATION", text: location.map { String(decoding: $0, as: UTF8.self) })
            lines.line("END", raw: "VEVENT")
        }
    }
}

/// Reads little-endian numbers one after another.
private struct Cursor {
    private let value: [UInt8]
    private var position = 0

    init(_ value: [UInt8]) { self.value = value }

    mutating func next(_ count: Int) -> UInt64? {
        guard value.count - position >= count else { return nil }
        defer { position += count }
        return value.littleEndian(position, count)
    }

    /// Passes over a block that says its length; false where it does not fit.
    mutating func block() -> Bool {
        guard let count = next(4), count <= UInt64(value.count) else { return false }
        return bytes(Int(count)) != nil
    }

    /// A text in UTF-16 that says its length.
    mutating func wideText() -> [UInt8]? { next(2).flatMap { bytes(Int($0) * 2) } }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard value.count - position >= count else { return nil }
        defer { position += count }
        return Array(value[position..<position + count])
    }
}
