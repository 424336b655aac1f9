import MailFormats
import OutlookFormats

/// Turns an item of an OLM into the properties of MAPI, for the one renderer that all of Outlook's formats share.
enum OLMItem {
    private static let publicStrings: [UInt8] = [0x29, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    private static func set(_ number: UInt8) -> [UInt8] {
        [number, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    }

    /// The properties of an item, without its attachments.
    static func message(_ item: OLMElement) -> MapiMessage {
        if item.isNamed("email") { return mail(item) }
        var properties = OLMProperties()
        switch item.name {
        case Array("contact".utf8): contact(item, &properties)
        case Array("appointment".utf8): appointment(item, &properties)
        case Array("task".utf8): properties.add(0x001A, text: Array("IPM.Task".utf8))
        case Array("note".utf8): properties.add(0x001A, text: Array("IPM.StickyNote".utf8))
        default: properties.add(0x001A, text: Array("IPM.Note".utf8))
        }
        properties.add(0x0037, text: title(item))
        properties.add(0x0E06, time: olmTime(value(item, endingWith: "ModDate")))
        // Whatever form it gets besides, all that it says can be read in the body.
        properties.add(0x1000, text: item.lines())
        return MapiMessage(properties.bag)
    }

    // MARK: Mail

    private static func mail(_ item: OLMElement) -> MapiMessage {
        var properties = OLMProperties()
        properties.add(0x001A, text: Array("IPM.Note".utf8))
        addHeaders(item, &properties)
        originator(item, &properties)
        properties.add(0x0037, text: item.text(of: "OPFMessageCopySubject"))
        properties.add(0x0039, time: olmTime(item.text(of: "OPFMessageCopySentTime")))
        properties.add(0x0E06, time: olmTime(item.text(of: "OPFMessageCopyReceivedTime")))
        properties.add(0x1035, text: item.text(of: "OPFMessageCopyMessageID").map(bracketed))
        properties.add(0x1042, text: item.text(of: "OPFMessageCopyInReplyTo").map(bracketed))
        properties.add(0x1039, text: item.text(of: "OPFMessageCopyReferences").map(bracketed))
        properties.add(0x0070, text: item.text(of: "OPFMessageCopyThreadTopic"))
        properties.add(0x0071, binary: item.text(of: "OPFMessageCopyThreadIndex").flatMap(base64))
        if let priority = item.number(of: "OPFMessageGetPriority"), priority != 3, priority >= 1, priority <= 5 {
            properties.add(0x0017, integer: priority < 3 ? 2 : 0)
        }
        properties.add(0x0E07, integer: item.number(of: "OPFMessageGetIsRead") == 1 ? 1 : 0)
        if item.number(of: "OPFMessageCopyGetFlagStatus") == 1 { properties.add(0x1090, integer: 2) }
        let categories = item.child("OPFMessageCopyCategoryList")?.children ?? []
        properties.add(
            PropertyName(set: publicStrings, .string("Keywords")),
            texts: categories.prefix(1000).compactMap {
                $0.attribute("OPFCategoryCopyName") ?? ($0.text.isEmpty ? nil : $0.text)
            }
        )
        bodies(item, &properties)
        return MapiMessage(properties.bag, recipients: recipients(item))
    }

    /// Newer exports keep the header that the message came with.
    private static func addHeaders(_ item: OLMElement, _ properties: inout OLMProperties) {
        guard let source = item.text(of: "OPFMessageCopySource") else { return }
        let end = zip(source.indices, source.dropFirst()).first { $1 == 0x0A && source[$0] == 0x0A }?.0 ?? source.count
        let header = source.prefix(end)
        guard header.count <= 1 << 20, header.starts(with: "From:".utf8) || contains(header, "\nFrom:") else { return }
        properties.add(0x007D, text: Array(header))
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        bytes.indices.contains { bytes[$0] == 0x0A && bytes[$0...].starts(with: text.utf8) }
    }

    private static func addresses(_ item: OLMElement, _ list: String) -> [OLMElement] {
        item.child(list)?.children.filter { $0.isNamed("emailAddress") } ?? []
    }

    private static let address = "OPFContactEmailAddressAddress"
    private static let name = "OPFContactEmailAddressName"

    private static func originator(_ item: OLMElement, _ properties: inout OLMProperties) {
        if let from = addresses(item, "OPFMessageCopyFromAddresses").first {
            properties.add(0x0042, text: from.attribute(name))
            properties.add(0x0064, text: from.attribute(address) == nil ? nil : Array("SMTP".utf8))
            properties.add(0x0065, text: from.attribute(address))
            properties.add(0x5D02, text: from.attribute(address))
        }
        if let sender = addresses(item, "OPFMessageCopySenderAddress").first {
            properties.add(0x0C1A, text: sender.attribute(name))
            properties.add(0x0C1E, text: sender.attribute(address) == nil ? nil : Array("SMTP".utf8))
            properties.add(0x0C1F, text: sender.attribute(address))
            properties.add(0x5D01, text: sender.attribute(address))
        }
    }

    private static func recipients(_ item: OLMElement) -> [PropertyBag] {
        let lists: [(String, Int32)] = [
            ("OPFMessageCopyToAddresses", 1), ("OPFMessageCopyCCAddresses", 2), ("OPFMessageCopyBCCAddresses", 3),
        ]
        var bags: [PropertyBag] = []
        for (list, type) in lists {
            for recipient in addresses(item, list).prefix(20_000) {
                var properties = OLMProperties()
                properties.add(0x0C15, integer: type)
                properties.add(0x3001, text: recipient.attribute(name))
                if let address = recipient.attribute(address) {
                    properties.add(0x3002, text: Array("SMTP".utf8))
                    properties.add(0x3003, text: address)
                    properties.add(0x39FE, text: address)
                }
                bags.append(properties.bag)
            }
        }
        return bags
    }

    /// Both bodies are the HTML where there is one; the plain text is then not in the file.
    private static func bodies(_ item: OLMElement, _ properties: inout OLMProperties) {
        let plain = item.text(of: "OPFMessageCopyBody").map(mailLines)
        let html = item.text(of: "OPFMessageCopyHTMLBody").map(mailLines)
        let isHTML = item.number(of: "OPFMessageGetHasHTML") == 1
        if let html, isHTML || looksLikeHTML(html) {
            properties.add(0x1013, binary: html)
            properties.add(0x3FDE, integer: 65_001)
            if let plain, plain != html, !looksLikeHTML(plain) { properties.add(0x1000, text: plain) }
        } else if let plain, html == nil, looksLikeHTML(plain) {
            properties.add(0x1013, binary: plain)
            properties.add(0x3FDE, integer: 65_001)
        } else {
            properties.add(0x1000, text: plain ?? html)
        }
    }

    /// Lines ended as in mail; XML knows LF alone.
    private static func mailLines(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count + text.count / 32)
        for byte in text {
            if byte == 0x0A, out.last != 0x0D { out.append(0x0D) }
            out.append(byte)
        }
        return out
    }

    private static func looksLikeHTML(_ bytes: [UInt8]) -> Bool {
        let start = bytes.drop { $0 <= 0x20 }.prefix(15).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        return start.starts(with: "<html".utf8) || start.starts(with: "<!doctype html".utf8)
    }

    private static func bracketed(_ text: [UInt8]) -> [UInt8] {
        text.contains(UInt8(ascii: "<")) ? text : "<".utf8 + text.filter { $0 > 0x20 } + ">".utf8
    }

    private static func base64(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var value: UInt32 = 0
        var count = 0
        for byte in text.prefix(8192) {
            let digit: UInt8
            switch byte {
            case 0x41...0x5A: digit = byte - 0x41
            case 0x61...0x7A: digit = byte - 0x61 + 26
            case 0x30...0x39: digit = byte - 0x30 + 52
            case UInt8(ascii: "+"): digit = 62
            case UInt8(ascii: "/"): digit = 63
            case UInt8(ascii: "="), 0x09...0x0D, 0x20: continue
            default: return nil
            }
            value = value << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(count)))
            }
        }
        return bytes
    }

    // MARK: Other items

    private static func contact(_ item: OLMElement, _ properties: inout OLMProperties) {
        properties.add(0x001A, text: Array("IPM.Contact".utf8))
        let fields: [(UInt16, String)] = [
            (0x3001, "OPFContactCopyDisplayName"), (0x3A06, "OPFContactCopyFirstName"),
            (0x3A44, "OPFContactCopyMiddleName"), (0x3A11, "OPFContactCopyLastName"),
            (0x3A45, "OPFContactCopyTitle"), (0x3A4F, "OPFContactCopyNickName"),
            (0x3A16, "OPFContactCopyBusinessCompany"), (0x3A17, "OPFContactCopyBusinessTitle"),
            (0x3A18, "OPFContactCopyBusinessDepartment"), (0x3A08, "OPFContactCopyBusinessPhone"),
            (0x3A09, "OPFContactCopyHomePhone"), (0x3A1C, "OPFContactCopyCellPhone"),
            (0x3A24, "OPFContactCopyBusinessFax"), (0x3A25, "OPFContactCopyHomeFax"),
            (0x3A5D, "OPFContactCopyHomeStreetAddress"), (0x3A59, "OPFContactCopyHomeCity"),
            (0x3A5C, "OPFContactCopyHomeState"), (0x3A5B, "OPFContactCopyHomeZip"),
            (0x3A5A, "OPFContactCopyHomeCountry"), (0x3A50, "OPFContactCopyHomeWebPage"),
        ]
        for (id, name) in fields { properties.add(id, text: item.text(of: name)) }
        var number: UInt32 = 0x8080
        let lists = ["OPFContactCopyEmailAddressList", "OPFContactCopyDefaultEmailAddress"]
        var seen: Set<[UInt8]> = []
        for entry in lists.flatMap({ item.child($0)?.children ?? [] }) {
            guard let text = entry.attribute(address), seen.insert(text).inserted, number <= 0x80A0 else { continue }
            properties.add(PropertyName(set: set(4), .number(number)), text: entry.attribute(name) ?? text)
            properties.add(PropertyName(set: set(4), .number(number + 2)), text: Array("SMTP".utf8))
            properties.add(PropertyName(set: set(4), .number(number + 3)), text: text)
            number += 0x10
        }
    }

    private static func appointment(_ item: OLMElement, _ properties: inout OLMProperties) {
        properties.add(0x001A, text: Array("IPM.Appointment".utf8))
        let start = olmTime(item.text(of: "OPFCalendarEventCopyStartTime"))
        let end = olmTime(item.text(of: "OPFCalendarEventCopyEndTime"))
        properties.add(PropertyName(set: set(2), .number(0x820D)), time: start)
        properties.add(PropertyName(set: set(2), .number(0x820E)), time: end)
        properties.add(
            PropertyName(set: set(2), .number(0x8208)),
            text: item.text(of: "OPFCalendarEventCopyLocation")
        )
        if item.number(of: "OPFCalendarEventGetIsAllDayEvent") == 1 {
            properties.add(PropertyName(set: set(2), .number(0x8215)), boolean: true)
        }
    }

    private static func title(_ item: OLMElement) -> [UInt8]? {
        ["DisplayName", "Summary", "Title", "Subject", "Name"].lazy.compactMap { value(item, endingWith: $0) }.first
    }

    private static func value(_ item: OLMElement, endingWith suffix: String) -> [UInt8]? {
        item.children.first { !$0.text.isEmpty && $0.name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }?.text
    }
}
