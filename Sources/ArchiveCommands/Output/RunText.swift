import ArchiveFormat
import ArchiveReader

/// An import as text.
enum RunText {
    static func line(_ run: Run, number: Int) -> String {
        "\(MessageText.padded("\(number)", 4)) \(hexadecimal(run.id).prefix(8))  \(CalendarText.minute(run.start))  "
            + "\(MessageText.padded(KindText.run(run.kind), 14)) \(MessageText.padded(state(run), 10))  "
            + "\(MailText.safe(String(decoding: run.name, as: UTF8.self))): \(CountText.line(run.counts))"
    }

    static func count(_ count: UInt64, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    static func state(_ run: Run) -> String { run.isComplete ? "complete" : "broken off" }
}

/// One import with all that the archive knows of it.
struct RunAccount {
    private let catalogue: Catalogue
    private let index: Int
    private let run: Run
    private let files: [SourceFileEntry]
    private let rejects: [RejectEntry]
    /// Messages that the import put in each folder: known of an import that was broken off as well.
    private let messageCounts: [Int: UInt64]

    /// More than so many of one thing are counted, not listed; JSON has them all.
    private static let most = 200

    init(_ index: Int, _ catalogue: Catalogue) {
        self.catalogue = catalogue
        self.index = index
        run = catalogue.runs[index]
        files = catalogue.files.filter { $0.run == index }.sorted { $0.number < $1.number }
        rejects = catalogue.rejects.filter { $0.run == index && !$0.isKept }
        var counts: [Int: UInt64] = [:]
        for message in catalogue.messages {
            for placement in message.placements where placement.run == index {
                counts[placement.folder, default: 0] += 1
            }
        }
        messageCounts = counts
    }

    private struct FolderLine {
        var account: Run.FolderAccount
        var messageCount: UInt64
    }

    private var folders: [FolderLine] {
        var counts: [Folder: UInt64] = [:]
        for (position, count) in messageCounts { counts[catalogue.folders[position]] = count }
        var lines = run.folderAccounts.map { account in
            FolderLine(account: account, messageCount: counts.removeValue(forKey: account.folder) ?? 0)
        }
        for position in messageCounts.keys.sorted() {
            guard let count = counts[catalogue.folders[position]] else { continue }
            lines.append(
                FolderLine(account: Run.FolderAccount(folder: catalogue.folders[position]), messageCount: count)
            )
        }
        return lines
    }

