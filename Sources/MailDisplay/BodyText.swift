import CGMime

/// The text of a message as its text parts are added one after another.
struct BodyText {
    private(set) var text = ""
    private(set) var source = DisplayMessage.TextSource.none
    private(set) var isCut = false
    private var remaining: Int

    init(maximumBytes: Int) { remaining = max(0, maximumBytes) }

    mutating func append(_ object: UnsafeMutablePointer<GMimeObject>) {
        var bytes: [UInt8] = []
        PartContent(object, isRaw: PartContent.isMislabelledText(object)).forEachPiece { piece in
            let room = remaining - bytes.count
            bytes.append(contentsOf: piece.prefix(room))
            isCut = isCut || piece.count > room
            return piece.count <= room
        }
        remaining -= bytes.count

        let label = MIMETree.charset(of: object)
        guard MIMETree.contentType(of: object) == "text/html" else {
            add(CharsetText.decode(bytes, label: label).normalisingLineEnds(), .plain)
            return
        }
        let charset = label ?? HTMLText.declaredCharset(in: bytes)
        add(HTMLText.plain(CharsetText.decode(bytes, label: charset)), .html)
    }

    /// Text that stands in no part.
    mutating func append(stray bytes: UnsafeRawBufferPointer) {
        isCut = isCut || bytes.count > remaining
        let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(remaining))
        remaining -= piece.count
        add(CharsetText.guess(piece).normalisingLineEnds(), .plain)
    }

    private mutating func add(_ piece: String, _ kind: DisplayMessage.TextSource) {
        if source == .none { source = kind }
        guard !piece.isEmpty else { return }
        if !text.isEmpty { text += "\n" }
        text += piece
        if piece.utf8.last != 0x0A { text += "\n" }
    }
}

extension String {
    /// The text without a byte order mark and with LF for CR LF and CR.
    func normalisingLineEnds() -> String {
        let hasMark = unicodeScalars.first == "\u{FEFF}"
        guard hasMark || utf8.contains(0x0D) else { return self }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var wasReturn = false
        for byte in utf8.dropFirst(hasMark ? 3 : 0) {
            if byte == 0x0A, wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == 0x0D
            bytes.append(wasReturn ? 0x0A : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
