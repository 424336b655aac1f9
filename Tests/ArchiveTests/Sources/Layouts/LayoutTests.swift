import ArchiveFormat
@testable import ArchiveSources
import ArchiveStorage
import Foundation
import Testing

/// What a reader says of each thing in a tree, as lines that can be compared.
func described(_ path: String, named name: String = "") throws -> [String] {
    let reader = try DirectoryReader(path: Array(path.utf8), name: Array(name.utf8))
    var lines: [String] = []
    while let event = try reader.next() { lines.append(describe(event)) }
    return lines
}

private func joined(_ names: [[UInt8]]) -> String {
    names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
}

/// Compares line by line, so that a failure shows the line.
func expectLines(_ found: [String], _ expected: [String], _ location: SourceLocation = #_sourceLocation) {
    for difference in found.difference(from: expected) {
        switch difference {
        case .insert(_, let line, _): Issue.record("not expected: \(line)", sourceLocation: location)
        case .remove(_, let line, _): Issue.record("missing: \(line)", sourceLocation: location)
        }
    }
}

func letters(_ flags: MessageFlags) -> String {
    let all: [(MessageFlags, String)] = [
        (.draft, "D"), (.flagged, "F"), (.forwarded, "P"), (.answered, "R"), (.seen, "S"), (.deleted, "T"),
    ]
    return all.filter { flags.contains($0.0) }.map(\.1).joined()
}

private func describe(_ event: SourceEvent) -> String {
    switch event {
    case .file(let file):
        let labels = file.place.labels.isEmpty ? "" : " " + joined(file.place.labels)
        return "\(joined(file.path)) -> \(file.place.folder.map(joined) ?? "=") \(file.kind?.rawValue ?? "?")"
            + (file.place.flags.isEmpty ? "" : " " + letters(file.place.flags)) + labels
    case .message(let message): return "\(message.identifier) => \(message.place.folder.map(joined) ?? "=")"
    case .failed(let failure): return "failed \(failure.identifier): \(failure.text)"
    case .expected: return "expected"
    case .kept(let file, let reason): return "\(joined(file.path)) kept: \(reason)"
    case .skipped(let path, let reason): return "\(joined(path)) skipped: \(reason)"
    }
}

