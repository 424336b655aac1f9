/// What programs wrote into a message's header of its state: read, answered, tags, labels.
///
/// Values are raw: decoding and meaning are elsewhere. Nothing is allocated when no such field is there.
package struct MailMarks: Equatable, Sendable {
    /// States, whichever program noted them.
    package struct State: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt16
        /// Takes the bits.
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let seen = State(rawValue: 1)
        package static let answered = State(rawValue: 2)
        package static let flagged = State(rawValue: 4)
        package static let draft = State(rawValue: 8)
        /// Marked as deleted, or deleted with the file not compacted since: not live mail.
        package static let deleted = State(rawValue: 16)
        package static let forwarded = State(rawValue: 32)
    }

    /// How much of one value is kept, in bytes.
    package static let valueByteLimit = 1 << 16

    /// States from `Status`, `X-Status`, `X-Mozilla-Status` and `X-Mozilla-Status2`.
    package var state: State = []
    /// Bits 25 to 27 of `X-Mozilla-Status2`: the one label of old Mozilla, 1 to 5; 0 for none.
    package var mozillaLabel: UInt8 = 0
    /// `X-Mozilla-Keys`: tags with blanks between.
    package var mozillaKeys: [UInt8]?
    /// `X-Keywords` of UW-IMAP and Dovecot: keywords with blanks between.
    package var keywords: [UInt8]?
    /// `X-Label` of mutt and others.
    package var label: [UInt8]?
    /// `X-Gmail-Labels`, encoded words and folds included.
    package var gmailLabels: [UInt8]?
    /// `X-GM-THRID`: Gmail's number of the conversation.
    package var gmailThread: UInt64?

    /// No marks.
    package init() {}

    /// Whether nothing was found.
    package var isEmpty: Bool {
        state.isEmpty && mozillaLabel == 0 && mozillaKeys == nil && keywords == nil && label == nil
            && gmailLabels == nil
            && gmailThread == nil
    }

    /// Reads the header of a message.
    ///
    /// - Parameters:
    ///   - message: the message, or as much of it as holds the header; more than `Envelope.headerByteLimit` is not looked at.
    ///   - lineEnds: how its lines end.
    package init(of message: UnsafeRawBufferPointer, lineEnds: LineEndStyle = .lf) {
        let start = MailKind.headerStart(of: message, lineEnds: lineEnds)
        var fields = HeaderFields(message, from: start, to: start + Envelope.headerByteLimit, lineEnds: lineEnds)
        while let field = fields.next() {
            let name = field.name.lowerBound
            switch Ascii.lower(message[name]) {
            case 0x73 where field.name.count == 6 && fields.has("status", field): takeLetters(message, field)
            case 0x78 where field.name.count >= 7 && message[name + 1] == Ascii.dash:
                takeExtension(message, field, fields)
            default: break
            }
        }
    }

    private mutating func takeExtension(
        _ message: UnsafeRawBufferPointer,
        _ field: HeaderFields.Field,
        _ fields: HeaderFields
    ) {
        switch Ascii.lower(message[field.name.lowerBound + 2]) {
        case 0x73 where fields.has("x-status", field): takeLetters(message, field)
        case 0x6D where fields.has("x-mozilla-status", field): takeMozilla(Self.hexadecimal(message, field))
        case 0x6D where fields.has("x-mozilla-status2", field): takeMozilla2(Self.hexadecimal(message, field))
        case 0x6D where mozillaKeys == nil && fields.has("x-mozilla-keys", field):
            mozillaKeys = Self.value(message, field)
        case 0x6B where keywords == nil && fields.has("x-keywords", field): keywords = Self.value(message, field)
        case 0x6C where label == nil && fields.has("x-label", field): label = Self.value(message, field)
        case 0x67 where gmailLabels == nil && fields.has("x-gmail-labels", field):
            gmailLabels = Self.value(message, field)
        case 0x67 where gmailThread == nil && fields.has("x-gm-thrid", field):
            gmailThread = Self.decimal(message, field)
        default: break
        }
    }

    /// `R` read, `O` old, `A` answered, `F` flagged, `D` deleted, `T` draft: UW-IMAP, mutt, Dovecot, Python.
    private mutating func takeLetters(_ message: UnsafeRawBufferPointer, _ field: HeaderFields.Field) {
        var found: State = []
        for byte in message[field.body] {
            switch byte {
            case 0x52: found.insert(.seen)
            case 0x41: found.insert(.answered)
            case 0x46: found.insert(.flagged)
            case 0x44: found.insert(.deleted)
            case 0x54: found.insert(.draft)
            // Old, unread, and N for new.
            case 0x4F, 0x55, 0x4E: break
            case 0x20, 0x09, 0x0A, 0x0D: break
            // A word: some other program's field.
            default: return
            }
        }
        state.formUnion(found)
    }

    /// Bits of `X-Mozilla-Status`, as Thunderbird's nsMsgMessageFlags has them.
    private mutating func takeMozilla(_ bits: UInt64?) {
        guard let bits else { return }
        if bits & 0x0001 != 0 { state.insert(.seen) }
        if bits & 0x0002 != 0 { state.insert(.answered) }
        if bits & 0x0004 != 0 { state.insert(.flagged) }
        if bits & 0x0008 != 0 { state.insert(.deleted) }
        if bits & 0x1000 != 0 { state.insert(.forwarded) }
    }

    /// `0x00200000`: deleted on the server, `0x0E000000`: the label.
    private mutating func takeMozilla2(_ bits: UInt64?) {
        guard let bits else { return }
        if bits & 0x0020_0000 != 0 { state.insert(.deleted) }
        mozillaLabel = UInt8((bits & 0x0E00_0000) >> 25)
    }

    /// The body without blanks around; nil when there is nothing else.
    private static func value(_ message: UnsafeRawBufferPointer, _ field: HeaderFields.Field) -> [UInt8]? {
        var start = field.body.lowerBound
        var end = field.body.upperBound
        while start < end, message[start] <= 0x20 { start += 1 }
        while end > start, message[end - 1] <= 0x20 { end -= 1 }
        guard start < end else { return nil }
        return Array(message[start..<min(end, start + valueByteLimit)])
    }

    private static func hexadecimal(_ message: UnsafeRawBufferPointer, _ field: HeaderFields.Field) -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        for byte in message[field.body] where byte > 0x20 {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            count += 1
            guard count <= 16 else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return count > 0 ? value : nil
    }

    private static func decimal(_ message: UnsafeRawBufferPointer, _ field: HeaderFields.Field) -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        for byte in message[field.body] where byte > 0x20 {
            guard Ascii.isDigit(byte), count < 20 else { return nil }
            let (times, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOver2) = times.addingReportingOverflow(UInt64(byte - 0x30))
            guard !isOver, !isOver2 else { return nil }
            value = sum
            count += 1
        }
        return count > 0 ? value : nil
    }
}
