extension Manifest {
    /// The CBOR of the manifest.
    package var encoded: [UInt8] {
        var writer = CBORWriter(reserving: 1024 + messages.count * 400)
        writer.map(5)
        writer.key(0)
        writer.array(runs.count)
        for run in runs { writer.data(run) }
        writer.key(1)
        writer.array(folders.count)
        for folder in folders {
            writer.array(2)
            writer.data(folder.mailbox)
            writer.names(folder.path)
        }
        writer.key(2)
        writer.array(files.count)
        for file in files { file.write(to: &writer) }
        writer.key(3)
        writer.array(messages.count)
        for message in messages { message.write(to: &writer) }
        writer.key(4)
        writer.array(rejects.count)
        for reject in rejects { reject.write(to: &writer) }
        return writer.bytes
    }
}

extension CBORWriter {
    mutating func names(_ names: [[UInt8]]) {
        array(names.count)
        for name in names { data(name) }
    }

    mutating func optional(_ key: Int, _ value: [UInt8]?) {
        guard let value else { return }
        self.key(key)
        data(value)
    }

    mutating func optional(_ key: Int, seconds: Int64?) {
        guard let seconds else { return }
        self.key(key)
        integer(seconds)
    }

    /// No is what an absent key means.
    mutating func optional(_ key: Int, yes: Bool) {
        guard yes else { return }
        self.key(key)
        bool(true)
    }

    /// Zero is what an absent key means.
    mutating func optional(_ key: Int, number: UInt64) {
        guard number != 0 else { return }
        self.key(key)
        unsigned(number)
    }
}

extension SourceFileEntry {
    func write(to writer: inout CBORWriter) {
        var count = 6
        if hash != nil { count += 1 }
        if dialect != 0 { count += 1 }
        if !tail.isEmpty { count += 1 }
        if changed != nil { count += 1 }
        if !evidence.isEmpty { count += 1 }
        if isUnfinished { count += 1 }
        writer.map(count)
        writer.key(0)
        writer.unsigned(UInt64(run))
        writer.key(1)
        writer.unsigned(number)
        writer.key(2)
        writer.names(path)
        writer.key(3)
        writer.unsigned(size)
        if let hash {
            writer.key(4)
            writer.data(hash)
        }
        writer.key(5)
        writer.unsigned(kind)
        writer.optional(6, number: UInt64(dialect))
        writer.key(7)
        writer.unsigned(pieceCount)
        writer.optional(8, tail.isEmpty ? nil : tail)
        writer.optional(9, seconds: changed)
        if !evidence.isEmpty {
            writer.key(10)
            writer.text(utf8: evidence)
        }
        writer.optional(11, yes: isUnfinished)
    }
}

extension MessageEntry {
    func write(to writer: inout CBORWriter) {
        writer.map(envelope == nil ? 3 : 4)
        writer.key(0)
        writer.data(content)
        writer.key(1)
        writer.unsigned(size)
        writer.key(2)
        writer.array(placements.count)
        for placement in placements { placement.write(to: &writer) }
        if let envelope {
            writer.key(3)
            envelope.write(to: &writer)
        }
    }
}

extension Placement {
    func write(to writer: inout CBORWriter) {
        var count = 2
        if !flags.isEmpty { count += 1 }
        if !labels.isEmpty { count += 1 }
        if internalDate != nil { count += 1 }
        if origin != nil { count += 1 }
        if !record.isEmpty { count += 1 }
        writer.map(count)
        writer.key(0)
        writer.unsigned(UInt64(run))
        writer.key(1)
        writer.unsigned(UInt64(folder))
        writer.optional(2, number: flags.rawValue)
        if !labels.isEmpty {
            writer.key(3)
            writer.names(labels)
        }
        writer.optional(4, seconds: internalDate)
        if let origin {
            writer.key(5)
            origin.write(to: &writer)
        }
        if !record.isEmpty {
            writer.key(6)
            writer.array(record.count)
            for blob in record {
                writer.array(2)
                writer.data(blob.id)
                writer.unsigned(blob.size)
            }
        }
    }
}

extension Origin {
    func write(to writer: inout CBORWriter) {
        var count = 2
        if !lead.isEmpty { count += 1 }
        if !trail.isEmpty { count += 1 }
        if quoting != 0 { count += 1 }
        if !exceptions.isEmpty { count += 1 }
        if lineEnd != 0 { count += 1 }
        if verbatimFrom != nil { count += 1 }
        if !item.isEmpty { count += 1 }
        if isMade { count += 1 }
        writer.map(count)
        writer.key(0)
        writer.unsigned(file)
        writer.key(1)
        writer.unsigned(ordinal)
        writer.optional(2, lead.isEmpty ? nil : lead)
        writer.optional(3, trail.isEmpty ? nil : trail)
        writer.optional(4, number: UInt64(quoting))
        if !exceptions.isEmpty {
            writer.key(5)
            writer.array(exceptions.count)
            for number in exceptions { writer.unsigned(number) }
        }
        writer.optional(6, number: UInt64(lineEnd))
        if let verbatimFrom {
            writer.key(7)
            writer.unsigned(verbatimFrom)
        }
        writer.optional(8, item.isEmpty ? nil : item)
        writer.optional(9, yes: isMade)
    }
}

extension MailEnvelope {
    func write(to writer: inout CBORWriter) {
        var count = attachments == 0 ? 0 : 1
        if date != nil { count += 1 }
        for field in [from, to, cc, subject, messageID, inReplyTo] where field != nil { count += 1 }
        writer.map(count)
        writer.optional(0, seconds: date)
        writer.optional(1, from)
        writer.optional(2, to)
        writer.optional(3, cc)
        writer.optional(4, subject)
        writer.optional(5, messageID)
        writer.optional(6, inReplyTo)
        writer.optional(7, number: attachments)
    }
}

extension RejectEntry {
    func write(to writer: inout CBORWriter) {
        writer.map(item.isEmpty ? 9 : 10)
        writer.key(0)
        writer.unsigned(UInt64(run))
        writer.key(1)
        writer.unsigned(file)
        writer.key(2)
        writer.unsigned(ordinal)
        writer.key(3)
        writer.unsigned(offset)
        writer.key(4)
        writer.unsigned(size)
        writer.key(5)
        writer.unsigned(reason)
        writer.key(6)
        writer.text(utf8: text)
        writer.key(7)
        writer.array(blobs.count)
        for blob in blobs {
            writer.array(2)
            writer.data(blob.id)
            writer.unsigned(blob.size)
        }
        writer.key(8)
        writer.unsigned(UInt64(folder))
        writer.optional(9, item.isEmpty ? nil : item)
    }
}
