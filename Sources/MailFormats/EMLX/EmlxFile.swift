/// A message as Apple Mail keeps it (`.emlx`): a line with the message's length, the message, a property list.
///
/// The form is not published; what is known of it, and of the bits of `flags`, was written down at
/// <https://www.jwz.org/blog/2005/07/emlx-flags/> and agrees with files of later versions.
package struct EmlxFile: Equatable, Sendable {
    /// What is not as Apple Mail writes it.
    package enum Trouble: Equatable, Sendable {
        /// The first line states another length than the message has that is there.
        case lengthDiffers(stated: UInt64, found: UInt64)
        /// There is no property list, so no flags.
        case noPropertyList
    }

    /// The bits of `flags`.
    package struct Flags: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt64
        /// Takes the bits.
        package init(rawValue: UInt64) { self.rawValue = rawValue }

        package static let read = Flags(rawValue: 1 << 0)
        package static let deleted = Flags(rawValue: 1 << 1)
        package static let answered = Flags(rawValue: 1 << 2)
        package static let encrypted = Flags(rawValue: 1 << 3)
        package static let flagged = Flags(rawValue: 1 << 4)
        package static let recent = Flags(rawValue: 1 << 5)
        package static let draft = Flags(rawValue: 1 << 6)
        package static let forwarded = Flags(rawValue: 1 << 8)
        package static let redirected = Flags(rawValue: 1 << 9)
        package static let signed = Flags(rawValue: 1 << 23)
        package static let junk = Flags(rawValue: 1 << 24)
        package static let notJunk = Flags(rawValue: 1 << 25)
    }

    /// The longest property list that is read, in bytes.
    package static let propertyListByteLimit = 1 << 20
    /// How many bytes of the beginning are needed to know the first line.
    package static let headByteCount = 64

    /// Where the message stands in the file.
    package var message: Range<UInt64>
    /// Where the property list stands; empty when there is none.
    package var propertyList: Range<UInt64>
    /// The flags, when the property list has them.
    package var flags: Flags?
    /// When the message came in, in seconds since 1970.
    package var received: Int64?
    /// What is not as it should be.
    package var troubles: [Trouble] = []

    /// Whether the first bytes of a file are those of an `.emlx`: digits alone in a line, then a message.
    package static func sniff(prefix: UnsafeRawBufferPointer) -> Bool {
        guard let line = FirstLine(prefix) else { return false }
        let rest = prefix.part(line.end..<prefix.count)
        return MailKind.sniff(prefix: rest, nameHint: .eml) == .eml
    }

    /// Reads a file that is in memory; nil when it is no `.emlx`.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        self.init(byteCount: UInt64(bytes.count)) { offset, count in
            let start = Int(clamping: min(offset, UInt64(bytes.count)))
            return Array(bytes[start..<min(bytes.count, start + count)])
        }
    }

    /// Reads a file without holding the message; nil when it is no `.emlx`.
    ///
    /// - Throws: what reading gives; a file that ends early is taken as it is.
    package init?(_ source: some ByteSource) throws(ByteSourceError) {
        var failure: ByteSourceError?
        self.init(byteCount: source.byteCount) { offset, count in
            let length = Int(clamping: min(UInt64(count), source.byteCount - min(offset, source.byteCount)))
            var filled = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
                do throws(ByteSourceError) {
                    let raw = UnsafeMutableRawBufferPointer(buffer)
                    filled = length == 0 ? 0 : try source.read(at: offset, into: raw)
                } catch {
                    failure = error
                }
                initialized = filled
            }
            return bytes
        }
        if let failure { throw failure }
    }

    private init?(byteCount: UInt64, _ read: (UInt64, Int) -> [UInt8]) {
        guard let line = read(0, Self.headByteCount).withUnsafeBytes({ FirstLine($0) }) else { return nil }
        let start = UInt64(line.end)
        let stated = line.stated
        message = start..<byteCount
        propertyList = byteCount..<byteCount
        if stated <= byteCount - start {
            let end = start + stated
            let after = read(end, Self.propertyListByteLimit)
            let isWhole = end == byteCount || after.withUnsafeBytes { Self.beginsPropertyList($0) }
            if isWhole {
                message = start..<end
                take(after, at: end, to: byteCount)
                return
            }
        }
        // The stated length is wrong: a property list at the very end tells where the message ends.
        let tailStart = max(start, byteCount - min(byteCount, UInt64(Self.propertyListByteLimit)))
        let tail = read(tailStart, Self.propertyListByteLimit)
        if let found = tail.withUnsafeBytes({ Self.lastPropertyList($0) }) {
            message = start..<tailStart + UInt64(found)
            take(Array(tail[found...]), at: message.upperBound, to: byteCount)
        } else {
            troubles.append(.noPropertyList)
        }
        troubles.insert(.lengthDiffers(stated: stated, found: message.upperBound - start), at: 0)
    }

    private mutating func take(_ text: [UInt8], at offset: UInt64, to end: UInt64) {
        propertyList = offset..<end
        guard !text.isEmpty else {
            troubles.append(.noPropertyList)
            return
        }
        let found = text.withUnsafeBytes { EmlxPropertyList($0) }
        flags = found.flags.map { Flags(rawValue: $0) }
        received = found.received
    }

    private static func beginsPropertyList(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.holds("<?xml", at: 0) || bytes.holds("<plist", at: 0) || bytes.holds("<!DOCTYPE", at: 0)
            || bytes.holds("bplist", at: 0)
    }

    /// Where the property list begins that ends the bytes.
    private static func lastPropertyList(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var end = bytes.count
        while end > 0, bytes[end - 1] == Ascii.lf || bytes[end - 1] == Ascii.cr || Ascii.isBlank(bytes[end - 1]) {
            end -= 1
        }
        guard end >= 8, bytes.holds("</plist>", at: end - 8) else { return nil }
        var found: Int?
        var position = 0
        while let hit = bytes.firstIndex(of: 0x3C, from: position, to: end) {
            if bytes.holds("<?xml", at: hit) { found = hit }
            position = hit + 1
        }
        return found
    }

    /// The line that states the length.
    private struct FirstLine {
        var stated: UInt64 = 0
        var end = 0

        init?(_ bytes: UnsafeRawBufferPointer) {
            var position = 0
            while position < bytes.count, Ascii.isDigit(bytes[position]) {
                guard position < 18 else { return nil }
                stated = stated * 10 + UInt64(bytes[position] - 0x30)
                position += 1
            }
            guard position > 0 else { return nil }
            while position < min(bytes.count, EmlxFile.headByteCount - 2), Ascii.isBlank(bytes[position]) {
                position += 1
            }
            if position < bytes.count, bytes[position] == Ascii.cr { position += 1 }
            guard position < bytes.count, bytes[position] == Ascii.lf else { return nil }
            end = position + 1
        }
    }
}
