import MailFormats
import OutlookFormats
import Testing

@Suite("Contacts, appointments and tasks as vCard and iCalendar")
struct CalendarRenderingTests {
    private static func appointment(_ number: UInt32) -> PropertyName {
        PropertyName(set: Make.set(0x0006_2002), .number(number))
    }

    /// The lines of the calendar or card, unfolded.
    private func lines(_ message: MapiMessage) throws -> [String] {
        let text = try Made(message).text
        guard let start = text.firstRange(of: "BEGIN:V") else { return [] }
        return text[start.lowerBound...].replacing("\r\n ", with: "").split(separator: "\r\n").map(String.init)
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
    }

    /// Pacific Time as in PidLidTimeZoneStruct: standard from the first Sunday of November, daylight from the second of March.
    private static let pacific: [UInt8] =
        [0xE0, 1, 0, 0, 0, 0, 0, 0, 0xC4, 0xFF, 0xFF, 0xFF] + [0, 0] + [
            0, 0, 11, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0,
        ]
        + [0, 0] + [0, 0, 3, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0]

    private func series(_ blob: String, start: UInt64, end: UInt64) -> MapiMessage {
        MapiMessage(
            PropertyBag([
                Make.text(0x001A, "IPM.Appointment"), Make.text(0x0037, "Simple Recurrence"),
                Make.time(0x8001, start, name: Self.appointment(0x820D)),
                Make.time(0x8002, end, name: Self.appointment(0x820E)),
                Make.binary(0x8003, hex(blob), name: Self.appointment(0x8216)),
                Make.binary(0x8004, Self.pacific, name: Self.appointment(0x8233)),
                Make.text(0x8005, "Pacific Time", name: Self.appointment(0x8234)),
            ])
        )
    }

    // MS-OXOCAL, section 4.1.1.2: the examples of recurrence as they stand there.
    @Test("the weekly series of MS-OXOCAL with a changed instance is a rule and an event")
    func weekly() throws {
        let lines = try lines(
            series(
                "043004300B2001000000C0210000010000000000000032000000222000000C0000000000000001000000A096BC0C01000000"
                    + "A096BC0C8020BC0C20ADBC0C0630000009300000580200007602000001003499BC0C5299BC0CF898BC0C110022002100"
                    + "53696D706C6520526563757272656E6365207769746820657863657074696F6E730800070033342F3431343100000000"
                    + "0400000000000000000000003499BC0C5299BC0CF898BC0C2100530069006D0070006C00650020005200650063007500"
                    + "7200720065006E006300650020007700690074006800200065007800630065007000740069006F006E00730007003300"
                    + "34002F0034003100340031000000000000000000",
                start: 1_174_928_400,
                end: 1_174_930_200
            )
        )
        #expect(lines.contains("DTSTART;TZID=Pacific Time:20070326T100000"))
        #expect(lines.contains("DTEND;TZID=Pacific Time:20070326T103000"))
        #expect(lines.contains("RRULE:FREQ=WEEKLY;BYDAY=MO,TH,FR;WKST=SU;COUNT=12"))
        #expect(!lines.contains { $0.hasPrefix("EXDATE") })
        #expect(lines.contains("RECURRENCE-ID;TZID=Pacific Time:20070416T100000"))
        #expect(lines.contains("DTSTART;TZID=Pacific Time:20070416T110000"))
        #expect(lines.contains("DTEND;TZID=Pacific Time:20070416T113000"))
        #expect(lines.contains("SUMMARY:Simple Recurrence with exceptions"))
        #expect(lines.contains("LOCATION:34/4141"))
        // The zone of the United States since 2007 (RFC 5545, section 3.6.5, has it for New York).
        #expect(lines.contains("RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"))
        #expect(lines.contains("RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"))
        #expect(lines.contains("TZOFFSETFROM:-0700") && lines.contains("TZOFFSETTO:-0800"))
    }

    // Section 4.1.1.3.
    @Test("the daily series of MS-OXOCAL has its end and its deleted instances")
    func daily() throws {
        let lines = try lines(
            series(
                "043004300A2000000000A0050000E010000000000000212000000A0000000000000002000000A0C1DC0C80D2DC0C00000000"
                    + "207EDC0C0016DD0C0630000009300000E0010000FE01000000000000000000000000",
                start: 1_302_188_400,
                end: 1_302_190_200
            )
        )
        #expect(lines.contains("DTSTART;TZID=Pacific Time:20110407T080000"))
        #expect(lines.contains("RRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20110504T150000Z"))
        #expect(lines.contains("EXDATE;TZID=Pacific Time:20110419T080000"))
        #expect(lines.contains("EXDATE;TZID=Pacific Time:20110422T080000"))
    }

