import CLibpff
import PstWire

/// Sends messages with all that belongs to them.
struct Messages {
    /// As deep as the tool goes.
    private static let maximumDepth = 32

    let file: UnsafeMutablePointer<libpff_file_t>?
    let output: Output
    private let properties: Properties

    init(_ file: UnsafeMutablePointer<libpff_file_t>?, _ output: Output) {
        self.file = file
        self.output = output
        properties = Properties(output)
    }

    /// Sends a message; `limit` is how large it may say it is, so that it fits into memory.
    ///
    /// - Returns: Whether it was small enough.
    func send(_ item: PffItem, isRecovered: Bool, limit: UInt64) throws(PffError) -> Bool {
        let entries = try item.entries(of: 0)
        if let size = entries.first(where: { $0.id == 0x0E08 })?.number(), size > limit { return false }
        // What is no message at all is found before anything is sent.
        guard entries.contains(where: { $0.id == 0x001A }) || !isRecovered else {
            throw PffError("it has no message class")
        }
        try send(item, entries, isRecovered: isRecovered, depth: 0)
        return true
    }

    private func send(_ item: PffItem, _ entries: [PffEntry], isRecovered: Bool, depth: Int) throws(PffError) {
        let identifier = try item.identifier()
        output.send(.message) {
            $0.append(identifier)
            $0.append(UInt8(isRecovered ? 1 : 0))
        }
        for entry in entries { properties.send(entry) }
        sendRecipients(item)
        sendAttachments(item, depth: depth)
        output.send(.end)
    }

    private func sendRecipients(_ message: PffItem) {
        var found: UnsafeMutablePointer<libpff_item_t>?
        do {
            guard try pff("the recipients", { libpff_message_get_recipients(message.handle, &found, $0) }),
                let table = PffItem(found)
            else { return }
            for row in 0..<(try table.recordSetCount()) {
                let entries = try table.entries(of: row)
                output.send(.recipient)
                for entry in entries { properties.send(entry) }
                output.send(.end)
            }
        } catch {
            output.send(.loss, text: "the recipients cannot be read: \(error.text)")
        }
    }

    private func sendAttachments(_ message: PffItem, depth: Int) {
        let count: Int
        do {
            count = try message.count("the attachments", libpff_message_get_number_of_attachments)
        } catch {
            return output.send(.loss, text: "the attachments cannot be read: \(error.text)")
        }
        for index in 0..<count {
            let attachment: PffItem
            let entries: [PffEntry]
            do {
                attachment = try message.child("the attachment", index, libpff_message_get_attachment)
                entries = try attachment.entries(of: 0)
            } catch {
                output.send(.loss, text: "attachment \(index + 1) cannot be read: \(error.text)")
                continue
            }
            output.send(.attachment)
            for entry in entries where entry.id != 0x3701 { properties.send(entry) }
            do {
                try sendContent(attachment, entries, depth: depth)
            } catch {
                output.send(.loss, text: "the content of attachment \(index + 1) cannot be read: \(error.text)")
            }
            output.send(.end)
        }
    }

    private func sendContent(_ attachment: PffItem, _ entries: [PffEntry], depth: Int) throws(PffError) {
        let method = entries.first { $0.id == 0x3705 }?.number() ?? 1
        guard let content = entries.first(where: { $0.id == 0x3701 }) else {
            // By value, and of some size: then there was something.
            if method == 1 || method == 5 || method == 6 { throw PffError("it is not there") }
            return
        }
        if content.type == 0x0D && method == 5 {
            return try sendEmbedded(attachment, content, depth: depth)
        }
        guard content.type == 0x0D else {
            if content.byteCount == 0, let size = entries.first(where: { $0.id == 0x0E20 })?.number(), size > 4096 {
                throw PffError("it is empty, and \(size) bytes long by its own account")
            }
            let value = try properties.value(of: content)
            output.send(.content)
            return properties.send(value)
        }
        var size: UInt64 = 0
        try pff("the size") { libpff_attachment_get_data_size(attachment.handle, &size, $0) }
        guard size <= UInt64(Int.max) else { throw PffError("it has no size") }
        output.send(.content)
        properties.stream(Int(size)) { (_, buffer) throws(PffError) in
            var error: UnsafeMutablePointer<libpff_error_t>?
            let bytes = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let count = libpff_attachment_data_read_buffer(attachment.handle, bytes, buffer.count, &error)
            guard count >= 0 else { throw PffError(error, "the attachment") }
            return count
        }
    }

    private func sendEmbedded(_ attachment: PffItem, _ content: PffEntry, depth: Int) throws(PffError) {
        guard depth + 1 < Messages.maximumDepth else {
            throw PffError("it lies \(Messages.maximumDepth) messages deep")
        }
        // An id among the store's own items is taken for that item by libpff, before it looks within the message.
        if let number = content.number() {
            var other: UnsafeMutablePointer<libpff_item_t>?
            let id = UInt32(truncatingIfNeeded: number)
            if libpff_file_get_item_by_identifier(file, id, &other, nil) == 1, PffItem(other) != nil {
                throw PffError("its node id \(hexadecimal(id)) is that of another item")
            }
        }
        var found: UnsafeMutablePointer<libpff_item_t>?
        try pff("the embedded message") { libpff_attachment_get_item(attachment.handle, &found, $0) }
        guard let item = PffItem(found) else { throw PffError("it is not there") }
        let entries = try item.entries(of: 0)
        try send(item, entries, isRecovered: false, depth: depth + 1)
    }
}
