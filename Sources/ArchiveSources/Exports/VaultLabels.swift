import ArchiveFormat
import ArchiveStorage

/// What the `*-metadata.xml` of Google Vault says of each message: its labels stand nowhere else.
struct VaultLabels {
    /// What is said of one message.
    struct Document: Equatable {
        /// The Message-ID without brackets.
        var messageID: [UInt8] = []
        /// The name of its file, or its id in the MBOX.
        var fileName: [UInt8] = []
        var account: [UInt8] = []
        var labels: [[UInt8]] = []
    }

    /// The labels of messages, by a hash of the message's id or file name; sets of labels are shared.
    private var sets: [[[UInt8]]] = []
    private var numbers: [[[UInt8]]: UInt32] = [:]
    private var index: [UInt64: UInt32] = [:]
    private(set) var documentCount: UInt64 = 0
    /// Why the file was not read to its end.
    private(set) var fault: String?

    /// Reads the whole file, item by item.
    init(_ file: any RandomAccessBytes) throws(StorageError) {
        let parser = OLMParser(file, items: "Document")
        while let element = try parser.next() {
            documentCount += 1
            let document = Self.document(element)
            guard !document.labels.isEmpty else { continue }
            let number: UInt32
            if let known = numbers[document.labels] {
                number = known
            } else {
                number = UInt32(clamping: sets.count)
                numbers[document.labels] = number
                sets.append(document.labels)
            }
            for key in [document.messageID, document.fileName] where !key.isEmpty { index[Self.hash(key)] = number }
        }
        fault = parser.fault ?? (parser.isDamaged ? "it is not well-formed XML" : nil)
    }

    /// The labels of a message; empty when the file has none for it.
    ///
    /// - Parameter key: The Message-ID, with or without brackets, or the name of the message's file.
    func labels(of key: some Collection<UInt8>) -> [[UInt8]] {
        index[Self.hash(ExpectedItems.bare(key))].map { sets[Int($0)] } ?? []
    }

    /// Where labels put a message: those of the system begin with `^` and tell of folders and states.
    static func place(_ labels: [[UInt8]]) -> FoundPlace {
        let folders = [
            "^INBOX": "Inbox", "^SENT": "Sent", "^DRAFT": "Drafts", "^TRASH": "Trash", "^DELETED": "Trash",
            "^SPAM": "Spam", "^i": "Inbox", "^f": "Sent", "^r": "Drafts", "^k": "Trash", "^s": "Spam",
        ]
        let states: [String: MessageFlags] = [
            "^OPENED": .seen, "^READ": .seen, "^STARRED": .flagged, "^t": .flagged, "^DRAFT": .draft, "^r": .draft,
            "^REPLIED": .answered, "^FORWARDED": .forwarded,
        ]
        var place = FoundPlace(labels: labels)
        var all: [[[UInt8]]] = []
        for label in labels {
            let text = String(decoding: label, as: UTF8.self)
            if let flag = states[text] { place.flags.insert(flag) }
            if let folder = folders[text] {
                all.append([Array(folder.utf8)])
            } else if label.first != UInt8(ascii: "^") {
                all.append(label.split(separator: UInt8(ascii: "/")).map { Array($0) })
            }
        }
        place.folder = all.first
        place.otherFolders = Array(all.dropFirst())
        return place
    }

    static func document(_ element: OLMElement) -> Document {
        var document = Document()
        var waiting = element.children
        while let next = waiting.popLast() {
            waiting += next.children
            if next.isNamed("Tag"), let name = next.attribute("TagName"), let value = next.attribute("TagValue") {
                switch String(decoding: name, as: UTF8.self).lowercased() {
                case "labels", "#labels":
                    document.labels += value.split(separator: UInt8(ascii: ",")).compactMap {
                        let label = Array($0.drop { $0 == 0x20 })
                        return label.isEmpty ? nil : label
                    }
                case "rfc822messageid", "messageid", "#messageid": document.messageID = ExpectedItems.bare(value)
                case "account", "#account": document.account = value
                default: break
                }
            } else if next.isNamed("ExternalFile"), let name = next.attribute("FileName") {
                document.fileName = ExpectedItems.bare(name)
            }
        }
        return document
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
