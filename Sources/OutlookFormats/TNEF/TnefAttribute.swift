/// The attributes of TNEF that are read (MS-OXTNEF §2.1.3.3), by their id: type and name.
enum TnefAttribute {
    static let messageProperties: UInt32 = 0x0006_9003
    static let recipients: UInt32 = 0x0006_9004
    static let codePage: UInt32 = 0x0006_9007
    static let messageClass: UInt32 = 0x0007_8008
    static let from: UInt32 = 0x0000_8000

    static let attachmentStart: UInt32 = 0x0006_9002
    static let attachmentProperties: UInt32 = 0x0006_9005
    static let attachmentData: UInt32 = 0x0006_800F
    static let attachmentTitle: UInt32 = 0x0001_8010
    static let attachmentTransportName: UInt32 = 0x0006_9001
    static let attachmentCreated: UInt32 = 0x0003_8012
    static let attachmentModified: UInt32 = 0x0003_8013

    /// Texts and dates of the message, and the properties that they are.
    static let texts: [UInt32: UInt16] = [
        0x0001_8004: 0x0037, 0x0002_800C: 0x1000,
    ]
    static let dates: [UInt32: UInt16] = [
        0x0003_8005: 0x0039, 0x0003_8006: 0x0E06, 0x0003_0006: 0x0060, 0x0003_0007: 0x0061, 0x0003_8020: 0x3008,
    ]

    /// What says nothing that a property does not say, or nothing of use: versions, states and ids of Microsoft Mail.
    static let passed: Set<UInt32> = [
        0x0008_9006, 0x0006_8007, 0x0001_8009, 0x0001_800A, 0x0001_800B, 0x0004_800D, 0x0007_0006, 0x0006_0000,
        0x0006_0001, 0x0006_0002, 0x0004_0008, 0x0004_0009, 0x0006_8011, 0x0006_9008,
    ]

    /// What the classes of Microsoft Mail are called since (MS-OXTNEF §2.1.3.3.20).
    static let classes: [String: String] = [
        "IPM.Microsoft Mail.Note": "IPM.Note",
        "IPM.Microsoft Mail.Read Receipt": "Report.IPM.Note.IPNRN",
        "IPM.Microsoft Mail.Non-Delivery": "Report.IPM.Note.NDR",
        "IPM.Microsoft Schedule.MtgReq": "IPM.Schedule.Meeting.Request",
        "IPM.Microsoft Schedule.MtgRespP": "IPM.Schedule.Meeting.Resp.Pos",
        "IPM.Microsoft Schedule.MtgRespN": "IPM.Schedule.Meeting.Resp.Neg",
        "IPM.Microsoft Schedule.MtgRespA": "IPM.Schedule.Meeting.Resp.Tent",
        "IPM.Microsoft Schedule.MtgCncl": "IPM.Schedule.Meeting.Canceled",
    ]

    /// The time of a date attribute, in units of 100 ns since 1601; nil where it is no date.
    static func time(_ bytes: [UInt8]) -> [UInt8]? {
        let fields = (0..<6).compactMap { bytes.number16(at: 2 * $0).map(Int64.init) }
        guard fields.count == 6, (1601...9999).contains(fields[0]), (1...12).contains(fields[1]),
            (1...31).contains(fields[2]), fields[3] < 24, fields[4] < 60, fields[5] < 62
        else { return nil }
        // Days of the civil calendar, with years that begin in March.
        let year = fields[1] < 3 ? fields[0] - 1 : fields[0]
        let month = (fields[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + fields[2] - 1
        let seconds = (days - 584_694) * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5]
        let units = UInt64(bitPattern: seconds) &* 10_000_000
        return (0..<8).map { UInt8(truncatingIfNeeded: units >> UInt64(8 * $0)) }
    }
}
