import ArchiveFormat
import ArchiveReader

/// The account of an import, and the import itself as JSON.
enum CountText {
    static func json(_ counts: ImportCounts) -> JSONValue {
        .object([
            ("found", .unsigned(counts.found)), ("stored", .unsigned(counts.stored)),
            ("alreadyThere", .unsigned(counts.alreadyThere)), ("rejected", .unsigned(counts.rejected)),
            ("bytes", .unsigned(counts.byteCount)),
        ])
    }

    static func json(_ run: Run) -> JSONValue { .object(members(run)) }

    static func members(_ run: Run) -> [(String, JSONValue)] {
        let folders = run.folderAccounts.map { entry -> JSONValue in
            .object([
                ("folder", FolderText.json(entry.folder)),
                ("counts", entry.counts.map { json($0) } ?? .null),
                ("expected", entry.expected.map { .unsigned($0) } ?? .null),
            ])
        }
        let skipped = run.skipped.map { entry -> JSONValue in
            .object([("reason", .text(entry.reason)), ("count", .unsigned(entry.count))])
        }
        let lists = run.lists.map { entry -> JSONValue in
            .object([
                ("list", .text(Array(entry.path.joined(separator: [UInt8(ascii: "/")])))),
                ("found", .unsigned(entry.met)), ("expected", .unsigned(entry.listed)),
            ])
        }
        return [
            ("id", .string(hexadecimal(run.id))), ("source", .text(run.name)),
            ("kind", .string(KindText.run(run.kind))),
            ("start", .string(CalendarText.internet(run.start))),
            ("end", .optional(run.end.map { CalendarText.internet($0) })), ("complete", .bool(run.isComplete)),
            ("continuedCount", .unsigned(run.continuedCount)), ("hash", .optional(run.sourceHash?.hex)),
            ("counts", json(run.counts)), ("folders", .array(folders)), ("skipped", .array(skipped)),
            ("lists", .array(lists)),
        ]
    }

    static func line(_ counts: ImportCounts) -> String {
        "\(counts.found) found = \(counts.stored) stored + \(counts.alreadyThere) already there "
            + "+ \(counts.rejected) rejected"
    }
}

extension Run {
    /// The account of a folder; `counts` is nil where the run has none, `expected` where the source says nothing.
    struct FolderAccount {
        var folder: Folder
        var counts: ImportCounts?
        var expected: UInt64?
    }

    /// Each folder that the run or its source has a number for.
    var folderAccounts: [FolderAccount] {
        var accounts = folders.map { FolderAccount(folder: $0.folder, counts: $0.counts) }
        var positions: [Folder: Int] = [:]
        for (index, account) in accounts.enumerated() { positions[account.folder] = index }
        // Where the list is whole, a folder that it leaves out gave nothing.
        let isWhole = folders.reduce(0 as UInt64) { $0 &+ $1.counts.found } == counts.found
        for (folder, count) in expected {
            if let position = positions[folder] {
                accounts[position].expected = count
            } else {
                accounts.append(FolderAccount(folder: folder, counts: isWhole ? ImportCounts() : nil, expected: count))
            }
        }
        return accounts
    }
}
