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

    /// What is said alike of many messages.
    struct Found: Hashable {
        var labels: [[UInt8]] = []
        var account: [UInt8] = []
    }

    /// What is said of messages, by a hash of the message's id or file name; what is said alike is shared.
    private var sets: [Found] = []
    private var numbers: [Found: UInt32] = [:]
    private var index: [UInt64: UInt32] = [:]
    private var setByteCount = 0
    private(set) var documentCount: UInt64 = 0

    /// Most ids and file names that are held.
    static let mostKeys = 2_000_000
    /// Most bytes of labels that differ.
    static let mostSetBytes = 16 << 20
    /// Why the file was not read to its end.
    private(set) var fault: String?

    /// Reads the whole file, item by item.
    ///
    /// - Parameter room: How many ids and file names may be held; what goes beyond is a `fault`.
    init(_ file: any RandomAccessBytes, room: Int = mostKeys) throws(StorageError) {
        let parser = OLMParser(file, items: "Document")
        while let element = try parser.next() {
            documentCount += 1
            let document = Self.document(element)
            guard !document.labels.isEmpty || !document.account.isEmpty else { continue }
            let found = Found(
                labels: document.labels.prefix(1024).map { Array($0.prefix(1024)) },
                account: Array(document.account.prefix(1024))
            )
            let number: UInt32
            if let known = numbers[found] {
                number = known
            } else {
                setByteCount += found.labels.reduce(64 + found.account.count) { $0 + $1.count + 32 }
                number = UInt32(clamping: sets.count)
                numbers[found] = number
                sets.append(found)
            }
            guard index.count + 3 <= room, setByteCount <= Self.mostSetBytes else {
                fault = "it says more than can be held: what is behind document \(documentCount) was not taken"
                break
            }
            if !document.fileName.isEmpty { index[Self.hash(document.fileName)] = number }
            guard !document.messageID.isEmpty else { continue }
            index[Self.hash(Self.key(document.messageID, of: document.account))] = number
            // The same message in several accounts: without the account, the first one's labels are as good as any.
            let hash = Self.hash(document.messageID)
            if index[hash] == nil { index[hash] = number }
        }
        numbers = [:]
        fault = fault ?? parser.fault ?? (parser.isDamaged ? "it is not well-formed XML" : nil)
    }

    /// The labels of a message; empty when the file has none for it.
    ///
    /// - Parameter key: The Message-ID, with or without brackets, or the name of the message's file.
    func labels(of key: some Collection<UInt8>) -> [[UInt8]] { found(key)?.labels ?? [] }

    /// What is said of a message; nil when that is nothing.
    ///
    /// - Parameters:
    ///   - key: The Message-ID, with or without brackets, or the name of the message's file.
    ///   - account: Whose copy of the message it is; only what is said of that one counts.
    func found(_ key: some Collection<UInt8>, of account: [UInt8] = []) -> Found? {
        let bare = ExpectedItems.bare(key)
        guard !bare.isEmpty else { return nil }
        return index[Self.hash(Self.key(bare, of: account))].map { sets[Int($0)] }
    }

    /// How many ids and file names are held.
    var keyCount: Int { index.count }

    private static func key(_ messageID: [UInt8], of account: [UInt8]) -> [UInt8] {
        account.isEmpty ? messageID : messageID + [0] + account.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
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
                case "account", "#account": document.account = ExpectedItems.bare(value)
                default: break
                }
            } else if next.isNamed("Custodian"), document.account.isEmpty {
                document.account = ExpectedItems.bare(next.text)
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
