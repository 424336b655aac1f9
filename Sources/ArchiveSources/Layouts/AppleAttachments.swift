import ArchiveFormat
import ArchiveStorage
import MailFormats

/// Puts the attachments of Apple Mail back into the messages they were taken from.
///
/// Beside `Messages/<id>.partial.emlx` stands `Attachments/<id>/<part>/<name>`: decoded, each in a directory named by the
/// part's number. A message that is there as a whole (`<id>.emlx`) may have attachments beside it, which it holds too.
struct AppleAttachments {
    /// The longest `.partial.emlx` that is put together, in bytes.
    static let maximumByteCount: UInt64 = 16 << 20

    /// What `Attachments/<id>` is to the messages beside it.
    private enum Owner {
        /// The message is there as a whole.
        case whole
        /// The numbers of the parts that it lacks.
        case partial(Set<String>)
        case nobody
    }

    private var lastOwner: (directory: [[UInt8]], id: [UInt8], owner: Owner)?
    /// The names beside, of the last directory asked for; nil: there is none.
    private var lastMessages: (directory: [[UInt8]], names: SourceDirectoryNames?)?
    private var lastPart: (directory: [[UInt8]], name: [UInt8]?)?

    /// Whether a message beside holds this attachment, or gets it back.
    mutating func isHeld(
        _ path: [[UInt8]],
        _ layouts: [DirectoryLayout],
        _ walker: borrowing SourceDirectoryWalker
    ) throws(StorageError) -> Bool {
        guard let top = layouts.firstIndex(where: { $0.form == .appleAttachments }), top > 0, path.count == top + 3
        else {
            return false
        }
        let directory = Array(path[..<top])
        let id = path[top]
        let owner = try owner(of: id, directory, at: top - 1, walker)
        switch owner {
        case .whole: return true
        case .nobody: return false
        case .partial(let numbers):
            guard numbers.contains(String(decoding: path[top + 1], as: UTF8.self)) else { return false }
            let part = Array(path[..<(top + 2)])
            if lastPart?.directory != part {
                let names = try walker.walker(at: top, [id, path[top + 1]])?.names
                lastPart = (part, names.flatMap { Self.onlyFile($0) })
            }
            return lastPart?.name == path[top + 2]
        }
    }

    private mutating func owner(
        of id: [UInt8],
        _ directory: [[UInt8]],
        at depth: Int,
        _ walker: borrowing SourceDirectoryWalker
    ) throws(StorageError) -> Owner {
        if let lastOwner, lastOwner.directory == directory, lastOwner.id == id { return lastOwner.owner }
        var owner = Owner.nobody
        let messages = Array("Messages".utf8)
        if lastMessages?.directory != directory {
            lastMessages = (directory, try walker.walker(at: depth, [messages])?.names)
        }
        if let names = lastMessages?.names {
            let partial = id + Array(".partial.emlx".utf8)
            if names.hasFile(id + Array(".emlx".utf8)) {
                owner = .whole
            } else if names.hasFile(partial), let file = try walker.open(at: depth, [messages, partial]) {
                let bytes = try Self.message(file)?.bytes
                let parts = bytes?.withUnsafeBytes { EmlxParts($0).parts } ?? []
                owner = .partial(Set(parts.map(\.number)))
            }
        }
        lastOwner = (directory, id, owner)
        return owner
    }

    /// The file of a part: the one in its directory, but for what macOS adds.
    private static func onlyFile(_ names: SourceDirectoryNames) -> [UInt8]? {
        var found: [UInt8]?
        for index in 0..<names.count {
            let (name, kind) = names[index]
            if OwnNames.reason(name, beside: names) != nil { continue }
            guard found == nil, kind ?? .file == .file else { return nil }
            found = Array(name)
        }
        return found
    }

    private static func message(_ file: SourceFile) throws(StorageError) -> (
        bytes: [UInt8], emlx: EmlxFile, raw: [UInt8]
    )? {
        guard file.byteCount <= maximumByteCount else { return nil }
        let raw = try file.read(at: 0, count: Int(file.byteCount))
        guard let emlx = raw.withUnsafeBytes({ EmlxFile($0) }) else { return nil }
        return (Array(raw[Int(emlx.message.lowerBound)..<Int(emlx.message.upperBound)]), emlx, raw)
    }

