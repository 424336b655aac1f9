import ArchiveStorage

/// How many messages a list says that accounts have, and how many were met.
///
/// Whose a message is, the name of its file tells: `<export>-<account>-….mbox`.
struct ListedCounts {
    private struct Tally {
        var count: UInt64 = 0
        var byAccount: [UInt64]

        mutating func add(_ number: UInt64, _ account: Int?) {
            count += number
            if let account { byAccount[account] += number }
        }
    }

    private let accounts: [(name: [UInt8], count: UInt64)]
    private var positions: [[UInt8]: Int] = [:]
    /// What the files of the same export are called at their beginning.
    private let stem: [UInt8]
    private var all: Tally
    private var ofStem: Tally
    private var last: (path: [[UInt8]], account: Int?, isOfStem: Bool)?
    private let unreadable: Int
    private let scopeCount: Int

    /// Reads the list.
    ///
    /// - Parameter path: Where it lies: it tells of what lies beside it and below.
    init(_ file: any RandomAccessBytes, at path: [[UInt8]]) throws(ContainerFault) {
        let list = try ExpectedItems(file, .counts)
        accounts = list.counts.map { ($0.account, $0.count) }
        unreadable = list.unreadable
        for (index, entry) in accounts.enumerated() { positions[entry.name.map(PathHash.lower)] = index }
        var stem = path.last ?? []
        for end in ["-results-count.csv", "results-count.csv", "-result-counts.csv", "result-counts.csv"]
        where stem.count >= end.utf8.count && stem.suffix(end.utf8.count).map(PathHash.lower).elementsEqual(end.utf8) {
            stem.removeLast(end.utf8.count)
            break
        }
        self.stem = stem
        scopeCount = max(0, path.count - 1)
        all = Tally(byAccount: [UInt64](repeating: 0, count: accounts.count))
        ofStem = all
    }

    /// Messages were met.
    ///
    /// - Parameter path: The file that they lie in.
    mutating func meet(_ path: [[UInt8]], _ count: UInt64) {
        if last.map({ $0.path != path }) ?? true {
            let below = path.dropFirst(scopeCount)
            let name = AccountNames.all(in: below).first { positions[$0] != nil }
            let account = name.flatMap { positions[$0] }
            last = (path, account, !stem.isEmpty && below.first?.starts(with: stem) == true)
        }
        guard let last else { return }
        all.add(count, last.account)
        if last.isOfStem { ofStem.add(count, last.account) }
    }

    func compared() -> ListComparison {
        var result = ListComparison()
        // Of several exports in one folder, each list tells of its own.
        let met = ofStem.count > 0 ? ofStem : all
        result.listed = accounts.reduce(0) { $0.addingReportingOverflow($1.count).partialValue }
        let byAccount = met.byAccount.reduce(0, +)
        if byAccount > 0, byAccount == met.count {
            for (entry, count) in zip(accounts, met.byAccount) {
                result.met &+= min(entry.count, count)
                guard count < entry.count, result.missing.count < ListShortfall.mostMissing else { continue }
                let name = String(decoding: entry.name.prefix(200), as: UTF8.self)
                result.missing.append("\(name): \(entry.count) listed, \(count) met")
            }
        } else {
            result.met = min(met.count, result.listed)
        }
        if unreadable > 0 { result.notes.append("\(unreadable) of its rows cannot be understood") }
        return result
    }
}

/// Addresses in the names of files.
enum AccountNames {
    private static let most = 64

    /// What may be an address, in lower case, the longest first; of one address there are several readings, since a hyphen
    /// may be a part of it or stand before or behind it.
    static func all(in path: some Collection<[UInt8]>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for name in path {
            guard let at = name.firstIndex(of: UInt8(ascii: "@")) else { continue }
            let isEdge = { (byte: UInt8) in "-_ ()[].,~+".utf8.contains(byte) }
            let starts = [0] + (0..<at).filter { isEdge(name[$0]) && $0 + 1 < at }.map { $0 + 1 }
            let ends = (at + 1..<name.count).filter { isEdge(name[$0]) && $0 > at + 1 }.reversed()
            for end in ([name.count] + ends).prefix(16) {
                for start in starts.prefix(16) where found.count < most * 4 {
                    found.append(name[start..<end].map(PathHash.lower))
                }
            }
        }
        return Array(found.sorted { $0.count > $1.count }.prefix(most * 4))
    }
}