@Suite("the layouts of mail programs")
struct LayoutTests {
    private func tree(_ files: [String], directories: [String] = []) throws -> Scratch {
        let scratch = try Scratch()
        for directory in directories {
            let path = scratch.path + "/" + directory
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for file in files {
            let parts = file.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            try scratch.write(String(parts[0]), Array((parts.count > 1 ? String(parts[1]) : "Subject: x\n\nx\n").utf8))
        }
        return scratch
    }

    @Test("a Maildir++ is an inbox with its folders, whatever stands for the colon")
    func maildirPlus() throws {
        let scratch = try tree(
            [
                "cur/1700000000.a:2,RS", "cur/1700000001.b!2,F", "new/c;2,T", "new/d,2,P", "cur/e-2,D", "cur/f,S=3,W=4",
                "tmp/g", ".Entw&APw-rfe.Alte Sachen/cur/h:2,Sab",
                ".Entw&APw-rfe.Alte Sachen/dovecot-keywords|0 Work\n1 To do\n",
                ".Entw&APw-rfe.Alte Sachen/maildirfolder", "dovecot.index.log", "dovecot-uidlist", "notes.txt",
                "cur/.hidden", ".Sent.A&-B/new/i",
            ],
            directories: ["new", ".Entw&APw-rfe.Alte Sachen/tmp", ".Sent.A&-B/cur"]
        )
        expectLines(
            try described(scratch.path),
            [
                ".Entw&APw-rfe.Alte Sachen/cur/h:2,Sab -> Entwürfe/Alte Sachen eml S Work/To do",
                ".Entw&APw-rfe.Alte Sachen/dovecot-keywords skipped: index",
                ".Entw&APw-rfe.Alte Sachen/maildirfolder skipped: marker",
                ".Sent.A&-B/new/i -> Sent/A&B eml",
                "cur/.hidden -> INBOX ?",
                "cur/1700000000.a:2,RS -> INBOX eml RS",
                "cur/1700000001.b!2,F -> INBOX eml F",
                "cur/e-2,D -> INBOX eml D",
                "cur/f,S=3,W=4 -> INBOX eml",
                "dovecot-uidlist skipped: index",
                "dovecot.index.log skipped: index",
                "new/c;2,T -> INBOX eml T",
                "new/d,2,P -> INBOX eml P",
                "notes.txt -> INBOX ?",
                "tmp/g skipped: undelivered",
            ]
        )
    }

    @Test("the time of arrival is in the name of a Maildir's message, when it is plausible")
    func deliveryTimes() {
        #expect(MaildirName(Array("1700000000.M1P2.host:2,S".utf8)[...]).delivered == 1_700_000_000)
        #expect(MaildirName(Array("17.M1P2.host:2,S".utf8)[...]).delivered == nil)
        #expect(MaildirName(Array("99999999999999999999.x".utf8)[...]).delivered == nil)
        #expect(MaildirName(Array("mail1".utf8)[...]).delivered == nil)
    }

    @Test("an MH folder has its flags in its sequences")
    func mh() throws {
        let scratch = try tree([
            ".mh_sequences|cur: 3\nunseen: 2-3\nflagged: 1\nreplied: 1 3\npending: 2\n", "1", "2", "3", ",4", "sub/1",
            "sub/2",
            "readme",
        ])
        expectLines(
            try described(scratch.path),
            [
                ",4 ->  ? T", ".mh_sequences skipped: index", "1 ->  eml FRS", "2 ->  eml pending", "3 ->  eml R",
                "readme ->  ?", "sub/1 -> sub eml", "sub/2 -> sub eml",
            ]
        )
    }

    @Test("a Thunderbird profile is its accounts and their folders")
    func thunderbird() throws {
        let scratch = try tree([
            "prefs.js", "global-messages-db.sqlite", "abook.sqlite", "extensions/a.xpi", "Mail/Local Folders/Inbox",
            "Mail/Local Folders/Inbox.msf", "Mail/Local Folders/Inbox.sbd/Sub", "Mail/Local Folders/Inbox.sbd/Sub.msf",
            "Mail/Local Folders/Empty|", "Mail/Local Folders/Empty.msf", "Mail/Local Folders/popstate.dat",
            "Mail/Local Folders/filterlog.html", "Mail/Local Folders/msgFilterRules.dat", "Mail/Local Folders/nstmp",
            "Mail/Local Folders/New/cur/1.eml", "Mail/Local Folders/New.msf", "ImapMail/imap.example.org/Entw&APw-rfe",
            "ImapMail/imap.example.org/Entw&APw-rfe.msf", "ImapMail/imap.example.org.msf", "unknown",
            "Mail/Local Folders/Inbox.mozmsgs/1.wdseml",
        ])
        expectLines(
            try described(scratch.path),
            [
                "ImapMail/imap.example.org/Entw&APw-rfe -> imap.example.org/Entwürfe mbox",
                "ImapMail/imap.example.org/Entw&APw-rfe.msf skipped: index",
                "ImapMail/imap.example.org.msf skipped: index",
                "Mail/Local Folders/Empty skipped: emptyMailbox",
                "Mail/Local Folders/Empty.msf skipped: index",
                "Mail/Local Folders/Inbox -> Local Folders/Inbox mbox",
                "Mail/Local Folders/Inbox.mozmsgs/1.wdseml skipped: index",
                "Mail/Local Folders/Inbox.msf skipped: index",
                "Mail/Local Folders/Inbox.sbd/Sub -> Local Folders/Inbox/Sub mbox",
                "Mail/Local Folders/Inbox.sbd/Sub.msf skipped: index",
                "Mail/Local Folders/New/cur/1.eml -> Local Folders/New eml",
                "Mail/Local Folders/New.msf skipped: index",
                "Mail/Local Folders/filterlog.html skipped: program",
                "Mail/Local Folders/msgFilterRules.dat skipped: program",
                "Mail/Local Folders/nstmp -> Local Folders/nstmp ?",
                "Mail/Local Folders/popstate.dat skipped: program",
                "abook.sqlite skipped: program", "extensions/a.xpi skipped: program",
                "global-messages-db.sqlite skipped: program", "prefs.js skipped: program", "unknown -> = ?",
            ]
        )
        #expect(try DirectoryReader(path: Array(scratch.path.utf8)).kind == .thunderbird)
    }

    @Test("Apple Mail's packages are folders, whatever is nested in them")
    func appleMail() throws {
        let id = "01234567-89AB-CDEF-0123-456789ABCDEF"
        let scratch = try tree([
            "V10/MailData/Envelope Index", "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/12.emlx",
            "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/13.emlx",
            "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/13.partial.emlx",
            "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Attachments/13/2/a.pdf",
            "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Attachments/99/2/b.pdf", "V10/\(id)/INBOX.mbox/Info.plist",
            "V10/\(id)/Work.mbox/Sub.mbox/Messages/5.emlx", "V10/\(id)/Work.mbox/Info.plist", "PersistenceInfo.plist",
            "V10/\(id)/Old.mbox/mbox", "V10/\(id)/Old.mbox/table_of_contents",
        ])
        expectLines(
            try described(scratch.path),
            [
                "PersistenceInfo.plist skipped: program",
                "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Attachments/13/2/a.pdf kept: attachment",
                "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Attachments/99/2/b.pdf -> \(id)/INBOX ?",
                "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/12.emlx -> \(id)/INBOX emlx",
                "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/13.emlx -> \(id)/INBOX emlx",
                "V10/\(id)/INBOX.mbox/\(id)/Data/1/2/Messages/13.partial.emlx skipped: partialTwin",
                "V10/\(id)/INBOX.mbox/Info.plist skipped: index",
                "V10/\(id)/Old.mbox/mbox -> \(id)/Old mbox",
                "V10/\(id)/Old.mbox/table_of_contents skipped: index",
                "V10/\(id)/Work.mbox/Info.plist skipped: index",
                "V10/\(id)/Work.mbox/Sub.mbox/Messages/5.emlx -> \(id)/Work/Sub emlx",
                "V10/MailData/Envelope Index skipped: program",
            ]
        )
        expectLines(
            try described(scratch.path + "/V10/\(id)/Work.mbox", named: "Work.mbox"),
            ["Info.plist skipped: index", "Sub.mbox/Messages/5.emlx -> Work/Sub emlx"]
        )
    }

    @Test("Evolution's folders are unescaped, KMail's are found in hidden directories")
    func evolutionAndKMail() throws {
        let scratch = try tree(
            [
                "..maildir++|maildir++ 1", ".Work.My_2EFolder/cur/1!2,S", ".Work.cmeta", "..cmeta", "folders.db",
                ".#evolution/x", "cur/2:2,", "..Below/cur/3",
            ],
            directories: ["new", "tmp", ".Work.My_2EFolder/new", "..Below/new"]
        )
        expectLines(
            try described(scratch.path),
            [
                ".#evolution/x skipped: index", "..Below/cur/3 -> Inbox/Below eml", "..cmeta skipped: index",
                "..maildir++ skipped: marker", ".Work.My_2EFolder/cur/1!2,S -> Work/My.Folder eml S",
                ".Work.cmeta skipped: index", "cur/2:2, -> Inbox eml", "folders.db skipped: index",
            ]
        )
        let kmail = try tree([
            "inbox", ".inbox.index", ".inbox.directory/sub/cur/1:2,S", ".inbox.directory/sub/new/2",
            ".inbox.directory/.sub.directory/deep", ".inbox.directory/.sub.index.ids",
        ])
        expectLines(
            try described(kmail.path),
            [
                ".inbox.directory/.sub.directory/deep -> inbox/sub/deep ?",
                ".inbox.directory/.sub.index.ids skipped: index",
                ".inbox.directory/sub/cur/1:2,S -> inbox/sub eml S", ".inbox.directory/sub/new/2 -> inbox/sub eml",
                ".inbox.index skipped: index", "inbox -> = ?",
            ]
        )
    }

    @Test("what readpst wrote keeps its folders, in each layout")
    func readpst() throws {
        // As `readpst` 0.6.76 lays out aranetic/flags_jane_doe.pst with -r, -u, -k and -S.
        let recursive = try tree(["Box/Inbox/mbox", "Box/mbox", "Box/Inbox/.size", "Box/Inbox/.type"])
        expectLines(
            try described(recursive.path),
            [
                "Box/Inbox/.size skipped: marker", "Box/Inbox/.type skipped: marker",
                "Box/Inbox/mbox -> Box/Inbox mbox",
                "Box/mbox -> Box mbox",
            ]
        )
        let kmail = try tree([".Box.directory/.Inbox.directory/Inbox.mbox", ".Box.directory/Box.mbox"])
        expectLines(
            try described(kmail.path),
            [
                ".Box.directory/.Inbox.directory/Inbox.mbox -> Box/Inbox mbox", ".Box.directory/Box.mbox -> Box mbox",
            ]
        )
        let separate = try tree(["Box/Inbox/1", "Box/Inbox/1-a.pdf", "Box/Inbox/tmp/2"])
        expectLines(
            try described(separate.path),
            ["Box/Inbox/1 -> = ?", "Box/Inbox/1-a.pdf -> = ?", "Box/Inbox/tmp/2 -> = ?"]
        )
    }

    @Test("links, resource forks and the marks of systems are told and left out")
    func leftOut() throws {
        let scratch = try tree(["a.eml", "._a.eml", ".DS_Store", "Thumbs.db", "._b"])
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/z", withDestinationPath: "/etc")
        #expect(
            try described(scratch.path) == [
                ".DS_Store skipped: index", "._a.eml skipped: resourceFork", "._b -> = ?", "Thumbs.db skipped: index",
                "a.eml -> = ?", "z skipped: link",
            ]
        )
    }

