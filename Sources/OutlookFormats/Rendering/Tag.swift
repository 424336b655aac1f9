/// The ids of the properties that rendering reads (MS-OXPROPS).
enum Tag {
    static let importance: UInt16 = 0x0017
    static let messageClass: UInt16 = 0x001A
    static let readReceiptRequested: UInt16 = 0x0029
    static let sensitivity: UInt16 = 0x0036
    static let subject: UInt16 = 0x0037
    static let clientSubmitTime: UInt16 = 0x0039
    static let representingName: UInt16 = 0x0042
    static let replyRecipients: UInt16 = 0x004F
    static let representingType: UInt16 = 0x0064
    static let representingAddress: UInt16 = 0x0065
    static let conversationTopic: UInt16 = 0x0070
    static let conversationIndex: UInt16 = 0x0071
    static let transportHeaders: UInt16 = 0x007D
    static let recipientType: UInt16 = 0x0C15
    static let senderName: UInt16 = 0x0C1A
    static let senderType: UInt16 = 0x0C1E
    static let senderAddress: UInt16 = 0x0C1F
    static let displayBcc: UInt16 = 0x0E02
    static let displayCc: UInt16 = 0x0E03
    static let displayTo: UInt16 = 0x0E04
    static let deliveryTime: UInt16 = 0x0E06
    static let messageFlags: UInt16 = 0x0E07
    static let normalizedSubject: UInt16 = 0x0E1D
    static let body: UInt16 = 0x1000
    static let reportText: UInt16 = 0x1001
    static let compressedRTF: UInt16 = 0x1009
    static let html: UInt16 = 0x1013
    static let messageID: UInt16 = 0x1035
    static let references: UInt16 = 0x1039
    static let inReplyTo: UInt16 = 0x1042
    static let iconIndex: UInt16 = 0x1080
    static let lastVerb: UInt16 = 0x1081
    static let flagStatus: UInt16 = 0x1090
    static let displayName: UInt16 = 0x3001
    static let addressType: UInt16 = 0x3002
    static let emailAddress: UInt16 = 0x3003
    static let creationTime: UInt16 = 0x3007
    static let modificationTime: UInt16 = 0x3008
    static let searchKey: UInt16 = 0x300B
    static let attachmentData: UInt16 = 0x3701
    static let attachmentFileName: UInt16 = 0x3704
    static let attachmentMethod: UInt16 = 0x3705
    static let attachmentLongName: UInt16 = 0x3707
    static let attachmentPath: UInt16 = 0x3708
    static let attachmentLongPath: UInt16 = 0x370D
    static let attachmentType: UInt16 = 0x370E
    static let contentID: UInt16 = 0x3712
    static let contentLocation: UInt16 = 0x3713
    static let attachmentFlags: UInt16 = 0x3714
    static let smtpAddress: UInt16 = 0x39FE
    static let recipientDisplayName: UInt16 = 0x5FF6
    static let internetCodePage: UInt16 = 0x3FDE
    static let messageCodePage: UInt16 = 0x3FFD
    static let senderSMTP: UInt16 = 0x5D01
    static let representingSMTP: UInt16 = 0x5D02
}

/// The property sets (MS-OXPROPS §1.3.2), and names in them.
enum PropertySet {
    /// A set whose GUID ends as most of Outlook's do; `first` is the GUID's first number.
    private static func outlook(_ first: UInt32) -> [UInt8] {
        withUnsafeBytes(of: first.littleEndian) { Array($0) } + [0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    }

    static let appointment = outlook(0x0006_2002)
    static let task = outlook(0x0006_2003)
    static let address = outlook(0x0006_2004)
    static let common = outlook(0x0006_2008)
    static let log = outlook(0x0006_200A)
    static let publicStrings = outlook(0x0002_0329)
    static let internetHeaders = outlook(0x0002_0386)
    static let meeting: [UInt8] = [
        0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13, 0x05,
    ]
}

extension PropertyName {
    static func appointment(_ number: UInt32) -> PropertyName { .init(set: PropertySet.appointment, .number(number)) }
    static func task(_ number: UInt32) -> PropertyName { .init(set: PropertySet.task, .number(number)) }
    static func address(_ number: UInt32) -> PropertyName { .init(set: PropertySet.address, .number(number)) }
    static func common(_ number: UInt32) -> PropertyName { .init(set: PropertySet.common, .number(number)) }
    static func log(_ number: UInt32) -> PropertyName { .init(set: PropertySet.log, .number(number)) }
    static func meeting(_ number: UInt32) -> PropertyName { .init(set: PropertySet.meeting, .number(number)) }
    /// "Keywords" of PS_PUBLIC_STRINGS: the categories.
    static let keywords = PropertyName(set: PropertySet.publicStrings, .string("Keywords"))
}
