import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats
import OutlookFormats

/// Gives the items of an OLM, the export of Outlook for Mac: a zip of XML files, with the attachments beside them.
///
/// Every XML file becomes messages, the XML being the record. Attachments may stand before or after the message that names
/// them, so the directory of the zip is read twice: once for the places of all entries (16 bytes each in memory), then
/// for the items, whose attachments are fetched when they are wanted. What no item names is given as a file.
final class OLMReader: SourceReader {
    private var directory: ZipDirectory?
    private let name: String
    private let meter: ContainerMeter
    private var events: [SourceEvent] = []
    private var lastFault: ContainerFault?
    private var parser: (parser: OLMParser, entry: ZipEntry, path: EntryName, content: any RandomAccessBytes)?
    private var itemNumber = 0
    private var stage = Stage.items
    private var places: [UInt64: UInt64] = [:]
    /// Of names that occur several times all places, in order.
    private var repeated: [UInt64: [UInt64]] = [:]
    private var named: Set<UInt64> = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

    private enum Stage {
        case items, leftovers, end
    }

    private static let attachmentFolder = Array("com.microsoft.__Attachments".utf8)
    private static let messageFolder = Array("com.microsoft.__Messages".utf8)

    /// Opens an OLM.
    ///
    /// - Parameter budget: What was unpacked so far: one for all containers of a source.
    init(_ file: any RandomAccessBytes, name: [UInt8], budget: ContainerBudget = ContainerBudget()) {
        self.name = String(decoding: name, as: UTF8.self)
        meter = ContainerMeter(budget, packed: file.byteCount)
        do throws(ContainerFault) {
            directory = try ZipDirectory(file)
            try index()
        } catch {
            directory = nil
            stage = .end
            lastFault = error
        }
    }

    deinit { buffer.deallocate() }

    /// Whether a zip is an OLM: some entry lies below `com.microsoft.__Messages`, or the address book is one.
    ///
    /// Reads the zip's directory up to the first such entry.
    static func recognises(_ file: any RandomAccessBytes) -> Bool {
        guard let directory = try? ZipDirectory(file) else { return false }
        while let entry = try? directory.next() {
            let parts = entry.name.split(separator: UInt8(ascii: "/"))
            if parts.first?.elementsEqual("Local".utf8) == true || parts.first?.elementsEqual("Accounts".utf8) == true,
                parts.contains(where: { $0.elementsEqual(messageFolder) || $0.elementsEqual("Address Book".utf8) })
            {
                return true
            }
        }
        return false
    }

    func next() throws(ArchiveError) -> SourceEvent? {
        while true {
            if !events.isEmpty { return events.removeFirst() }
            do throws(ContainerFault) {
                switch stage {
                case .items: try step()
                case .leftovers: try stepLeftovers()
                case .end:
                    guard let fault = lastFault else { return nil }
                    lastFault = nil
                    events.append(.failed(FoundFailure(folder: [], identifier: name, text: fault.description)))
                }
            } catch {
                if let spool = error.spool { throw ArchiveError(spool) }
                stage = .end
                if lastFault == nil { lastFault = error }
            }
        }
    }

    // MARK: Entries

