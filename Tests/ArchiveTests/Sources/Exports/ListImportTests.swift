import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import Foundation
import Testing

@testable import ArchiveSources

/// Exports made by hand; what is expected of them was counted by hand.
@Suite("lists beside the mail")
struct ListImportTests {
    private static func mail(_ id: String) -> String {
        "From: ada@example.org\r\nSubject: \(id)\r\nMessage-ID: <\(id)@example.org>\r\n\r\ntext of \(id)\r\n"
    }

    private static func mbox(_ ids: String...) -> String {
        ids.map { "From ada@example.org Fri Nov 21 09:55:06 1997\n" + mail($0).replacing("\r\n", with: "\n") + "\n" }
            .joined()
    }

    private static func list(_ rows: [String]) -> String {
        "\u{FEFF}Item Identity,Subject,Target Path,Internet Message Id\r\n"
            + rows.enumerated().map {
                "\($0.offset),\"a, \"\"b\"\"\r\nc\",Exchange\\me\\Inbox\\\($0.element).eml,<\($0.element)@example.org>\r\n"
            }.joined()
    }

    private static func document(_ id: String, _ account: String, _ labels: String) -> String {
        "<Document DocID='\(id)'><Tags><Tag TagName='Labels' TagDataType='Text' TagValue='\(labels)'/>"
            + "<Tag TagName='RFC822MessageID' TagValue='&lt;\(id)@example.org&gt;'/></Tags>"
            + "<Locations><Location><Custodian>\(account)</Custodian></Location></Locations></Document>"
    }

    private static func metadata(_ documents: String...) -> String {
        "<?xml version='1.0' encoding='UTF-8'?><Root><Batch><Documents>\(documents.joined())</Documents></Batch></Root>"
    }

    private static func take(
        _ source: String,
        into storage: MemoryStorage,
        _ root: RootKeys
    ) throws -> ImportReport {
        let report = try Importer.run(storage, as: .root(root), sources: [source], options: ImportOptions())
        #expect(report.counts.isBalanced)
        return report
    }

    private static func write(
        _ form: String,
        _ entries: [(String, String)],
        in scratch: Scratch
    ) throws -> String {
        let packed = entries.map { Packing.Entry($0.0, $0.1) }
        switch form {
        case "zip": try scratch.write("export.zip", Packing.pack(.zip, packed))
        case "tar": try scratch.write("export.tar", Packing.records(.none, packed))
        default:
            for (name, text) in entries { try scratch.write("export/\(name)", Array(text.utf8)) }
            return scratch.path + "/export"
        }
        return scratch.path + "/export.\(form)"
    }

    private static func catalogue(_ storage: MemoryStorage) throws -> Catalogue {
        try Archive(opening: storage, with: .passphrase(Passphrase("open sesame"))).catalogue
    }

    // MARK: eDiscovery

    @Test("an item that a list names and the export has not is told, in each import", arguments: ["", "zip", "tar"])
    func missing(form: String) throws {
        let scratch = try Scratch()
        let mail = ["1", "2", "extra"].map { ("Exchange/me/Inbox/\($0).eml", Self.mail($0)) }
        let lists = [("Items.csv", Self.list(["1", "2", "2", "3"])), ("Summary.csv", "what it was\n")]
        let source = try Self.write(form, mail + lists, in: scratch)
        let (storage, root) = try RoundTripTests.make()
        for stored: UInt64 in [3, 0] {
            let report = try Self.take(source, into: storage, root)
            #expect(report.counts.found == 3 && report.counts.stored == stored && report.rejects.isEmpty)
            let shortfall = ListShortfall(
                list: "Items.csv",
                expected: 4,
                found: 3,
                missing: ["Exchange/me/Inbox/3.eml"]
            )
            #expect(report.listShortfalls == [[shortfall]] && !report.isAccountedFor)
            #expect(report.skipped[0][.list] == 2 && report.notes == [[]])
        }
        for run in try Self.catalogue(storage).runs {
            #expect(run.lists.map { Given.text($0.path) } == ["Items.csv"])
            #expect(run.lists.map(\.listed) == [4] && run.lists.map(\.met) == [3])
        }
    }

    @Test("an export that has all that its list names is accounted for", arguments: ["", "zip", "tar"])
    func whole(form: String) throws {
        let scratch = try Scratch()
        let mail = ["1", "2", "3"].map { ("top/Exchange/me/Inbox/\($0).eml", Self.mail($0)) }
        let source = try Self.write(form, mail + [("top/Items.csv", Self.list(["1", "2", "3"]))], in: scratch)
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(source, into: storage, root)
        #expect(report.isAccountedFor && report.counts.stored == 3)
    }

