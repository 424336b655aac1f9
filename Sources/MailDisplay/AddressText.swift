import CGMime

/// The senders and recipients in an address field (RFC 5322 section 3.4).
package enum AddressText {
    /// Longer fields are cut here, at a comma where there is one.
    package static let maximumBytes = 64 << 10
    /// GMime reads a group within a group by calling itself, without a limit: thousands overflow the stack.
    private static let maximumGroups = 64

    /// The mailboxes of a raw field body, groups replaced by their members.
    ///
    /// A group without members stands with its name and no address. Text that is no address list comes back as one
    /// mailbox with that text as its name, so that nothing is hidden.
    package static func decode(_ body: UnsafeRawBufferPointer) -> [DisplayMailbox] {
        let bytes = HeaderText.trimmed(bounded(body))
        if let mailbox = simple(bytes) { return [mailbox] }
        if bytes.isEmpty { return [] }
        let prepared = HeaderText.unfold(bytes).withUnsafeBytes { prepare($0) }
        var mailboxes: [DisplayMailbox] = []
        for stretch in stretches(of: prepared) {
            guard let stretch else { return asText(bytes) }
            mailboxes += parse(stretch)
        }
        return mailboxes.isEmpty ? asText(bytes) : mailboxes
    }

    /// The same for an array.
    package static func decode(_ body: [UInt8]) -> [DisplayMailbox] { body.withUnsafeBytes { decode($0) } }

    private static func bounded(_ body: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard body.count > maximumBytes else { return body }
        let head = UnsafeRawBufferPointer(rebasing: body.prefix(maximumBytes))
        guard let comma = head.lastIndex(of: UInt8(ascii: ",")) else { return head }
        return UnsafeRawBufferPointer(rebasing: head.prefix(comma))
    }

    private static func asText(_ bytes: UnsafeRawBufferPointer) -> [DisplayMailbox] {
        let text = HeaderText.decode(bytes)
        return text.isEmpty ? [] : [DisplayMailbox(name: text, address: "")]
    }

    /// The two forms nearly all mail has, `a@b` and `Name <a@b>` in ASCII without quotes, comments or encoded words.
    private static func simple(_ bytes: UnsafeRawBufferPointer) -> DisplayMailbox? {
        var open: Int?
        var at: Int?
        for index in 0..<bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "<"):
                guard open == nil, at == nil else { return nil }
                open = index
            case UInt8(ascii: ">"):
                guard open != nil, index == bytes.count - 1 else { return nil }
            case UInt8(ascii: "@"):
                guard at == nil else { return nil }
                at = index
            case 0x20:
                // A blank inside an address needs the full rules.
                if open != nil || at != nil { return nil }
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","),
                UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "="),
                0..<0x20, 0x7F...0xFF:
                return nil
            default: break
            }
        }
        guard let at else { return nil }
        if let open {
            guard bytes.last == UInt8(ascii: ">"), at > open + 1, at < bytes.count - 2 else { return nil }
            let name = HeaderText.trimmed(UnsafeRawBufferPointer(rebasing: bytes[..<open]))
            // Two blanks in a row are joined by the full rules.
            for index in 0..<max(0, name.count - 1) where name[index] == 0x20 && name[index + 1] == 0x20 { return nil }
            let address = UnsafeRawBufferPointer(rebasing: bytes[(open + 1)..<(bytes.count - 1)])
            return DisplayMailbox(
                name: String(decoding: name, as: UTF8.self),
                address: String(decoding: address, as: UTF8.self)
            )
        }
        guard at > 0, at < bytes.count - 1, !bytes[..<at].contains(0x20) else { return nil }
        return DisplayMailbox(name: "", address: String(decoding: bytes, as: UTF8.self))
    }

    /// The field with its encoded words already decoded, each as a quoted string of UTF-8.
    ///
    /// GMime would decode them itself, but opens whatever converter a word names and puts "?" for damage.
    private static func prepare(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var state = Preparation()
        HeaderText.appendDecoded(
            bytes,
            to: &state,
            word: { state, text in state.appendWord(text) },
            plain: { state, piece in state.appendPlain(piece) }
        )
        return state.output
    }

    /// The field in stretches GMime can read: none has more colons than groups may nest.
    ///
    /// Only a colon opens a group, so this bounds the nesting whatever GMime takes for quotes and comments. The cuts
    /// are at commas outside of quotes; a stretch without such a comma comes back as nil.
    private static func stretches(of bytes: [UInt8]) -> [ArraySlice<UInt8>?] {
        guard bytes.count(where: { $0 == UInt8(ascii: ":") }) > maximumGroups else { return [bytes[...]] }
        var pieces: [ArraySlice<UInt8>?] = []
        var start = 0
        var colons = 0
        var inQuotes = false
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "\""): inQuotes.toggle()
            case UInt8(ascii: ":"): colons += 1
            case UInt8(ascii: ",") where !inQuotes:
                pieces.append(colons <= maximumGroups ? bytes[start..<index] : nil)
                start = index + 1
                colons = 0
            default: break
            }
        }
        pieces.append(colons <= maximumGroups ? bytes[start...] : nil)
        return pieces
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) -> [DisplayMailbox] {
        GMimeLibrary.start()
        let list = (bytes.map { CChar(bitPattern: $0 == 0 ? 0x20 : $0) } + [0]).withUnsafeBufferPointer {
            $0.baseAddress.flatMap { internet_address_list_parse(nil, $0) }
        }
        guard let list = OwnedObject(taking: list) else { return [] }
        var mailboxes: [DisplayMailbox] = []
        append(list.pointer, to: &mailboxes)
        return mailboxes
    }

    private static func append(
        _ list: UnsafeMutablePointer<InternetAddressList>,
        to mailboxes: inout [DisplayMailbox]
    ) {
        for index in 0..<max(0, internet_address_list_length(list)) {
            guard let address = internet_address_list_get_address(list, index) else { continue }
            let name = text(internet_address_get_name(address))
            if pa_gmime_is_group(address) != 0 {
                let before = mailboxes.count
                if let members = internet_address_group_get_members(cast(address, to: InternetAddressGroup.self)) {
                    append(members, to: &mailboxes)
                }
                if mailboxes.count == before { mailboxes.append(DisplayMailbox(name: name, address: "")) }
            } else if pa_gmime_is_mailbox(address) != 0 {
                let spec = internet_address_mailbox_get_addr(cast(address, to: InternetAddressMailbox.self))
                mailboxes.append(DisplayMailbox(name: name, address: text(spec)))
            }
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }
}

