import MailFormats

/// Reads the storages of one MSG file.
struct MsgStorageReader {
    /// What a storage holds, by the meaning of the names.
    struct Contents {
        var list: CompoundEntry?
        var names: CompoundEntry?
        var recipients: [(number: UInt32, entry: CompoundEntry)] = []
        var attachments: [(number: UInt32, entry: CompoundEntry)] = []
        var values: [PropertyTag: CompoundEntry] = [:]
        var parts: [PropertyTag: [UInt32: CompoundEntry]] = [:]
        /// The names of what has no place in a message.
        var others: [String] = []
    }

    let file: CompoundFile
    var names = MsgNames()
    var losses: [String] = []
    private var lossCount = 0
    private var inMemory = 0

    init(_ file: CompoundFile) { self.file = file }

    /// Reads the message in a storage, as far as it can be read.
    mutating func message(in storage: UInt32, depth: Int) -> MapiMessage {
        let outer = (losses, lossCount)
        losses = []
        lossCount = 0
        let contents = contents(of: storage)
        let outerNames = names
        readNames(contents)
        let list = list(contents, isMessage: true, place: "the message")
        var message = MapiMessage(bag(contents, list, place: "the message"))
        for (number, entry) in contents.recipients {
            let place = "recipient \(number)"
            let inner = self.contents(of: entry.id)
            let list = self.list(inner, isMessage: false, place: place)
            message.recipients.append(bag(inner, list, place: place))
        }
        for (number, entry) in contents.attachments {
            message.attachments.append(attachment(in: entry, place: "attachment \(number)", depth: depth))
        }
        if let counts = list?.counts {
            compare("recipients", counts.recipients, message.recipients.count)
            compare("attachments", counts.attachments, message.attachments.count)
        }
        names = outerNames
        if lossCount > losses.count { losses.append("\(lossCount - losses.count) more") }
        message.losses = losses
        (losses, lossCount) = outer
        return message
    }

    mutating func note(_ text: String) {
        lossCount += 1
        if losses.count < MsgReader.mostLosses { losses.append(text) }
    }

    /// The content of a stream; one whose length is in doubt is given, and told.
    mutating func open(_ entry: CompoundEntry, _ place: String) throws(OutlookError) -> ChainSource {
        let stream = try file.stream(entry)
        if stream.hasSpareSectors { note("\(place), \(entry.name): it has more sectors than its length needs") }
        return stream
    }

    /// A value of a stream: in memory where there is room.
    mutating func value(_ stream: ChainSource, _ type: UInt16, _ what: String) throws(OutlookError) -> PropertyValue {
        guard stream.byteCount <= UInt64(PropertyBag.largestInMemory),
            inMemory + Int(stream.byteCount) <= MsgReader.mostInMemory
        else { return .source(withoutZeros(stream, type)) }
        let bytes = PropertyType.withoutZeros(try stream.whole(Int(stream.byteCount), at: 0, what), type)
        inMemory += bytes.count
        return .bytes(bytes)
    }

    private func withoutZeros(_ stream: ChainSource, _ type: UInt16) -> any ByteSource {
        let width: UInt64 = type == PropertyType.text16 ? 2 : 1
        guard PropertyType.isText(type), stream.byteCount % width == 0,
            let end = try? stream.available(Int(width), at: stream.byteCount - width, ""), end.allSatisfy({ $0 == 0 })
        else { return stream }
        return stream.part(from: 0, count: stream.byteCount - width)
    }

    private mutating func compare(_ what: String, _ announced: UInt32, _ found: Int) {
        guard UInt64(announced) > UInt64(found) else { return }
        note("the message has \(announced) \(what) by its own count, \(found) were found")
    }

    func contents(of storage: UInt32) -> Contents {
        var contents = Contents()
        for entry in file.entries(of: storage) {
            switch (MsgStreamName(entry.name), entry.isStorage) {
            case (.properties, false): contents.list = entry
            case (.names, true): contents.names = entry
            case (.recipient(let number), true): contents.recipients.append((number, entry))
            case (.attachment(let number), true): contents.attachments.append((number, entry))
            case (.value(let tag), _): contents.values[tag] = entry
            case (.oneOf(let tag, let index), false): contents.parts[tag, default: [:]][index] = entry
            // What Outlook 2002 notes for itself, and the summaries that any compound file may have.
            case (.other, _) where entry.name.hasPrefix("Olk10SideProps") || entry.name.hasPrefix("\u{5}"): break
            default: contents.others.append(entry.name)
            }
        }
        contents.recipients.sort { $0.number < $1.number }
        contents.attachments.sort { $0.number < $1.number }
        return contents
    }

    private mutating func readNames(_ contents: Contents) {
        guard let storage = contents.names else { return }
        var streams: [UInt16: [UInt8]] = [:]
        for entry in file.entries(of: storage.id) where !entry.isStorage {
            guard case .value(let tag) = MsgStreamName(entry.name), [2, 3, 4].contains(tag.id) else { continue }
            do throws(OutlookError) {
                let stream = try open(entry, "names of properties")
                // 32,768 names of 256 characters: longer lists are damage.
                guard stream.byteCount <= 20 << 20 else {
                    throw OutlookError(.overLimit, at: 0, "the list of the names of properties")
                }
                streams[tag.id] = try stream.whole(Int(stream.byteCount), at: 0, entry.name)
            } catch {
                note("names of properties: \(error.detail), at byte \(error.offset)")
            }
        }
        let parsed = MsgNames.parse(sets: streams[2] ?? [], entries: streams[3] ?? [], strings: streams[4] ?? [])
        names = parsed.names
        if parsed.unread > 0 { note("\(parsed.unread) names of properties are damaged") }
    }
}