    @Test("the Maildirs and MH folders of the corpora are as Python's mailbox sees them", .enabled(if: hasCorpora))
    func corporaFolders() throws {
        let table = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden/layouts.tsv")
        let rows = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.count == 17)
        for (source, rows) in Dictionary(grouping: rows, by: { $0[0] }) {
            let reader = try DirectoryReader(path: Array("\(corpora)/\(source)".utf8))
            var folders: [String: [String]] = [:]
            while let event = try reader.next() {
                guard case .file(let file) = event, file.kind == .eml else { continue }
                let folder = joined(try #require(file.place.folder))
                folders[folder, default: []].append("\(joined(file.path))\t\(letters(file.place.flags))\n")
            }
            #expect(folders.count == rows.count, "\(source)")
            for row in rows {
                let lines = (folders[row[1]] ?? []).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
                #expect(lines.count == Int(row[3]), "\(row)")
                #expect(fnv(lines.joined()) == row[5], "\(row): \(lines)")
            }
        }
    }
}

/// FNV-1a, 64 bits.
func fnv(_ text: String) -> String { fnv(text.utf8) }

func fnv(_ bytes: some Sequence<UInt8>) -> String {
    let value = bytes.reduce(0xCBF2_9CE4_8422_2325) { (hash: UInt64, byte) in
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

let hasCorpora = FileManager.default.fileExists(atPath: corpora + "/edge")