    @Test("items that are no files of the export are found by their Message-ID, each copy for itself")
    func byMessageID() throws {
        let scratch = try Scratch()
        try scratch.write("in/reports/Items.csv", Array(Self.list(["1", "2", "2", "3"]).utf8))
        try scratch.write("in/a.mbox", Array(Self.mbox("1", "2").utf8))
        let (storage, root) = try RoundTripTests.make()
        let first = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(first.listShortfalls[0].first?.found == 2 && first.listShortfalls[0].first?.missing.count == 2)
        // The ids of messages that the archive has are read only where a list came first.
        try FileManager.default.moveItem(
            atPath: scratch.path + "/in/reports/Items.csv",
            toPath: scratch.path + "/in/Items.csv"
        )
        let second = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(second.counts.alreadyThere == 2 && second.listShortfalls[0].first?.found == 2)
    }

    @Test("lists come before what is beside them, and each file is given once")
    func order() throws {
        let scratch = try Scratch()
        let names = ["a/1.eml", "a/x-metadata.xml", "a/b/Items.csv", "a/b/2.eml", "0.eml", "z-results-count.csv"]
        for name in names { try scratch.write("in/\(name)", [0x61]) }
        let reader = try DirectoryReader(path: Array((scratch.path + "/in").utf8))
        var paths: [String] = []
        while let event = try reader.next() {
            if case .file(let found) = event { paths.append(Given.text(found.path)) }
        }
        #expect(
            paths == [
                "z-results-count.csv", "0.eml", "a/x-metadata.xml", "a/1.eml", "a/b/Items.csv", "a/b/2.eml",
            ]
        )
        let zip = Packing.pack(.zip, names.map { Packing.Entry($0, "a") })
        let given = try Given(ContainerReader(MemoryBytes(zip, name: "x.zip"), name: Array("x.zip".utf8)))
        #expect(
            given.paths == [
                "a/x-metadata.xml", "a/b/Items.csv", "z-results-count.csv", "a/1.eml", "a/b/2.eml", "0.eml",
            ]
        )
    }

    @Test("an import that went on after it was stopped is held against the whole list", arguments: ["", "zip"])
    func continued(form: String) throws {
        let scratch = try Scratch()
        let names = (0..<600).map { "\($0)" }
        var entries = names.map { ("Exchange/me/Inbox/\($0).eml", Self.mail($0)) }
        if form == "zip" {
            let inner = Packing.pack(.zip, entries.map { Packing.Entry($0.0, $0.1) })
            entries = []
            try scratch.write("export/a.zip", inner)
            try scratch.write("export/b.mbox", Array(Self.mbox("x", "y").utf8))
        }
        _ = try Self.write("", entries + [("Items.csv", Self.list(names + ["missing"]))], in: scratch)
        let old = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -3600)]
        for case let name as String in try #require(FileManager.default.enumerator(atPath: scratch.path)) {
            try FileManager.default.setAttributes(old, ofItemAtPath: scratch.path + "/" + name)
        }
        let (storage, root) = try RoundTripTests.make()
        for most: UInt64 in [100, .max] {
            var found: UInt64 = 0
            let report = try Importer.run(
                storage,
                as: .root(root),
                sources: [scratch.path + "/export"],
                options: ImportOptions(),
                progress: { found = $0.found },
                shouldStop: { found >= most }
            )
            #expect(report.isInterrupted == (most == 100))
            let missing = report.listShortfalls.joined().map(\.missing)
            #expect(missing == (report.isInterrupted ? [] : [["Exchange/me/Inbox/missing.eml"]]))
        }
    }

    // MARK: Vault

    private static func vault(bob: UInt64) -> [(String, String)] {
        [
            ("Case-results-count.csv", "Account,Count\nada@example.org,2\n\"bob@example.org\",\(bob)\n"),
            (
                "Case-metadata.xml",
                metadata(
                    document("1", "ada@example.org", "^INBOX,^OPENED,Work/Big"),
                    document("2", "ada@example.org", "^SENT"),
                    document("1", "bob@example.org", "^TRASH,^STARRED")
                )
            ),
        ]
    }

    private static func writeVault(bob: UInt64, in scratch: Scratch) throws {
        for (name, text) in vault(bob: bob) { try scratch.write("in/\(name)", Array(text.utf8)) }
        let boxes = [
            Packing.Entry("Case-ada@example.org-x1.mbox", mbox("1", "2")),
            Packing.Entry("Case-bob@example.org-x2.mbox", mbox("1")),
        ]
        try scratch.write("in/Case-1.zip", Packing.pack(.zip, boxes))
    }

    @Test(
        "Vault's labels give folders, flags and labels, for each account its own, known messages too",
        arguments: [false, true]
    )
    func labels(isKnown: Bool) throws {
        let scratch = try Scratch()
        try Self.writeVault(bob: 1, in: scratch)
        let (storage, root) = try RoundTripTests.make()
        if isKnown {
            try scratch.write("before.mbox", Array(Self.mbox("1", "2").utf8))
            _ = try Self.take(scratch.path + "/before.mbox", into: storage, root)
        }
        let report = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(report.isAccountedFor && report.counts.found == 3 && report.counts.stored == (isKnown ? 0 : 2))
        #expect(report.runs[0].lists.map(\.listed) == [3] && report.runs[0].lists.map(\.met) == [3])
        let catalogue = try Self.catalogue(storage)
        let last = catalogue.runs.count - 1
        var places: [String: Set<String>] = [:]
        for message in catalogue.messages {
            let subject = String(decoding: message.envelope.subject ?? [], as: UTF8.self)
            for place in message.placements where place.run == last {
                let folder = catalogue.folders[place.folder]
                let flags = [(MessageFlags.seen, "S"), (.flagged, "F")].filter { place.flags.contains($0.0) }.map(\.1)
                let text = String(decoding: folder.mailbox, as: UTF8.self) + ":" + Given.text(folder.path)
                places[subject, default: []].insert("\(text) \(flags.joined()) \(place.labels.count)")
            }
        }
        #expect(
            places == [
                "1": [
                    "ada@example.org:Case-1/Inbox S 3", "ada@example.org:Case-1/Work/Big S 3",
                    "bob@example.org:Case-1/Trash F 2",
                ],
                "2": ["ada@example.org:Case-1/Sent  1"],
            ]
        )
    }

    @Test("an account of which Vault counts more than came is told")
    func counts() throws {
        let scratch = try Scratch()
        try Self.writeVault(bob: 2, in: scratch)
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(scratch.path + "/in", into: storage, root)
        let shortfall = ListShortfall(
            list: "Case-results-count.csv",
            expected: 4,
            found: 3,
            missing: ["bob@example.org: 2 listed, 1 met"]
        )
        #expect(report.listShortfalls == [[shortfall]])
    }

    // MARK: Hostile lists

    @Test(
        "a list that cannot be read is kept and told, and changes nothing else",
        arguments: [
            ("Items.csv", "a,b\n1,2\n"), ("Items.csv", "path\n\"x"), ("Items.csv", "path,\"x\n1"), ("Items.csv", "\n"),
            ("x-metadata.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><Root><Document/></Root>"),
            ("x-metadata.xml", "<Root><a>"),
            ("x-metadata.xml", String(repeating: "<a>", count: 100_000)), ("x-results-count.csv", "a,b\n"),
            ("Items.csv", "path\n" + String(repeating: "x", count: 2 << 20)),
            ("Items.csv", String(repeating: "path,", count: 100_000)),
        ]
    )
    func damaged(name: String, text: String) throws {
        let scratch = try Scratch()
        try scratch.write("in/\(name)", Array(text.utf8))
        try scratch.write("in/1.eml", Array(Self.mail("1").utf8))
        let (storage, root) = try RoundTripTests.make()
        let report = try Self.take(scratch.path + "/in", into: storage, root)
        #expect(report.isAccountedFor && report.counts.found == 1 && report.counts.stored == 1)
        #expect(report.notes[0].count == 1 && report.skipped[0][.list] == 1)
        #expect(report.notes[0].first?.hasPrefix(name) == true)
    }

    @Test("a row of a list is bounded as a whole")
    func longRow() {
        let row = String(repeating: String(repeating: "x", count: 1 << 19) + ",", count: 5)
        var list = CommaSeparated(MemoryBytes(Array(row.utf8), name: "x"))
        #expect(throws: ContainerFault.self) { try list.next() }
    }

    @Test("mail under the name of a list is mail")
    func mailNamedList() throws {
        let scratch = try Scratch()
        try scratch.write("in/x-metadata.xml", Array(Self.mbox("1", "2").utf8))
        let (storage, root) = try RoundTripTests.make()
        #expect(try Self.take(scratch.path + "/in", into: storage, root).counts.stored == 2)
    }
}
