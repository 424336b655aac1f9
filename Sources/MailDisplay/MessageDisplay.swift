/// Decoding of one message for reading: header fields, text, and the parts beside it.
///
/// No input makes it throw or trap; what could not be shown in full is told by `DisplayMessage.notes`. Deeply nested
/// messages need 128 KiB of stack.
package enum MessageDisplay {
    /// The message in `bytes`, which begins with its header (a "From " line of an mbox before it is passed over).
    package static func parse(
        _ bytes: UnsafeRawBufferPointer,
        options: DisplayOptions = DisplayOptions()
    ) -> DisplayMessage {
        var message = DisplayMessage()
        let bodyStart = addHeader(of: bytes, options, to: &message)
        MIMETree.withTree(of: bytes, maximumLeaves: options.maximumParts) { tree in
            addParts(of: tree, unparsed: UnsafeRawBufferPointer(rebasing: bytes[bodyStart...]), options, to: &message)
        }
        if bytes.count > MIMETree.maximumBytes { message.notes.append(.messageCut(bytes: MIMETree.maximumBytes)) }
        return message
    }

    /// The same for an array.
    package static func parse(_ bytes: [UInt8], options: DisplayOptions = DisplayOptions()) -> DisplayMessage {
        bytes.withUnsafeBytes { parse($0, options: options) }
    }

    /// Only the header fields, without looking at the body.
    package static func headers(_ bytes: UnsafeRawBufferPointer) -> [DisplayField] {
        let block = HeaderBlock(bytes)
        return block.fields.map { field in displayField(field, of: block, in: bytes) }
    }

    /// Returns where the body begins.
    private static func addHeader(
        of bytes: UnsafeRawBufferPointer,
        _ options: DisplayOptions,
        to message: inout DisplayMessage
    ) -> Int {
        let block = HeaderBlock(bytes, maximumFields: options.maximumFields)
        message.fields = block.fields.map { displayField($0, of: block, in: bytes) }
        if block.omitted > 0 { message.notes.append(.fieldsOmitted(block.omitted)) }

        func mailboxes(_ name: String) -> [DisplayMailbox] {
            block.fields(named: name, in: bytes).prefix(100).flatMap {
                AddressText.decode(block.body(of: $0, in: bytes))
            }
        }
        message.from = mailboxes("from")
        message.to = mailboxes("to")
        message.cc = mailboxes("cc")
        if let subject = block.fields(named: "subject", in: bytes).first {
            message.subject = HeaderText.decode(block.body(of: subject, in: bytes))
        }
        if let date = block.fields(named: "date", in: bytes).first {
            message.date = DateText.decode(block.body(of: date, in: bytes))
        }
        return block.bodyStart
    }

    private static func displayField(
        _ field: HeaderBlock.Field,
        of block: HeaderBlock,
        in bytes: UnsafeRawBufferPointer
    ) -> DisplayField {
        let name = UnsafeRawBufferPointer(rebasing: block.name(of: field, in: bytes).prefix(1024))
        return DisplayField(
            name: CharsetText.decode(name, label: nil),
            value: HeaderText.decode(block.body(of: field, in: bytes))
        )
    }

    private static func addParts(
        of tree: borrowing MIMETree,
        unparsed: UnsafeRawBufferPointer,
        _ options: DisplayOptions,
        to message: inout DisplayMessage
    ) {
        var text = BodyText(maximumBytes: options.maximumTextBytes)
        for (index, leaf) in tree.leaves.enumerated() {
            message.parts.append(part(index, leaf, measuring: options.measuresParts))
            if leaf.role == .body { text.append(leaf.object) }
        }
        if !tree.isParsed { text.append(stray: unparsed) }
        tree.strayText.withUnsafeBytes { text.append(stray: $0) }
        message.text = text.text
        message.textSource = text.source
        if text.isCut { message.notes.append(.textCut(bytes: options.maximumTextBytes)) }
        if tree.omitted > 0 { message.notes.append(.partsOmitted(tree.omitted)) }
        if tree.shortenedFields > 0 { message.notes.append(.fieldsShortened(tree.shortenedFields)) }
        if tree.isTooDeep { message.notes.append(.nestedTooDeep) }
        addEnclosed(of: tree, options, to: &message)
    }

    /// Lists what is within TNEF; where the mail has no text of its own, the one in there is shown.
    private static func addEnclosed(
        of tree: borrowing MIMETree,
        _ options: DisplayOptions,
        to message: inout DisplayMessage
    ) {
        for (index, leaf) in tree.leaves.enumerated() {
            guard let enclosed = EnclosedParts(leaf) else { continue }
            for part in enclosed.parts.prefix(max(0, options.maximumParts - message.parts.count)) {
                message.parts.append(part.part(message.parts.count, within: index, measuring: options.measuresParts))
            }
            if enclosed.isDamaged { message.notes.append(.enclosedDamaged(part: index)) }
            if message.text.allSatisfy(\.isWhitespace) {
                let (text, source) = enclosed.text(options)
                if !text.allSatisfy(\.isWhitespace) { (message.text, message.textSource) = (text, source) }
            }
        }
    }

    static func part(_ index: Int, _ leaf: MIMETree.Leaf, measuring: Bool) -> DisplayPart {
        let content = PartContent(leaf.object)
        let type = MIMETree.contentType(of: leaf.object)
        return DisplayPart(
            index: index,
            contentType: type,
            charset: MIMETree.charset(of: leaf.object),
            role: leaf.role,
            fileName: MIMETree.fileName(of: leaf.object),
            contentID: MIMETree.contentID(of: leaf.object),
            decodedSize: measuring ? content.size() : 0,
            nestedSubject: type == "message/rfc822" || type == "message/global" ? subject(of: content) : nil
        )
    }

    /// The subject of a message within the message, looked for in its first 64 KiB.
    private static func subject(of content: PartContent) -> String? {
        content.prefix(64 << 10).withUnsafeBytes { bytes in
            let block = HeaderBlock(bytes)
            return block.fields(named: "subject", in: bytes).first.map {
                HeaderText.decode(block.body(of: $0, in: bytes))
            }
        }
    }
}
