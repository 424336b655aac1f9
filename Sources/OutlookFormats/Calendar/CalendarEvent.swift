/// An appointment or a message about a meeting (MS-OXOCAL) as a VEVENT (RFC 5545 §3.6.1).
enum CalendarEvent {
    /// The method of a message about a meeting (RFC 5546 §3.2), told by its class.
    static func method(_ messageClass: String) -> String {
        let name = messageClass.lowercased()
        if name.hasPrefix("ipm.schedule.meeting.canceled") { return "CANCEL" }
        return name.hasPrefix("ipm.schedule.meeting.resp") ? "REPLY" : "REQUEST"
    }

    static func lines(_ item: CalendarItem, method: String?) -> ContentLines {
        let reader = item.reader
        var lines = ContentLines()
        item.begin(&lines, method: method)

        let blob = reader.binary(.appointment(0x8216), limit: 1 << 20)
        let recurrence = blob.flatMap { RecurrencePattern(appointment: $0) }
        let zone = CalendarZone(reader)
        let isAllDay = reader.integer(.appointment(0x8215)) == 1
        let start = reader.time(.appointment(0x820D)) ?? reader.time(.common(0x8516)) ?? reader.time(0x0060)
        let end = reader.time(.appointment(0x820E)) ?? reader.time(.common(0x8517)) ?? reader.time(0x0061)
        let clock = CalendarClock(
            zone: recurrence == nil ? nil : zone,
            isAllDay: isAllDay,
            shift: recurrence.flatMap { pattern in start.map { pattern.firstStart - $0 } } ?? 0
        )
        if recurrence != nil, !isAllDay { zone?.add(to: &lines) }

        lines.line("BEGIN", raw: "VEVENT")
        item.identity(&lines)
        clock.line("DTSTART", start, to: &lines)
        clock.line("DTEND", end, to: &lines)
        if let recurrence {
            lines.line("RRULE", raw: recurrence.rule(clock: clock, zone: zone))
            recurrence.addExceptions(to: &lines, clock: clock, zone: zone)
        }
        lines.line("LOCATION", text: reader.text(.appointment(0x8208)))
        item.details(&lines)
        if let sequence = reader.integer(.appointment(0x8201)), sequence > 0 {
            lines.line("SEQUENCE", raw: String(sequence))
        }
        addState(reader, method: method, to: &lines)
        addPeople(item, method: method, to: &lines)
        if reader.integer(.common(0x8503)) == 1, let minutes = reader.integer(.common(0x8501)), minutes >= 0,
            minutes < 1_000_000
        {
            lines.line("BEGIN", raw: "VALARM")
            lines.line("ACTION", raw: "DISPLAY")
            lines.line("DESCRIPTION", raw: ContentLines.escaped(reader.subject ?? ""))
            lines.line("TRIGGER", raw: "-PT\(minutes)M")
            lines.line("END", raw: "VALARM")
        }
        lines.line("END", raw: "VEVENT")
        recurrence?.addChanged(to: &lines, item: item, clock: clock, zone: zone)
        lines.line("END", raw: "VCALENDAR")
        return lines
    }

    private static func addState(_ reader: PropertyReader, method: String?, to lines: inout ContentLines) {
        if method == "CANCEL" { lines.line("STATUS", raw: "CANCELLED") }
        guard let busy = reader.integer(.appointment(0x8205)) else { return }
        if method != "CANCEL", busy == 1 { lines.line("STATUS", raw: "TENTATIVE") }
        lines.line("TRANSP", raw: busy == 0 ? "TRANSPARENT" : "OPAQUE")
        let names = ["FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"]
        if names.indices.contains(Int(busy)) { lines.line("X-MICROSOFT-CDO-BUSYSTATUS", raw: names[Int(busy)]) }
    }

    /// The organizer and the attendees, where it is a meeting; only those with an address of the Internet.
    private static func addPeople(_ item: CalendarItem, method: String?, to lines: inout ContentLines) {
        let reader = item.reader
        // A reply comes from the attendee and goes to the organizer.
        if method == "REPLY" {
            let organizer = item.message.recipients.lazy
                .compactMap { PropertyReader($0, page: reader.page).recipient }.first { $0.smtp != nil }
            add("ORGANIZER", organizer, [], to: &lines)
            let name = (reader.text(Tag.messageClass) ?? "").lowercased()
            let state = name.hasSuffix(".pos") ? "ACCEPTED" : name.hasSuffix(".neg") ? "DECLINED" : "TENTATIVE"
            return add("ATTENDEE", reader.represented ?? reader.sender, [("PARTSTAT", state)], to: &lines)
        }
        guard method != nil || (reader.integer(.appointment(0x8217)) ?? 0) & 1 == 1 else { return }
        add("ORGANIZER", reader.represented ?? reader.sender, [], to: &lines)
        for bag in item.message.recipients.prefix(ItemHeader.mostAddresses) {
            let recipient = PropertyReader(bag, page: reader.page)
            // Bit 1: the organizer, who is in the table too (MS-OXOCAL §2.2.4.10.1).
            if (recipient.integer(0x5FFD) ?? 0) & 2 != 0 { continue }
            var parameters: [(String, String)] = []
            switch (recipient.integer(Tag.recipientType) ?? 1) & 0xF {
            case 2: parameters.append(("ROLE", "OPT-PARTICIPANT"))
            case 3: parameters.append(("CUTYPE", "RESOURCE"))
            default: parameters.append(("ROLE", "REQ-PARTICIPANT"))
            }
            let states = [Int64(2): "TENTATIVE", 3: "ACCEPTED", 4: "DECLINED", 5: "NEEDS-ACTION"]
            if let state = recipient.integer(0x5FFF).flatMap({ states[$0] }) { parameters.append(("PARTSTAT", state)) }
            add("ATTENDEE", recipient.recipient, parameters, to: &lines)
        }
    }

    private static func add(
        _ name: String,
        _ address: MailAddress?,
        _ parameters: [(String, String)],
        to lines: inout ContentLines
    ) {
        guard let address, let smtp = address.smtp else { return }
        let shown = address.name.isEmpty ? [] : [("CN", address.name)]
        lines.line(name, shown + parameters, raw: "mailto:" + CalendarItem.uri(smtp))
    }
}

/// How the times of one event are written.
struct CalendarClock {
    /// The zone of a series; nil for single events, which are in UTC.
    let zone: CalendarZone?
    let isAllDay: Bool
    /// Without a zone: how many seconds the local times of the series are ahead of UTC.
    var shift: Int64 = 0

    func line(_ name: String, _ time: Int64?, to lines: inout ContentLines) {
        guard let time else { return }
        if isAllDay {
            // Local midnight: with the zone exactly, else the nearest midnight of UTC.
            let local = zone.map { $0.local(time) } ?? time + (shift == 0 ? 43_200 : shift)
            lines.line(name, [("VALUE", "DATE")], raw: MailTime.date(local))
        } else if let zone {
            lines.line(name, [("TZID", zone.name)], raw: MailTime.local(zone.local(time)))
        } else {
            lines.line(name, raw: MailTime.utc(time))
        }
    }

    /// A line for a time that is local already.
    func line(_ name: String, local time: Int64, to lines: inout ContentLines) {
        if isAllDay {
            lines.line(name, [("VALUE", "DATE")], raw: MailTime.date(time))
        } else if let zone {
            lines.line(name, [("TZID", zone.name)], raw: MailTime.local(time))
        } else {
            lines.line(name, raw: MailTime.utc(time - shift))
        }
    }
}
