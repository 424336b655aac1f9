import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// The lists that a run met beside the mail, and what was met of what they name.
///
/// Labels are given to messages that come after their list and lie beside or below it. What a list of items names may have
/// been met before it, so paths and ids are remembered, up to a bound.
final class MetLists {
    /// A message, as far as lists name it.
    struct Message {
        var envelope: MailEnvelope
        var isNew: Bool
        var origin: Origin
        /// The path of the file that it is or lies in.
        var path: [[UInt8]]
    }

    private enum Check {
        case items(ListedItems)
        case counts(ListedCounts, scope: [[UInt8]])
        /// It cannot be compared; why.
        case none(String)
    }

    private var labels: [(scope: [[UInt8]], labels: VaultLabels)] = []
    private var checks: [(path: [[UInt8]], check: Check)] = []
    private var log = Log()
    private var metIDs: [UInt64] = []
    private var areIDsWhole = true
    private(set) var wantsIDs = false
    private var accounts: (path: [[UInt8]], names: [[UInt8]]) = ([], [])

    /// More lists are not compared.
    private static let mostLists = 200
    private static let mostIDs = 2_000_000

    /// Paths that were met.
    private struct Log {
        private var bytes: [UInt8] = []
        private var entries: [(start: UInt32, inner: UInt8)] = []
        private(set) var isWhole = true

        mutating func add(_ path: [[UInt8]], _ inner: Int) {
            guard isWhole, bytes.count + path.reduce(0, { $0 + $1.count + 1 }) <= 32 << 20 else {
                isWhole = false
                return
            }
            entries.append((UInt32(bytes.count), UInt8(clamping: inner)))
            for name in path {
                bytes += name
                bytes.append(0)
            }
        }

        func forEach(_ body: ([[UInt8]], Int) -> Void) {
            for (index, entry) in entries.enumerated() {
                let end = index + 1 < entries.count ? Int(entries[index + 1].start) : bytes.count
                let path = bytes[Int(entry.start)..<end].split(separator: 0).map { Array($0) }
                body(path, Int(entry.inner))
            }
        }
    }

    // MARK: Lists

    /// Takes a list in, and tells what is wrong with it; nil when nothing is.
    ///
    /// - Parameter isLate: Whether what it describes may have been met already.
    func add(_ file: any RandomAccessBytes, at path: [[UInt8]], isLate: Bool) throws(StorageError) -> String? {
        guard let name = path.last else { return nil }
        let ending = Array("-metadata.xml".utf8)
        if name.suffix(ending.count).map(PathHash.lower) == ending { return try addLabels(file, at: path) }
        guard let list = ExpectedItems.list(named: name) else { return nil }
        guard checks.count < Self.mostLists else { return "there are too many lists: it was not compared" }
        do throws(ContainerFault) {
            switch list {
            case .items: return try addItems(file, at: path)
            case .counts:
                let counts = try ListedCounts(file, at: path)
                let isComparable = !isLate
                let text = "it came after messages that it counts: it was not compared"
                checks.append((path, isComparable ? .counts(counts, scope: Array(path.dropLast())) : .none(text)))
            }
        } catch {
            return "the list cannot be read, so nothing was compared with it: \(error.description)"
        }
        return nil
    }

    private func addLabels(_ file: any RandomAccessBytes, at path: [[UInt8]]) throws(StorageError) -> String? {
        guard labels.count < Self.mostLists else { return "there are too many lists: its labels were not taken" }
        let held = labels.reduce(0) { $0 + $1.labels.keyCount }
        let found = try VaultLabels(file, room: VaultLabels.mostKeys - held)
        if found.keyCount > 0 {
            labels.append((Array(path.dropLast()), found))
            wantsIDs = true
        }
        guard found.documentCount > 0 || found.fault != nil else { return nil }
        return found.fault.map { "its labels were taken as far as it can be read: \($0)" }
    }

    private func addItems(_ file: any RandomAccessBytes, at path: [[UInt8]]) throws(ContainerFault) -> String? {
        var held = 0
        for entry in checks { if case .items(let items) = entry.check { held += items.rowCount } }
        var items = try ListedItems(file, room: ListedItems.mostRows - held)
        guard log.isWhole else {
            checks.append((path, .none("it came after more files than are remembered: it was not compared")))
            return nil
        }
        log.forEach { items.meet($0, inner: $1) }
        for id in metIDs { items.meet(id: id) }
        if items.hasIDs { wantsIDs = true }
        checks.append((path, .items(items)))
        return nil
    }

    // MARK: What was met

