import ArchiveStorage

/// What the lists beside an export say that it holds, so that an import can be compared with them.
struct ExpectedItems: Sendable {
    /// One item of a list.
    struct Item: Sendable, Equatable {
        /// Its path in the export, where the list has one.
        var path: [[UInt8]] = []
        /// Its Message-ID without brackets, where the list has one.
        var messageID: [UInt8] = []
        /// What the list calls it.
        var identifier: [UInt8] = []
    }

    /// Which list a file is.
    enum List: Sendable {
        /// `Items.csv`, or `Results.csv` of older exports, of Microsoft's eDiscovery: one row an item.
        case items
        /// `*-results-count.csv` of Google Vault: one row an account.
        case counts
    }

    /// How many messages each account has.
    private(set) var counts: [(account: [UInt8], count: UInt64)] = []
    /// Rows that could not be understood.
    private(set) var unreadable = 0
    /// How many items the list has.
    private(set) var itemCount: UInt64 = 0

    /// Accounts beyond so many are taken for rows that cannot be understood.
    static let mostAccounts = 100_000

    /// Which list a file is, by its name; its first row decides when it is read.
    static func list(named name: some Collection<UInt8>) -> List? {
        let lower = lowercase(name)
        if lower.hasSuffix("items.csv") || lower.hasSuffix("results.csv")
            || (lower.hasPrefix("items_") && lower.hasSuffix(".csv"))
        {
            return .items
        }
        return lower.hasSuffix("results-count.csv") || lower.hasSuffix("result-counts.csv") ? .counts : nil
    }

    /// Whether a file only describes an export: then it is no mail and no reject.
    static func isList(named name: some BidirectionalCollection<UInt8>) -> Bool {
        // Asked of every file that is met: most are told by their last four bytes.
        let end = name.suffix(4).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        let isCandidate = [".csv", ".xml", ".txt", ".log"].contains { end.elementsEqual($0.utf8) }
        guard isCandidate else { return false }
        let lower = lowercase(name)
        if list(named: name) != nil { return true }
        let ends = [
            "locations.csv", "summary.csv", "-metadata.xml", "-errors.xml", "-error.csv", "-md5.txt", "manifest.xml",
        ]
        return ends.contains { lower.hasSuffix($0) } || lower == "export summary.csv" || lower == "trace.log"
    }

    /// Reads a list.
    ///
    /// - Parameter body: Takes each item of a list of items, in its order.
    /// - Throws: When it has not the columns that it must have, or is no such list.
    init(_ file: any RandomAccessBytes, _ list: List, _ body: (Item) -> Void = { _ in }) throws(ContainerFault) {
        var rows = CommaSeparated(file)
        guard let head = try rows.next() else { throw ContainerFault("the list is empty") }
        let columns = head.map { Self.lowercase($0).filter { $0.isLetter || $0.isNumber } }
        func column(_ names: [String]) -> Int? {
            names.lazy.compactMap { columns.firstIndex(of: $0) }.first
        }
        switch list {
        case .items:
            let path = column(["targetpath", "exportedpath", "exportpath", "exportfilepath", "nativefilename", "path"])
            let messageID = column(["internetmessageid", "messageid", "emailinternetmessageid"])
            let identifier = column(["itemidentity", "itemid", "documentid", "immutableid", "id"])
            guard path != nil || messageID != nil else {
                throw ContainerFault("the list has neither a path nor a message id for its items")
            }
            while let row = try rows.next() {
                if row.count == 1, row[0].isEmpty { continue }
                itemCount += 1
                guard row.count == head.count else {
                    unreadable += 1
                    continue
                }
                var item = Item()
                if let path { item.path = EntryName.components(ofPath: row[path]) }
                if let messageID { item.messageID = Self.bare(row[messageID]) }
                if let identifier { item.identifier = row[identifier] }
                body(item)
            }
        case .counts:
            let account = column([
                "account", "accountname", "useremailaddress", "email", "emailaddress", "user", "username",
            ])
            let count = column([
                "count", "messagecount", "messages", "messagescount", "resultscount", "exported", "emails",
            ])
            guard let account, let count else { throw ContainerFault("the list has no accounts with counts") }
            while let row = try rows.next() {
                if row.count == 1, row[0].isEmpty { continue }
                guard row.count == head.count, counts.count < Self.mostAccounts, row[account].count <= 1024,
                    let number = UInt64(String(decoding: row[count].prefix(40), as: UTF8.self))
                else {
                    unreadable += 1
                    continue
                }
                counts.append((row[account], number))
            }
        }
    }

    /// A Message-ID without blanks and brackets.
    static func bare(_ id: some Collection<UInt8>) -> [UInt8] {
        Array(id.filter { $0 > 0x20 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") })
    }

    fileprivate static func lowercase(_ name: some Collection<UInt8>) -> String {
        String(decoding: name, as: UTF8.self).lowercased()
    }
}

extension EntryName {
    /// The names in a path that a list has, which may be written as on Windows.
    static func components(ofPath path: [UInt8]) -> [[UInt8]] {
        let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        return path.split { separators.contains($0) }.map { Array($0) }
    }
}