    /// A message with its attachments put back; nil when there is nothing to put back.
    ///
    /// The file as it is stands in `record`. A part whose attachment is not there stays as Apple Mail left it.
    func join(
        _ entry: SourceEntry,
        _ path: [[UInt8]],
        _ place: FoundPlace,
        _ walker: borrowing SourceDirectoryWalker
    ) throws(StorageError) -> FoundMessage? {
        guard let id = entry.name.dropping(suffix: ".partial.emlx"), entry.depth > 0,
            let (bytes, emlx, raw) = try Self.message(try entry.open())
        else { return nil }
        let parts = bytes.withUnsafeBytes { EmlxParts($0).parts }
        var attachments: [(part: EmlxParts.Part, way: [[UInt8]])] = []
        var notes = emlx.troubles.map { $0.text }
        for part in parts {
            let way = [Array("Attachments".utf8), id, Array(part.number.utf8)]
            guard let directory = try walker.walker(at: entry.depth - 1, way), let name = Self.onlyFile(directory.names)
            else {
                notes.append("the attachment of part \(part.number) is not there")
                continue
            }
            attachments.append((part, way + [name]))
        }
        guard !attachments.isEmpty else { return nil }
        let text = String(decoding: entry.path, as: UTF8.self)
        let spool = try Spool(in: temporaryDirectory(), name: text)
        var position = 0
        let copy = { (end: Int) throws(StorageError) in
            try spool.append(Array(bytes[position..<max(position, end)]))
            position = max(position, end)
        }
        for (part, way) in attachments {
            guard let file = try walker.open(at: entry.depth - 1, way) else {
                throw StorageError(.openForReading, text, .notFound)
            }
            try copy(part.field.lowerBound)
            position = part.field.upperBound
            try copy(part.place)
            let start = spool.byteCount
            var encoder = EmlxPartEncoder(part, decodedByteCount: file.byteCount)
            var offset: UInt64 = 0
            while offset < file.byteCount {
                let chunk = try file.read(at: offset, count: Int(min(1 << 18, file.byteCount - offset)))
                guard !chunk.isEmpty else {
                    throw StorageError(.read, file.displayName, .lengthDiffers(expected: file.byteCount, found: offset))
                }
                offset += UInt64(chunk.count)
                try spool.append(chunk.withUnsafeBytes { encoder.encode($0) })
            }
            try spool.append(encoder.finish())
            let length = spool.byteCount - start
            if length != part.byteCount {
                notes.append("part \(part.number) was \(part.byteCount) bytes long and is \(length) as put back")
            }
            if part.needsLineEnd { try spool.append([0x0A]) }
        }
        try copy(bytes.count)
        var place = place
        place.apply(emlx)
        return FoundMessage(bytes: spool, place: place, identifier: text, record: raw, path: path, notes: notes)
    }
}

extension EmlxFile.Trouble {
    /// The trouble in words.
    var text: String {
        switch self {
        case .lengthDiffers(let stated, let found):
            "its first line says \(stated) bytes, and the message has \(found)"
        case .noPropertyList: "it has no property list, so no flags"
        }
    }
}

extension FoundPlace {
    /// Takes the flags and the time of arrival that Apple Mail noted.
    mutating func apply(_ emlx: EmlxFile) {
        if let bits = emlx.flags {
            let map: [(EmlxFile.Flags, MessageFlags)] = [
                (.read, .seen), (.deleted, .deleted), (.answered, .answered), (.flagged, .flagged), (.draft, .draft),
                (.forwarded, .forwarded), (.redirected, .forwarded),
            ]
            for (bit, flag) in map where bits.contains(bit) { flags.insert(flag) }
            if bits.contains(.junk) { labels.append(Array("$Junk".utf8)) }
            if bits.contains(.notJunk) { labels.append(Array("$NotJunk".utf8)) }
        }
        if let received = emlx.received { internalDate = received }
    }
}

extension Spool {
    fileprivate func append(_ bytes: [UInt8]) throws(StorageError) {
        let outcome = bytes.withUnsafeBytes { raw in Result { () throws(StorageError) in try append(raw) } }
        try outcome.get()
    }
}
