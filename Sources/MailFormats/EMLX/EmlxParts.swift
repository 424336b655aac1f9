/// The parts of a `.partial.emlx` that Apple Mail took out of the message: it left their headers, each with a field
/// `X-Apple-Content-Length` that tells how long the part's body was as it came.
package struct EmlxParts: Sendable {
    /// One part whose body is elsewhere.
    package struct Part: Equatable, Sendable {
        /// Its number as IMAP counts (RFC 3501, section 6.4.5), such as `2.4`: the name of its directory.
        package var number: String
        /// The field that Apple Mail put in, with its line end.
        package var field: Range<Int>
        /// Where the body belongs.
        package var place: Int
        /// Whether a line end must follow the body, since the next boundary begins at once.
        package var needsLineEnd: Bool
        /// How the body was encoded.
        package var encoding: Encoding
        /// How long it was, in bytes, with its transfer encoding.
        package var byteCount: UInt64
    }

    /// Transfer encodings (RFC 2045, section 6).
    package enum Encoding: Sendable {
        case base64, quotedPrintable, none
    }

    /// How deep parts may be nested, and how many may be missing.
    package static let maximumDepth = 16
    package static let maximumCount = 1024

    /// In the order of the message.
    package private(set) var parts: [Part] = []

    /// Looks for missing parts in a message.
    package init(_ message: UnsafeRawBufferPointer) {
        scan(message, 0..<message.count, [], depth: 0)
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ number: [Int], depth: Int) {
        guard depth < Self.maximumDepth, parts.count < Self.maximumCount else { return }
        var fields = HeaderFields(bytes, from: range.lowerBound, to: range.upperBound)
        var type: HeaderFields.Field?
        var encoding = Encoding.none
        var missing: (field: Range<Int>, byteCount: UInt64)?
        while let field = fields.next() {
            if type == nil, fields.has("content-type", field) {
                type = field
            } else if fields.has("content-transfer-encoding", field) {
                let value = MIMEParameters(bytes.part(field.body))
                if value.valueBegins(with: "base64") { encoding = .base64 }
                if value.valueBegins(with: "quoted-printable") { encoding = .quotedPrintable }
            } else if fields.has("x-apple-content-length", field), let length = Self.number(bytes.part(field.body)) {
                missing = (field.name.lowerBound..<field.end, length)
            }
        }
        let body = min(fields.position, range.upperBound)..<range.upperBound
        if let missing {
            let isEmpty = bytes[body].allSatisfy { $0 == Ascii.lf || $0 == Ascii.cr }
            guard isEmpty else { return }
            let path = number.isEmpty ? "1" : number.map(String.init).joined(separator: ".")
            let part = Part(
                number: path,
                field: missing.field,
                place: body.lowerBound,
                // The line end before a boundary belongs to it, unless there is but the header's.
                needsLineEnd: body.lowerBound < bytes.count && bytes[body.lowerBound] == Ascii.dash,
                encoding: encoding,
                byteCount: missing.byteCount
            )
            parts.append(part)
            return
        }
        guard let type else { return }
        let parameters = MIMEParameters(bytes.part(type.body))
        if parameters.valueBegins(with: "multipart/"), let boundary = parameters.value(of: "boundary"),
            !boundary.isEmpty,
            boundary.count <= MIMEParameters.maximumBoundaryByteCount
        {
            for (index, part) in Self.split(bytes, body, boundary).enumerated() {
                scan(bytes, part, number + [index + 1], depth: depth + 1)
            }
        } else if parameters.valueBegins(with: "message/rfc822"), encoding == .none {
            scan(bytes, body, number, depth: depth + 1)
        }
    }

    /// The ranges between the lines that begin with the boundary, without the line end before each.
    private static func split(_ bytes: UnsafeRawBufferPointer, _ body: Range<Int>, _ boundary: [UInt8]) -> [Range<Int>]
    {
        var parts: [Range<Int>] = []
        var open: Int?
        var line = body.lowerBound
        let delimiter = [Ascii.dash, Ascii.dash] + boundary
        while line < body.upperBound, parts.count < maximumCount {
            let end = bytes.firstIndex(of: Ascii.lf, from: line, to: body.upperBound).map { $0 + 1 } ?? body.upperBound
            if end - line >= delimiter.count, bytes[line] == Ascii.dash,
                bytes[line..<line + delimiter.count].elementsEqual(delimiter)
            {
                let rest = bytes[(line + delimiter.count)..<end]
                let isLast = rest.prefix(2).elementsEqual([Ascii.dash, Ascii.dash])
                // Another boundary may begin like this one.
                if isLast || rest.allSatisfy({ $0 <= 0x20 }) {
                    if let open {
                        var partEnd = line
                        if partEnd > open, bytes[partEnd - 1] == Ascii.lf { partEnd -= 1 }
                        if partEnd > open, bytes[partEnd - 1] == Ascii.cr { partEnd -= 1 }
                        parts.append(open..<partEnd)
                    }
                    open = isLast ? nil : end
                    if isLast { return parts }
                }
            }
            line = end
        }
        if let open { parts.append(open..<body.upperBound) }
        return parts
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> UInt64? {
        let digits = text.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        guard !digits.isEmpty, digits.count <= 18, digits.allSatisfy({ Ascii.isDigit($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }
}
