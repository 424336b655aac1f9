/// What the header of one MIME entity says about its body.
struct MIMEEntity: Sendable {
    private enum Field {
        case none
        case type
        case encoding
        case disposition
    }

    /// The boundary, when the entity is a multipart that has one.
    private(set) var boundary: [UInt8]?
    /// Whether parts without a type are messages (RFC 2046 §5.1.5).
    private(set) var isDigest = false
    /// Whether the body is a message with a header of its own.
    private(set) var isMessage = false
    /// Whether a type is given at all.
    private(set) var hasType = false
    /// Whether the body is encoded in base64.
    private(set) var isBase64 = false
    /// Whether the entity calls itself an attachment, or has a file name.
    private(set) var isAttachment = false

    private var field = Field.none
    private var body: [UInt8] = []

    /// Forgets everything, and keeps the memory.
    mutating func reset() {
        boundary = nil
        isDigest = false
        isMessage = false
        hasType = false
        isBase64 = false
        isAttachment = false
        field = .none
        body.removeAll(keepingCapacity: true)
    }

    /// Takes one header line, with its line end.
    mutating func take(_ line: UnsafeRawBufferPointer) {
        if Ascii.isBlank(line[0]) {
            if field != .none { append(line) }
            return
        }
        endField()
        guard Ascii.lower(line[0]) == 0x63, let nameEnd = HeaderFields.nameEnd(line, at: 0, to: line.count) else {
            return
        }
        switch nameEnd {
        case 12 where line.holdsIgnoringCase("content-type", at: 0): field = .type
        case 25 where line.holdsIgnoringCase("content-transfer-encoding", at: 0): field = .encoding
        case 19 where line.holdsIgnoringCase("content-disposition", at: 0): field = .disposition
        default: return
        }
        guard let colon = line.firstIndex(of: Ascii.colon, from: nameEnd, to: line.count) else { return }
        append(line.part(colon + 1..<line.count))
    }

    /// Reads the field whose lines have all been taken.
    mutating func endField() {
        guard field != .none else { return }
        let ended = field
        field = .none
        var taken: [UInt8] = []
        swap(&taken, &body)
        taken.withUnsafeBytes { read(ended, MIMEParameters($0)) }
        taken.removeAll(keepingCapacity: true)
        body = taken
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let room = MIMESplitter.fieldByteLimit - body.count
        if room > 0 { body.append(contentsOf: bytes.part(0..<min(room, bytes.count))) }
    }

    private mutating func read(_ field: Field, _ parameters: MIMEParameters) {
        switch field {
        case .none: break
        case .type:
            // Of several such fields the first counts.
            guard !hasType else { return }
            hasType = true
            if parameters.valueBegins(with: "multipart/") {
                boundary = parameters.value(of: "boundary").flatMap { $0.isEmpty ? nil : $0 }
                isDigest = parameters.valueBegins(with: "multipart/digest")
            } else {
                isMessage =
                    parameters.valueBegins(with: "message/rfc822") || parameters.valueBegins(with: "message/global")
                    || parameters.valueBegins(with: "message/news")
                if parameters.holds("name") { isAttachment = true }
            }
        case .encoding:
            if parameters.valueBegins(with: "base64") { isBase64 = true }
        case .disposition:
            if parameters.valueBegins(with: "attachment") || parameters.holds("filename") { isAttachment = true }
        }
    }
}
