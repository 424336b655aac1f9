/// Walks a message's MIME structure (RFC 2045, 2046) and notes where base64 leaves stand, chunk by chunk.
///
/// What it gives are candidates: each is checked by `Base64Leaf` or `Base64Check` before anything is cut. A part it misses in
/// a broken message costs space, not bytes. Memory is bounded: nesting, line, field and header lengths, and the number of
/// leaves have limits. The result does not depend on how the message is divided into chunks.
package struct MIMESplitter: Sendable {
    /// The deepest nesting of multiparts that is followed.
    package static let nestingLimit = 64
    /// The longest header that is read; a longer one hides what follows it.
    package static let headerByteLimit: UInt64 = 1 << 20
    /// How much of a line or of a field is looked at.
    package static let fieldByteLimit = 8192
    /// How many leaves are noted.
    package static let leafLimit = 16_384

    /// The encoded bytes of a leaf that declares itself base64.
    package struct Leaf: Equatable, Sendable {
        /// Where they start, in bytes from the start of the message.
        package var offset: UInt64
        /// How many there are, with line ends, up to the delimiter line.
        package var byteCount: UInt64

        /// The bytes as a range of the message.
        package var range: Range<UInt64> { offset..<offset + byteCount }
    }

    /// The base64 leaves, in the order of the message.
    package private(set) var leaves: [Leaf] = []
    /// How many leaf parts there are, of any encoding.
    package private(set) var partCount: UInt32 = 0
    /// How many parts call themselves attachments or have a file name.
    package private(set) var attachmentCount: UInt32 = 0

    private struct Level {
        var boundary: [UInt8]
        var isDigest: Bool
    }

    private var minimumByteCount: UInt64
    private var terminator: UInt8
    private var levels: [Level] = []
    private var entity = MIMEEntity()
    private var isInHeader = true
    private var isTop = true
    private var hasSeenField = false
    private var headerByteCount: UInt64 = 0
    private var leafStart: UInt64?
    /// The start of a line whose end has not come yet.
    private var carry: [UInt8] = []
    private var carryByteCount: UInt64 = 0
    /// Whether the current place is within a body line that cannot be a delimiter.
    private var isInPlainLine = false
    private var offset: UInt64 = 0

    /// Begins with a message.
    ///
    /// - Parameters:
    ///   - lineEnds: how its lines end; by default at line feeds.
    ///   - minimumByteCount: the shortest leaf to note, in encoded bytes.
    package init(lineEnds: LineEndStyle = .lf, minimumByteCount: UInt64 = 1366) {
        self.minimumByteCount = minimumByteCount
        terminator = lineEnds.terminator
    }

    /// Begins with the next message, with the memory of the last one.
    package mutating func reset(lineEnds: LineEndStyle = .lf) {
        terminator = lineEnds.terminator
        leaves.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
        carry.removeAll(keepingCapacity: true)
        entity.reset()
        partCount = 0
        attachmentCount = 0
        isInHeader = true
        isTop = true
        hasSeenField = false
        headerByteCount = 0
        leafStart = nil
        carryByteCount = 0
        isInPlainLine = false
        offset = 0
    }

    /// Takes the next bytes of the message.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer) {
        var position = 0
        if carryByteCount > 0 {
            let end = chunk.firstIndex(of: terminator, from: 0, to: chunk.count)
            position = end.map { $0 + 1 } ?? chunk.count
            keep(chunk.part(0..<position))
            if end != nil { takeCarriedLine(endingAt: offset + UInt64(position)) }
        }
        while position < chunk.count {
            if !isInHeader {
                guard let start = delimiterCandidate(chunk, from: position) else { break }
                position = start
            }
            guard let end = chunk.firstIndex(of: terminator, from: position, to: chunk.count) else {
                keep(chunk.part(position..<chunk.count))
                break
            }
            let line = chunk.part(position..<min(end + 1, position + Self.fieldByteLimit))
            take(line, byteCount: UInt64(end + 1 - position), startingAt: offset + UInt64(position))
            position = end + 1
        }
        offset += UInt64(chunk.count)
    }

    /// Ends the message.
    package mutating func finish() {
        if carryByteCount > 0 { takeCarriedLine(endingAt: offset) }
        if isInHeader { endHeader(at: offset) }
        closeLeaf(at: offset)
    }

    // MARK: - Lines

    /// The next line start in a body where a delimiter may stand; `nil` when the chunk has none.
    private mutating func delimiterCandidate(_ chunk: UnsafeRawBufferPointer, from first: Int) -> Int? {
        guard !levels.isEmpty else { return nil }
        let count = chunk.count
        var position = first
        // No dash is in base64, so dashes are rarer there than line ends.
        let isBase64 = leafStart != nil
        if !isInPlainLine, chunk[position] == Ascii.dash { return position }
        while true {
            if isBase64 {
                guard let dash = chunk.firstIndex(of: Ascii.dash, from: position, to: count) else { break }
                if dash > first ? chunk[dash - 1] == terminator : !isInPlainLine {
                    isInPlainLine = false
                    return dash
                }
                position = dash + 1
            } else {
                guard let end = chunk.firstIndex(of: terminator, from: position, to: count) else { break }
                position = end + 1
                if position < count, chunk[position] == Ascii.dash {
                    isInPlainLine = false
                    return position
                }
            }
        }
        isInPlainLine = chunk[count - 1] != terminator
        return nil
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        let room = Self.fieldByteLimit - carry.count
        if room > 0 { carry.append(contentsOf: bytes.part(0..<min(room, bytes.count))) }
        carryByteCount += UInt64(bytes.count)
    }

    private mutating func takeCarriedLine(endingAt end: UInt64) {
        var line: [UInt8] = []
        swap(&line, &carry)
        let byteCount = carryByteCount
        carryByteCount = 0
        line.withUnsafeBytes { take($0, byteCount: byteCount, startingAt: end - byteCount) }
        line.removeAll(keepingCapacity: true)
        carry = line
    }

    /// Takes a line, of which only the first bytes may be there.
    private mutating func take(_ line: UnsafeRawBufferPointer, byteCount: UInt64, startingAt start: UInt64) {
        if line.count > 1, line[0] == Ascii.dash, line[1] == Ascii.dash, takeDelimiter(line, at: start) { return }
        guard isInHeader else { return }
        headerByteCount += byteCount
        if isBlank(line) {
            // Empty lines before the first field belong to no header.
            if isTop, !hasSeenField { return }
            endHeader(at: start + byteCount)
        } else if headerByteCount > Self.headerByteLimit {
            isInHeader = false
            entity.reset()
        } else {
            hasSeenField = true
            entity.take(line)
        }
    }

    private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line[0] == Ascii.lf || line[0] == Ascii.cr && (line.count == 1 || (line.count == 2 && line[1] == Ascii.lf))
    }

    /// Takes a line that begins with `--`, if it is a delimiter of an open multipart.
    private mutating func takeDelimiter(_ line: UnsafeRawBufferPointer, at start: UInt64) -> Bool {
        var end = line.count
        while end > 2, line[end - 1] == Ascii.lf || line[end - 1] == Ascii.cr || Ascii.isBlank(line[end - 1]) {
            end -= 1
        }
        for index in levels.indices.reversed() {
            let length = levels[index].boundary.count
            let isOpening = end == 2 + length
            let isClosing = end == 4 + length && line[end - 1] == Ascii.dash && line[end - 2] == Ascii.dash
            guard isOpening || isClosing,
                levels[index].boundary.withUnsafeBytes({ line.part(2..<2 + length).elementsEqual($0) })
            else { continue }
            if isInHeader { endHeader(at: start) }
            closeLeaf(at: start)
            isInPlainLine = false
            if isOpening {
                if levels.count > index + 1 { levels.removeSubrange((index + 1)...) }
                beginHeader()
            } else {
                levels.removeSubrange(index...)
                isInHeader = false
            }
            return true
        }
        return false
    }

    // MARK: - Entities

    private mutating func beginHeader() {
        entity.reset()
        isInHeader = true
        isTop = false
        headerByteCount = 0
    }

    private mutating func endHeader(at end: UInt64) {
        entity.endField()
        isInHeader = false
        isInPlainLine = false
        if entity.isAttachment, attachmentCount < .max { attachmentCount += 1 }
        if let boundary = entity.boundary {
            if levels.count < Self.nestingLimit {
                levels.append(Level(boundary: boundary, isDigest: entity.isDigest))
            }
            return
        }
        let isDigestDefault = !entity.hasType && levels.last?.isDigest == true
        if entity.isMessage || isDigestDefault, !entity.isBase64 {
            beginHeader()
            return
        }
        if partCount < .max { partCount += 1 }
        if entity.isBase64 { leafStart = end }
    }

    private mutating func closeLeaf(at end: UInt64) {
        guard let start = leafStart else { return }
        leafStart = nil
        guard end > start, end - start >= minimumByteCount, leaves.count < Self.leafLimit else { return }
        leaves.append(Leaf(offset: start, byteCount: end - start))
    }
}