    private static func hash(_ name: some Sequence<UInt8>) -> UInt64 {
        name.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private func index() throws(ContainerFault) {
        guard let directory else { return }
        while true {
            let mark = directory.mark
            guard let entry = try directory.next() else { break }
            try meter.addEntry()
            let hash = Self.hash(entry.name)
            if let first = places[hash] {
                repeated[hash, default: [first]].append(mark)
            } else {
                places[hash] = mark
            }
        }
        directory.rewind()
    }

    private func isAttachment(_ path: EntryName) -> Bool {
        path.components.dropLast().contains(Self.attachmentFolder)
    }

    private func step() throws(ContainerFault) {
        if let open = parser { return try stepItem(open) }
        guard let directory, let entry = try directory.next() else {
            directory?.rewind()
            stage = .leftovers
            return
        }
        let path = EntryName(entry.name, ordinal: entry.ordinal)
        guard !path.isDirectory || entry.byteCount > 0, !isAttachment(path) else { return }
        if let reason = path.junk(startsWith: [0, 5, 0x16, 7]) {
            return events.append(.skipped(path: path.components, reason))
        }
        let outcome = read(entry, path, directory)
        if let fault = outcome.fault { return try failed(path, fault) }
        guard path.last.suffix(4).elementsEqual(".xml".utf8) else {
            return events.append(.file(FoundFile(path: path.components, content: .opened(outcome.content))))
        }
        if path.components.count == 1, path.last.elementsEqual("Categories.xml".utf8) {
            return events.append(.skipped(path: path.components, .list))
        }
        itemNumber = 0
        parser = (OLMParser(outcome.content), entry, path, outcome.content)
    }

    private func read(_ entry: ZipEntry, _ path: EntryName, _ directory: ZipDirectory) -> EntryContent.Outcome {
        do throws(ContainerFault) {
            let pull = try ZipEntryPull(entry, in: directory)
            let outcome = EntryContent.read(name + "/" + path.text, within: meter, through: buffer) {
                (b) throws(ContainerFault) in try pull.pull(into: b)
            }
            if pull.isNamedTwice, outcome.fault == nil {
                try failed(path, ContainerFault("its name differs from the zip's directory", at: entry.offset))
            }
            return outcome
        } catch {
            return EntryContent.Outcome(content: MemoryBytes([], name: ""), fault: error)
        }
    }

    private func failed(_ path: EntryName, _ fault: ContainerFault, item: Int = 1) throws(ContainerFault) {
        if fault.spool != nil || fault.isLimit { throw fault }
        let (_, folder) = Self.place(path)
        events.append(
            .failed(
                FoundFailure(folder: folder, identifier: Self.identifier(path, item), text: fault.description)
            )
        )
    }

    private static func identifier(_ path: EntryName, _ item: Int) -> String {
        item > 1 ? "\(path.text)#\(item)" : path.text
    }

    /// `Accounts/X/com.microsoft.__Messages/A/B/message_00000.xml` is of the mailbox X and in the folder A/B.
    static func place(_ path: EntryName) -> (mailbox: [UInt8]?, folder: [[UInt8]]) {
        var names = path.components.dropLast()
        var mailbox: [UInt8]?
        if names.first?.elementsEqual("Accounts".utf8) == true {
            names = names.dropFirst()
            mailbox = names.popFirst()
        } else if names.first?.elementsEqual("Local".utf8) == true {
            names = names.dropFirst()
        }
        return (mailbox, names.filter { $0 != messageFolder && $0 != attachmentFolder })
    }

    // MARK: Items

    private typealias Open = (parser: OLMParser, entry: ZipEntry, path: EntryName, content: any RandomAccessBytes)

    private func stepItem(_ open: Open) throws(ContainerFault) {
        let item: OLMElement?
        do throws(StorageError) {
            item = try open.parser.next()
        } catch {
            throw ContainerFault(error.message)
        }
        guard let item else {
            parser = nil
            if let fault = open.parser.fault {
                return try failed(open.path, ContainerFault(fault), item: itemNumber + 1)
            }
            if open.parser.isDamaged {
                let text = "it is not well-formed XML; \(itemNumber) items were taken as far as they can be read"
                return try failed(open.path, ContainerFault(text), item: itemNumber + 1)
            }
            if itemNumber == 0 {
                // Nothing below the root: an empty address book, or not what we know.
                let isEmpty = open.parser.root.isEmpty == false
                if isEmpty { return events.append(.skipped(path: open.path.components, .emptyMailbox)) }
                return try failed(open.path, ContainerFault("it has no items"))
            }
            return
        }
        itemNumber += 1
        var message = OLMItem.message(item)
        var losses: [String] = []
        let spool = OLMSpool(name: open.path.text)
        var ranges: [Range<UInt64>?] = []
        for attachment in Self.attachments(item) {
            let fetched = try fetch(attachment, open, spool, &losses)
            message.attachments.append(MapiAttachment(fetched.properties, .none))
            ranges.append(fetched.range)
        }
        let all = spool.bytes
        for (index, range) in ranges.enumerated() {
            guard let range else { continue }
            message.attachments[index].content = .data(.source(OLMSpoolPart(file: all, range: range)))
        }
        try render(message, item, open, losses)
    }

    private func render(
        _ message: MapiMessage,
        _ item: OLMElement,
        _ open: Open,
        _ losses: [String]
    ) throws(ContainerFault) {
        let output = OLMSpool(name: open.path.text, inMemory: meter.limits.inMemory)
        let rendered: Rendered
        do throws(RenderingFailure) {
            rendered = try OutlookRendering.render(message) { try output.append($0) }
        } catch {
            if let fault = output.fault { throw fault }
            return try failed(open.path, ContainerFault("it could not be made a message"), item: itemNumber)
        }
        let (mailbox, folder) = Self.place(open.path)
        var place = FoundPlace(mailbox: mailbox, folder: folder)
        if rendered.flags.contains(.read) { place.flags.insert(.seen) }
        if rendered.flags.contains(.flagged) { place.flags.insert(.flagged) }
        place.labels = rendered.categories.map { Array($0.utf8) }
        place.internalDate = rendered.internalDate
        let record: [UInt8]
        if item.isNamed("email"), itemNumber == 1, let memory = open.content as? MemoryBytes {
            record = memory.bytes
        } else {
            var bytes: [UInt8] = []
            item.append(to: &bytes)
            record = bytes
        }
        let identifier = Self.identifier(open.path, itemNumber)
        events.append(
            .message(FoundMessage(bytes: output.bytes, place: place, identifier: identifier, record: record))
        )
        let all = losses + rendered.losses.filter { !$0.hasSuffix("has no content") }
        if !all.isEmpty {
            let text = "it was taken without all that belongs to it: " + all.joined(separator: "; ")
            events.append(.failed(FoundFailure(folder: folder, identifier: identifier, text: text)))
        }
    }

    // MARK: Attachments

    private static func attachments(_ item: OLMElement) -> [OLMElement] {
        item.children.filter { $0.name.suffix(14).elementsEqual("AttachmentList".utf8) }
            .flatMap {
                $0.children.filter { $0.isNamed("messageAttachment") || $0.attribute("OPFAttachmentURL") != nil }
            }
    }

    private func fetch(
        _ element: OLMElement,
        _ open: Open,
        _ spool: OLMSpool,
        _ losses: inout [String]
    ) throws(ContainerFault) -> (properties: PropertyBag, range: Range<UInt64>?) {
        var properties = OLMProperties()
        properties.add(0x3705, integer: 1)
        var fileName = element.attribute("OPFAttachmentName") ?? element.text(of: "OPFAttachmentName")
        if fileName == nil, let end = element.attribute("OPFAttachmentContentExtension") {
            fileName = "attachment.".utf8 + end
        }
        properties.add(0x3707, text: fileName)
        properties.add(0x370E, text: element.attribute("OPFAttachmentContentType"))
        properties.add(0x3712, text: element.attribute("OPFAttachmentContentID"))
        let shown = fileName.map { String(decoding: $0, as: UTF8.self) } ?? "without a name"
        let url = element.attribute("OPFAttachmentURL") ?? element.text(of: "OPFAttachmentURL")
        guard let url, let entry = try find(url, near: open), let directory else {
            losses.append("the attachment \(shown) is not in the file")
            return (properties.bag, nil)
        }
        let from = spool.byteCount
        do throws(ContainerFault) {
            let pull = try ZipEntryPull(entry, in: directory)
            while true {
                let count = try pull.pull(into: buffer)
                guard count > 0 else { break }
                try meter.add(count)
                try spool.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            if pull.isNamedTwice { losses.append("the attachment \(shown) has two names in the zip") }
        } catch {
            if error.spool != nil || error.isLimit { throw error }
            losses.append("the attachment \(shown) cannot be read (\(error.description))")
            return (properties.bag, nil)
        }
        return (properties.bag, from..<spool.byteCount)
    }

    /// The entry with this name; of several the last one before the message, or else the first behind it.
    private func find(_ url: [UInt8], near open: Open) throws(ContainerFault) -> ZipEntry? {
        guard let directory else { return nil }
        let folder = open.entry.name.lastIndex(of: UInt8(ascii: "/")).map { open.entry.name[...$0] } ?? []
        for name in [url, folder + url, folder + Self.attachmentFolder + "/".utf8 + url] {
            let hash = Self.hash(name)
            guard let first = places[hash] else { continue }
            let marks = repeated[hash] ?? [first]
            var found: ZipEntry?
            for mark in marks {
                let entry = try directory.entry(at: mark)
                guard entry.name == name else { continue }
                if found == nil || entry.offset < open.entry.offset { found = entry }
            }
            if let found {
                named.insert(found.offset)
                return found
            }
        }
        return nil
    }

    /// Attachments that no item names.
    private func stepLeftovers() throws(ContainerFault) {
        guard let directory, let entry = try directory.next() else {
            stage = .end
            return
        }
        let path = EntryName(entry.name, ordinal: entry.ordinal)
        guard !path.isDirectory, isAttachment(path), !named.contains(entry.offset) else { return }
        let outcome = read(entry, path, directory)
        if let fault = outcome.fault { return try failed(path, fault) }
        events.append(.file(FoundFile(path: path.components, content: .opened(outcome.content))))
    }
}
