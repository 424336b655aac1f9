import ArchiveFormat
import ArchiveStorage
import Foundation
import Testing

@testable import ArchiveSources

@Suite("exports")
struct ExportTests {
    private static func file(_ text: String) -> MemoryBytes { MemoryBytes(Array(text.utf8), name: "x") }

    private static func rows(_ bytes: [UInt8]) throws -> [[String]] {
        var list = CommaSeparated(MemoryBytes(bytes, name: "x"))
        var rows: [[String]] = []
        while let row = try list.next() { rows.append(row.map { String(decoding: $0, as: UTF8.self) }) }
        return rows
    }

    /// Expected values: RFC 4180 §2 and its grammar, by hand.
    @Test(
        "comma-separated values are read as RFC 4180 has it",
        arguments: [
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("\"a\",\"b\r\nc\",\"d\"\"e\"\r\n", [["a", "b\r\nc", "d\"e"]]), (",\r\n", [["", ""]]),
            ("\"\",x\n\n", [["", "x"], [""]]), ("\u{FEFF}a,b\n", [["a", "b"]]), ("", []),
        ]
    )
    func values(text: String, expected: [[String]]) throws {
        #expect(try Self.rows(Array(text.utf8)) == expected)
        let wide: [UInt8] =
            [0xFF, 0xFE]
            + text.replacingOccurrences(of: "\u{FEFF}", with: "").utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try Self.rows(wide) == expected)
    }

    @Test("a list whose quotes are wrong is refused", arguments: ["a\"b,c\n", "\"a\"b,c\n", "\"a"])
    func wrongQuotes(text: String) { #expect(throws: ContainerFault.self) { try Self.rows(Array(text.utf8)) } }

    @Test("Items.csv gives the items by path and message id")
    func items() throws {
        let text =
            "Item Identity,Subject,Target Path,Internet Message Id\r\n"
            + "1,\"a, \"\"b\"\"\r\nc\",Exchange\\me\\Inbox\\1.eml,<x@example.org>\r\n2,d,Exchange/me/2.eml,\r\nbroken\r\n"
        var items: [ExpectedItems.Item] = []
        let expected = try ExpectedItems(Self.file(text), .items) { items.append($0) }
        #expect(expected.itemCount == 3 && expected.unreadable == 1)
        #expect(items.map { Given.text($0.path) } == ["Exchange/me/Inbox/1.eml", "Exchange/me/2.eml"])
        #expect(items.map(\.messageID) == [Array("x@example.org".utf8), []])
        #expect(throws: ContainerFault.self) { try ExpectedItems(Self.file("a,b\n1,2\n"), .items) }
    }

    @Test("the counts of Vault are read by account")
    func counts() throws {
        let expected = try ExpectedItems(Self.file("Account,Count\na@example.org,12\nb@example.org,0\nx,y\n"), .counts)
        #expect(expected.counts.map(\.count) == [12, 0] && expected.unreadable == 1)
        #expect(ExpectedItems.list(named: "case-1-results-count.csv".utf8) == .counts)
        #expect(ExpectedItems.list(named: "Items.csv".utf8) == .items)
        #expect(ExpectedItems.list(named: "1.eml".utf8) == nil && !ExpectedItems.isList(named: "1.eml".utf8))
    }

    /// The form is Google's (EDRM XML), written by hand after its help pages.
    @Test("the labels of Vault are found by message id and by file name")
    func vault() throws {
        let document = { (id: String, file: String, labels: String) in
            "<Document DocID='\(id)'><Tags><Tag TagName='Labels' TagDataType='Text' TagValue='\(labels)'/>"
                + "<Tag TagName='RFC822MessageID' TagValue='&lt;\(id)@example.org&gt;'/></Tags><Files><File FileType='Native'>"
                + "<ExternalFile FileName='\(file)'/></File></Files></Document>"
        }
        let xml =
            "<?xml version='1.0' encoding='UTF-8'?><Root><Batch><Documents>"
            + document("a", "1-x.eml", "^INBOX,^OPENED,Work/Big") + document("b", "2-x.eml", "^SENT")
            + "</Documents></Batch></Root>"
        let labels = try VaultLabels(Self.file(xml))
        #expect(labels.documentCount == 2 && labels.fault == nil)
        let found = labels.labels(of: "<a@example.org>".utf8)
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == ["^INBOX", "^OPENED", "Work/Big"])
        #expect(labels.labels(of: "2-x.eml".utf8).count == 1 && labels.labels(of: "c".utf8) == [])
        let place = VaultLabels.place(found)
        #expect(Given.text(place.folder ?? []) == "Inbox" && place.otherFolders.map(Given.text) == ["Work/Big"])
        #expect(place.flags == .seen)
        #expect(try VaultLabels(Self.file(String(xml.prefix(xml.count / 2)))).fault != nil)
    }

    @Test("entries of known exports are placed by what the export means")
    func layouts() {
        func place(_ path: String) -> ExportLayout.Place {
            ExportLayout.place(path.split(separator: "/").map { Array($0.utf8) })
        }
        #expect(place("Takeout/Mail/All mail Including Spam and Trash.mbox") == .byLabels)
        #expect(place("Takeout/Почта/Вся почта.mbox") == .byLabels)
        #expect(place("Takeout/Mail/User Settings/Filters.json") == .list)
        #expect(place("Exchange/me/Inbox/1.eml") == .asItIs && place("Items.csv") == .list)
        #expect(place("messages.mbox") == .asItIs)
    }

    @Test("a Zimbra export has its flags, tags and dates from the files beside the messages")
    func zimbra() throws {
        let meta = { (type: Int, flags: String, tags: String) in
            "{\"date\":1562075806,\"Path\":\"/Sent/\",\"FlagStr\":\"\(flags)\",\"unread\":0,\"type\":\(type),\"TagNames\":\"\(tags)\","
                + "\"x\":{\"y\":[1,\"}\"]},\"subject\":\"\\u00fc\\\"\"}"
        }
        let bytes = Packing.pack(
            .tar,
            .gzip,
            [
                Packing.Entry("0000000002-Inbox.meta", meta(1, "", "")),
                Packing.Entry("Sent/1.eml.meta", meta(5, "sfr", "a,b")), Packing.Entry("Sent/1.eml", "From: x\n\n"),
                Packing.Entry("Sent/2.eml", "From: y\n\n"), Packing.Entry("Sent/2.eml.meta", meta(5, "u", "")),
                Packing.Entry("Contacts/x.meta", meta(6, "", "")), Packing.Entry("Sent/3.eml", "From: z\n\n"),
            ]
        )
        let reader = ZimbraReader(ContainerReader(MemoryBytes(bytes, name: "x.tgz"), name: Array("x.tgz".utf8)))
        var files: [String: FoundPlace] = [:]
        var skipped = 0
        while let event = try reader.next() {
            if case .file(let file) = event { files[Given.text(file.path)] = file.place }
            if case .kept(_, .list) = event { skipped += 1 }
        }
        #expect(files.keys.sorted() == ["Contacts/x.meta", "Sent/1.eml", "Sent/2.eml", "Sent/3.eml"] && skipped == 3)
        #expect(files["Sent/1.eml"]?.flags == [.seen, .flagged, .answered])
        #expect(files["Sent/1.eml"]?.labels == [Array("a".utf8), Array("b".utf8)])
        #expect(files["Sent/1.eml"]?.internalDate == 1_562_075_806)
        #expect(files["Sent/2.eml"]?.flags == [] && files["Sent/3.eml"]?.folder == nil)
    }

    /// The counts are those of Python's tarfile: 2 messages, 2 contacts, 18 files of folders and messages.
    @Test(
        "the sample of Zimbra has its two messages in Sent",
        .enabled(if: FileManager.default.fileExists(atPath: corpora + "/edge"))
    )
    func zimbraSample() throws {
        let path = corpora + "/edge/aspose/Data/Email/ZimbraSample.tgz"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let given = try Given(
            ZimbraReader(ContainerReader(MemoryBytes(bytes, name: "z.tgz"), name: Array("z.tgz".utf8)))
        )
        #expect(
            given.paths.sorted() == [
                "Emailed Contacts/admin.meta", "Emailed Contacts/yukun.meta", "Sent/0000000261-Test.eml",
                "Sent/0000000282-Fw_ Test.eml",
            ]
        )
        #expect(given.skipped.count == 18 && given.failures == [])
    }
}
