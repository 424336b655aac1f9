/// A task (MS-OXOTASK) as a VTODO (RFC 5545 §3.6.2).
enum CalendarTask {
    static func lines(_ item: CalendarItem) -> ContentLines {
        let reader = item.reader
        var lines = ContentLines()
        item.begin(&lines)
        lines.line("BEGIN", raw: "VTODO")
        item.identity(&lines)
        // The days of tasks are stored as midnight of the day itself, not of a zone.
        if let start = reader.time(.task(0x8104)) {
            lines.line("DTSTART", [("VALUE", "DATE")], raw: MailTime.date(start))
            let pattern = reader.binary(.task(0x8116), limit: 1 << 20).flatMap { RecurrencePattern(task: $0) }
            if let pattern {
                lines.line("RRULE", raw: pattern.rule(clock: CalendarClock(zone: nil, isAllDay: true), zone: nil))
            }
        }
        if let due = reader.time(.task(0x8105)) { lines.line("DUE", [("VALUE", "DATE")], raw: MailTime.date(due)) }
        if let done = reader.time(.task(0x810F)) { lines.line("COMPLETED", raw: MailTime.utc(done)) }
        if let share = reader.double(.task(0x8102)), share >= 0, share <= 1 {
            lines.line("PERCENT-COMPLETE", raw: String(Int((share * 100).rounded())))
        }
        switch reader.integer(.task(0x8101)) {
        case 0, 3, 4: lines.line("STATUS", raw: "NEEDS-ACTION")
        case 1: lines.line("STATUS", raw: "IN-PROCESS")
        case 2: lines.line("STATUS", raw: "COMPLETED")
        default: break
        }
        item.details(&lines)
        if reader.integer(.common(0x8503)) == 1, let time = reader.time(.common(0x8502)) {
            lines.line("BEGIN", raw: "VALARM")
            lines.line("ACTION", raw: "DISPLAY")
            lines.line("DESCRIPTION", raw: ContentLines.escaped(reader.subject ?? ""))
            lines.line("TRIGGER", [("VALUE", "DATE-TIME")], raw: MailTime.utc(time))
            lines.line("END", raw: "VALARM")
        }
        lines.line("END", raw: "VTODO")
        lines.line("END", raw: "VCALENDAR")
        return lines
    }
}

/// An entry of the journal (MS-OXOJRNL) as a VJOURNAL (RFC 5545 §3.6.3).
enum CalendarJournal {
    static func lines(_ item: CalendarItem) -> ContentLines {
        var lines = ContentLines()
        item.begin(&lines)
        lines.line("BEGIN", raw: "VJOURNAL")
        item.identity(&lines)
        if let start = item.reader.time(.log(0x8706)) ?? item.reader.time(.common(0x8516)) {
            lines.line("DTSTART", raw: MailTime.utc(start))
        }
        lines.line("X-OUTLOOK-LOG-TYPE", text: item.reader.text(.log(0x8700)))
        item.details(&lines)
        lines.line("END", raw: "VJOURNAL")
        lines.line("END", raw: "VCALENDAR")
        return lines
    }
}
