/// What lists and searches show of a message, as raw bytes of its header.
///
/// Of each field the first occurrence counts. Bodies are unfolded (RFC 5322 §2.2.3) and blanks around them left out; nothing
/// is decoded.
package struct Envelope: Equatable, Sendable {
    /// One field body.
    package struct Value: Equatable, Sendable {
        /// The unfolded bytes, at most `Envelope.valueByteLimit` of them.
        package var bytes: [UInt8]
        /// Whether there was more.
        package var isCut: Bool

        /// Makes a value.
        package init(bytes: [UInt8], isCut: Bool = false) {
            self.bytes = bytes
            self.isCut = isCut
        }
    }

    /// How much of a field body is kept, in bytes: the longest line RFC 5322 §2.1.1 allows.
    package static let valueByteLimit = 998
    /// How much of a header is looked at, in bytes.
    package static let headerByteLimit = 1 << 20

    /// The author.
    package var from: Value?
    /// The addressees.
    package var to: Value?
    /// The addressees of copies.
    package var cc: Value?
    /// The subject.
    package var subject: Value?
    /// The message's own id, with its angle brackets.
    package var messageID: Value?
    /// The ids of the messages it answers.
    package var inReplyTo: Value?
    /// The date as it is written.
    package var dateText: Value?
    /// The date in seconds since 1970-01-01T00:00:00Z, where it could be read.
    package var date: Int64?

    /// An envelope without any field.
    package init() {}

    /// Reads the header of a message.
    ///
    /// - Parameters:
    ///   - message: the message, or as much of it as holds the header; more than `headerByteLimit` is not looked at.
    ///   - lineEnds: how its lines end.
    package init(of message: UnsafeRawBufferPointer, lineEnds: LineEndStyle = .lf) {
        let start = MailKind.headerStart(of: message, lineEnds: lineEnds)
        var fields = HeaderFields(message, from: start, to: start + Self.headerByteLimit, lineEnds: lineEnds)
        while let field = fields.next() {
            switch Ascii.lower(message[field.name.lowerBound]) {
            case 0x66 where from == nil && fields.has("from", field): from = Self.value(message, field)
            case 0x74 where to == nil && fields.has("to", field): to = Self.value(message, field)
            case 0x63 where cc == nil && fields.has("cc", field): cc = Self.value(message, field)
            case 0x73 where subject == nil && fields.has("subject", field): subject = Self.value(message, field)
            case 0x6D where messageID == nil && fields.has("message-id", field): messageID = Self.value(message, field)
            case 0x69 where inReplyTo == nil && fields.has("in-reply-to", field): inReplyTo = Self.value(message, field)
            case 0x64 where dateText == nil && fields.has("date", field):
                dateText = Self.value(message, field)
                date = dateText?.bytes.withUnsafeBytes { MailDate.parse($0) }
            default: break
            }
        }
    }

    /// The unfolded body of a field.
    static func value(_ bytes: UnsafeRawBufferPointer, _ field: HeaderFields.Field) -> Value {
        var start = field.body.lowerBound
        var end = field.body.upperBound
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        var value = Value(bytes: [], isCut: false)
        value.bytes.reserveCapacity(min(end - start, valueByteLimit))
        for index in start..<end {
            let byte = bytes[index]
            if byte == Ascii.lf { continue }
            // A lone return stays, unless it ends lines here.
            if byte == Ascii.cr, index + 1 < end, bytes[index + 1] == Ascii.lf || Ascii.isBlank(bytes[index + 1]) {
                continue
            }
            guard value.bytes.count < valueByteLimit else {
                value.isCut = true
                break
            }
            value.bytes.append(byte)
        }
        return value
    }

    @inline(__always) private static func isSpace(_ byte: UInt8) -> Bool {
        Ascii.isBlank(byte) || byte == Ascii.cr || byte == Ascii.lf
    }
}