extension AddressText {
    /// The field being rewritten, and whether its end stands in quotes or a comment.
    private struct Preparation {
        var output: [UInt8] = []
        var inQuotes = false
        var commentDepth = 0
        var wasBackslash = false

        mutating func appendPlain(_ piece: UnsafeRawBufferPointer) {
            for byte in piece {
                if wasBackslash {
                    wasBackslash = false
                } else {
                    switch byte {
                    case UInt8(ascii: "\\"): wasBackslash = inQuotes || commentDepth > 0
                    case UInt8(ascii: "\"") where commentDepth == 0: inQuotes.toggle()
                    case UInt8(ascii: "(") where !inQuotes: commentDepth += 1
                    case UInt8(ascii: ")") where !inQuotes: commentDepth = max(0, commentDepth - 1)
                    default: break
                    }
                }
            }
            if CharsetText.isASCII(piece) {
                output.append(contentsOf: piece)
            } else {
                output.append(contentsOf: CharsetText.guess(piece).utf8)
            }
        }

        mutating func appendWord(_ text: String) {
            let needsQuotes = !inQuotes && commentDepth == 0
            if needsQuotes { output.append(UInt8(ascii: "\"")) }
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: ")"):
                    output.append(UInt8(ascii: "\\"))
                default: break
                }
                output.append(byte)
            }
            if needsQuotes { output.append(UInt8(ascii: "\"")) }
        }
    }
}