    private func path(_ file: SourceFileEntry) -> String {
        let path = file.path.isEmpty ? [run.name] : file.path
        return path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    // MARK: Text

    func print() {
        func fact(_ label: String, _ text: String) {
            Output.standard.line(MessageText.padded(label, 10) + MailText.safe(text))
        }
        fact("import", "\(index + 1), \(hexadecimal(run.id))")
        fact("source", "\(String(decoding: run.name, as: UTF8.self)) (\(KindText.run(run.kind)))")
        if let hash = run.sourceHash { fact("hash", hash.hex) }
        fact("start", CalendarText.internet(run.start))
        if let end = run.end { fact("end", CalendarText.internet(end)) }
        var state = RunText.state(run)
        if run.continuedCount > 0 { state += ", continued \(RunText.count(run.continuedCount, "time"))" }
        fact("state", state)
        fact("account", "\(CountText.line(run.counts)), \(Units.bytes(run.counts.byteCount))")
        for entry in run.skipped {
            fact("left out", "\(entry.count) × \(String(decoding: entry.reason, as: UTF8.self))")
        }
        for entry in run.lists {
            let path = String(decoding: Array(entry.path.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
            var text = "\(path): \(entry.listed) listed, \(entry.met) met"
            if entry.met < entry.listed { text += ": \(entry.listed - entry.met) MISSING" }
            fact("list", text)
        }
        list("Folders:", folders) { line($0) }
        // A tree of EML files is told by its folders.
        let plain = files.count { $0.kind == SourceFileKind.eml.rawValue }
        list("Files:", files.filter { $0.kind != SourceFileKind.eml.rawValue || files.count == 1 }) { line($0) }
        if plain > 0, files.count > 1 { Output.standard.line("    \(plain) EML files") }
        let paths = Dictionary(files.map { ($0.number, path($0)) }) { $1 }
        list("Rejected:", rejects) { line($0, paths) }
    }

    private func list<Entry>(_ title: String, _ entries: [Entry], _ line: (Entry) -> String) {
        guard !entries.isEmpty else { return }
        Output.standard.line(title)
        for entry in entries.prefix(RunAccount.most) { Output.standard.line("    \(MailText.safe(line(entry)))") }
        if entries.count > RunAccount.most {
            Output.standard.line("    … and \(entries.count - RunAccount.most) more (all of them with --json)")
        }
    }

    private func line(_ entry: FolderLine) -> String {
        let account = entry.account
        var text = FolderText.name(account.folder) + ": "
        text += account.counts.map { CountText.line($0) } ?? RunText.count(entry.messageCount, "message")
        if let expected = account.expected {
            text += "; the source counts \(expected)"
            if let found = account.counts?.found, found < expected { text += ": \(expected - found) MISSING" }
        }
        return text
    }

    private func line(_ file: SourceFileEntry) -> String {
        var text = "\(path(file)): \(KindText.dialect(file.dialect) ?? KindText.file(file.kind))"
        if !file.evidence.isEmpty { text += " (\(String(decoding: file.evidence, as: UTF8.self)))" }
        text += ", \(Units.bytes(file.size)), \(RunText.count(file.pieceCount, file.isOpened ? "item" : "piece"))"
        if file.isUnfinished { text += "; broken off" }
        if file.isOpened { text += "; what was in it is kept, not the file" }
        return text
    }

    private func line(_ reject: RejectEntry, _ paths: [UInt64: String]) -> String {
        var text = paths[reject.file] ?? FolderText.name(catalogue.folders[reject.folder])
        if !reject.item.isEmpty { text += ", item \(String(decoding: reject.item, as: UTF8.self))" }
        text += " at \(reject.offset), \(Units.bytes(reject.size)): \(KindText.reason(reject.reason))"
        if !reject.text.isEmpty { text += " (\(String(decoding: reject.text, as: UTF8.self)))" }
        return text
    }

    // MARK: JSON

    func printJSON(_ head: [(String, JSONValue)]) {
        let paths = Dictionary(files.map { ($0.number, path($0)) }) { $1 }
        let found = folders.map { entry -> JSONValue in
            .object([
                ("folder", FolderText.json(entry.account.folder)), ("messageCount", .unsigned(entry.messageCount)),
                ("counts", entry.account.counts.map { CountText.json($0) } ?? .null),
                ("expected", entry.account.expected.map { .unsigned($0) } ?? .null),
            ])
        }
        let rejected = rejects.map { reject -> JSONValue in
            .object([
                ("path", .optional(paths[reject.file])),
                ("folder", FolderText.json(catalogue.folders[reject.folder])),
                ("item", reject.item.isEmpty ? .null : .text(reject.item)),
                ("offset", .unsigned(reject.offset)), ("size", .unsigned(reject.size)),
                ("reason", .string(KindText.reason(reject.reason))), ("detail", .text(reject.text)),
            ])
        }
        Output.standard.json(
            head + [("number", .number(Int64(index + 1))), ("run", CountText.json(run)), ("folders", .array(found))]
                + [("rejects", .array(rejected))],
            "files",
            files
        ) { file in
            .object([
                ("path", .string(path(file))), ("size", .unsigned(file.size)),
                ("kind", .string(KindText.file(file.kind))), ("dialect", .optional(KindText.dialect(file.dialect))),
                ("evidence", .text(file.evidence)), ("pieceCount", .unsigned(file.pieceCount)),
                ("unfinished", .bool(file.isUnfinished)), ("madeAgain", .bool(file.isMadeAgain)),
            ])
        }
    }
}