    /// A reader has given something.
    func meet(_ event: SourceEvent, below base: [[UInt8]]) {
        switch event {
        case .file(let found), .kept(let found, _): meet(base + found.path, base.count)
        case .skipped(let path, _): meet(base + path, base.count)
        case .message(let found): if let path = found.path { meet(base + path, base.count) }
        case .failed(let found):
            meet(base + found.identifier.split(separator: "/").map { Array($0.utf8) }, base.count)
        case .expected: break
        }
    }

    /// A file was met by an earlier part of the run.
    func meet(_ path: [[UInt8]]) { meet(path, 0) }

    private func meet(_ path: [[UInt8]], _ inner: Int) {
        log.add(path, inner)
        for index in checks.indices {
            // Taken out meanwhile, so that it is changed where it stands.
            guard case .items(var items) = checks[index].check else { continue }
            checks[index].check = .none("")
            items.meet(path, inner: inner)
            checks[index].check = .items(items)
        }
    }

    /// A message was met: gives its place, with what lists say of it.
    func take(_ message: Message, _ place: FoundPlace) -> FoundPlace {
        take(id: message.envelope.messageID, isRead: message.isNew || wantsIDs)
        guard !checks.isEmpty || !labels.isEmpty else { return place }
        count(1, at: message.path)
        guard let found = labels(of: message) else { return place }
        var said = VaultLabels.place(found.labels)
        if !found.account.isEmpty { said.mailbox = found.account }
        var place = place.adding(said)
        place.mailbox = place.mailbox ?? said.mailbox
        return place
    }

    /// Messages were met by an earlier part of the run.
    func takeUnread(_ number: UInt64, at path: [[UInt8]]) {
        areIDsWhole = false
        count(number, at: path)
    }

    private func take(id: [UInt8]?, isRead: Bool) {
        guard let id else {
            if !isRead { areIDsWhole = false }
            return
        }
        let hash = PathHash(ExpectedItems.bare(id)).value
        if metIDs.count < Self.mostIDs { metIDs.append(hash) } else { areIDsWhole = false }
        for index in checks.indices {
            guard case .items(var items) = checks[index].check else { continue }
            checks[index].check = .none("")
            items.meet(id: hash)
            checks[index].check = .items(items)
        }
    }

    private func count(_ number: UInt64, at path: [[UInt8]]) {
        for index in checks.indices {
            guard case .counts(var counts, let scope) = checks[index].check, path.starts(with: scope) else { continue }
            checks[index].check = .none("")
            counts.meet(path, number)
            checks[index].check = .counts(counts, scope: scope)
        }
    }

    private func labels(of message: Message) -> VaultLabels.Found? {
        for (scope, labels) in labels where message.path.starts(with: scope) {
            for key in keys(of: message) { if let found = labels.found(key) { return found } }
            guard let id = message.envelope.messageID else { continue }
            if accounts.path != message.path {
                accounts = (message.path, AccountNames.all(in: message.path.dropFirst(scope.count)))
            }
            for account in accounts.names { if let found = labels.found(id, of: account) { return found } }
            if let found = labels.found(id) { return found }
        }
        return nil
    }

    /// What a message may be called: what its separator in an MBOX names, the name of its file.
    private func keys(of message: Message) -> [ArraySlice<UInt8>] {
        var keys: [ArraySlice<UInt8>] = []
        let lead = message.origin.lead
        let ends: [UInt8] = [0x0A, 0x0D]
        let end = lead.lastIndex { !ends.contains($0) }.map { $0 + 1 } ?? 0
        let start = lead[..<end].lastIndex { ends.contains($0) }.map { $0 + 1 } ?? 0
        if lead[start..<end].starts(with: "From ".utf8) {
            let sender = lead[(start + 5)..<end].prefix { $0 != 0x20 }
            keys.append(sender)
            if let at = sender.firstIndex(of: UInt8(ascii: "@")), at > sender.startIndex {
                keys.append(sender[..<at])
            }
        } else if let name = message.path.last {
            keys.append(name[...])
            if let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 { keys.append(name[..<dot]) }
        }
        return keys
    }

    // MARK: The end

    /// What each list shows, in the order in which they were met.
    func compared() -> [(path: [[UInt8]], result: ListComparison)] {
        checks.map { path, check in
            switch check {
            case .items(let items): return (path, items.compared(areIDsWhole: areIDsWhole))
            case .counts(let counts, _): return (path, counts.compared())
            case .none(let text):
                var result = ListComparison()
                result.notes = [text]
                return (path, result)
            }
        }
    }
}