    @Test("a single appointment is in UTC, a whole day is a date")
    func single() throws {
        let timed = try lines(
            MapiMessage(
                PropertyBag([
                    Make.text(0x001A, "IPM.Appointment"), Make.text(0x0037, "A; B, C\\D"),
                    Make.time(0x8001, 1_700_000_000, name: Self.appointment(0x820D)),
                    Make.integer(0x8002, 0, name: Self.appointment(0x8205)), Make.text(0x1000, "one\r\ntwo"),
                ])
            )
        )
        #expect(timed.contains("DTSTART:20231114T221320Z"))
        #expect(timed.contains("SUMMARY:A\\; B\\, C\\\\D"))
        #expect(timed.contains("DESCRIPTION:one\\ntwo"))
        #expect(timed.contains("TRANSP:TRANSPARENT"))
        // Midnight of 15 November in Berlin.
        let whole = try lines(
            MapiMessage(
                PropertyBag([
                    Make.text(0x001A, "IPM.Appointment"), Make.flag(0x8003, true, name: Self.appointment(0x8215)),
                    Make.time(0x8001, 1_700_002_800, name: Self.appointment(0x820D)),
                ])
            )
        )
        #expect(whole.contains("DTSTART;VALUE=DATE:20231115"))
    }

    @Test("a request for a meeting names the method, the organizer and those who are asked")
    func meeting() throws {
        let message = MapiMessage(
            PropertyBag([
                Make.text(0x001A, "IPM.Schedule.Meeting.Request"), Make.text(0x0042, "Ann \"A\" Other"),
                Make.text(0x5D02, "ann@example.com"), Make.text(0x0064, "SMTP"),
            ]),
            recipients: [
                Make.recipient(1, "Bob", smtp: "bob@example.com"), Make.recipient(2, "C", smtp: "c@example.com"),
            ]
        )
        let lines = try lines(message)
        #expect(try Made(message).field("Content-Type") == "text/calendar; charset=utf-8; method=REQUEST")
        #expect(lines.contains("METHOD:REQUEST"))
        #expect(lines.contains("ORGANIZER;CN=Ann ^'A^' Other:mailto:ann@example.com"))
        #expect(lines.contains("ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT:mailto:bob@example.com"))
        #expect(lines.contains("ATTENDEE;CN=C;ROLE=OPT-PARTICIPANT:mailto:c@example.com"))
    }

    @Test("lines are folded at 75 bytes, never within a character")
    func folding() throws {
        let made = try Made(
            MapiMessage(
                PropertyBag([Make.text(0x001A, "IPM.Contact"), Make.text(0x3001, String(repeating: "äö😀", count: 60))])
            )
        )
        #expect(made.text.split(separator: "\r\n", omittingEmptySubsequences: false).allSatisfy { $0.utf8.count <= 78 })
    }

    @Test("a contact has its names, numbers and addresses where RFC 6350 wants them")
    func contact() throws {
        func address(_ number: UInt32) -> PropertyName { PropertyName(set: Make.set(0x0006_2004), .number(number)) }
        let lines = try lines(
            MapiMessage(
                PropertyBag([
                    Make.text(0x001A, "IPM.Contact"), Make.text(0x3001, "Dr. Ann Q. Other"), Make.text(0x3A11, "Other"),
                    Make.text(0x3A06, "Ann"), Make.text(0x3A44, "Q."), Make.text(0x3A45, "Dr."),
                    Make.text(0x3A16, "Ex, Inc."), Make.text(0x3A18, "R&D"), Make.text(0x3A08, "+1 555 1"),
                    Make.text(0x8001, "ann@example.com", name: address(0x8083)),
                    Make.text(0x8002, "1 Main St", name: address(0x8045)),
                    Make.text(0x8003, "X", name: address(0x8046)),
                ])
            )
        )
        #expect(
            lines == [
                "BEGIN:VCARD", "VERSION:4.0", "FN:Dr. Ann Q. Other", "N:Other;Ann;Q.;Dr.;", "ORG:Ex\\, Inc.;R&D",
                "EMAIL;PREF=1:ann@example.com", "TEL;TYPE=work:+1 555 1", "ADR;TYPE=work:;;1 Main St;X;;;", "END:VCARD",
            ]
        )
    }

    @Test("a task has its dates as days")
    func task() throws {
        func task(_ number: UInt32) -> PropertyName { PropertyName(set: Make.set(0x0006_2003), .number(number)) }
        let lines = try lines(
            MapiMessage(
                PropertyBag([
                    Make.text(0x001A, "IPM.Task"), Make.text(0x0037, "Do"),
                    Make.time(0x8001, 1_700_006_400, name: task(0x8105)), Make.integer(0x8002, 2, name: task(0x8101)),
                ])
            )
        )
        #expect(
            lines.contains("BEGIN:VTODO") && lines.contains("DUE;VALUE=DATE:20231115")
                && lines.contains("STATUS:COMPLETED")
        )
    }

    @Test("patterns and zones of random bytes end without a trap")
    func hostile() throws {
        var random = Seeded(2)
        for round in 0..<300 {
            var blob = hex(
                "043004300B2001000000C0210000010000000000000032000000222000000C0000000000000001000000A096BC0C01000000A096BC0C8020BC0C20ADBC0C063000000930000058020000760200000100"
            )
            for _ in 0..<4 {
                blob[Int.random(in: 4..<blob.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let zone = (0..<48).map { _ in UInt8.random(in: 0...(round % 2 == 0 ? 12 : 255), using: &random) }
            _ = try Made(
                MapiMessage(
                    PropertyBag([
                        Make.text(0x001A, "IPM.Appointment"),
                        Make.time(0x8001, 1_700_000_000, name: Self.appointment(0x820D)),
                        Make.binary(0x8003, blob, name: Self.appointment(0x8216)),
                        Make.binary(0x8004, zone, name: Self.appointment(0x8233)),
                    ])
                )
            )
        }
    }
}
