import ArchiveFormat
import ArchiveStorage
import Foundation
import Testing

@testable import ArchiveSources

@Suite("OLM")
struct OLMTests {
    /// Where the corpora lack the file, a variable may name it.
    private static let sample =
        ProcessInfo.processInfo.environment["PORTABLE_ARCHIVE_SAMPLE_OLM"]
        ?? corpora + "/pst/aspose-net/Outlook/SampleOLM.olm"

    private struct Item {
        var text: String
        var folder: String
        var mailbox: String?
        var labels: [String]
        var isSeen: Bool
        var record: String
        var identifier: String
    }

    private static func items(_ reader: OLMReader) throws -> (items: [Item], failures: [String], files: [String]) {
        var items: [Item] = []
        var failures: [String] = []
        var files: [String] = []
        while let event = try reader.next() {
            switch event {
            case .message(let message):
                items.append(
                    Item(
                        text: String(decoding: try Given.bytes(message.bytes), as: UTF8.self),
                        folder: Given.text(message.place.folder ?? []),
                        mailbox: message.place.mailbox.map { String(decoding: $0, as: UTF8.self) },
                        labels: message.place.labels.map { String(decoding: $0, as: UTF8.self) },
                        isSeen: message.place.flags.contains(.seen),
                        record: String(decoding: message.record, as: UTF8.self),
                        identifier: message.identifier
                    )
                )
            case .failed(let failure): failures.append("\(failure.identifier): \(failure.text)")
            case .file(let file): files.append(Given.text(file.path))
            default: break
            }
        }
        return (items, failures, files)
    }

    private static func read(_ entries: [Packing.Entry]) throws -> (items: [Item], failures: [String], files: [String])
    {
        let bytes = Packing.pack(.zip, entries)
        return try items(OLMReader(MemoryBytes(bytes, name: "x.olm"), name: Array("x.olm".utf8)))
    }

    /// Counts, times and sizes as Python's zipfile and ElementTree tell them.
    @Test(
        "the sample of Aspose has its 22 messages and three contacts",
        .enabled(if: FileManager.default.fileExists(atPath: sample))
    )
    func sampleFile() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.sample)))
        let file = MemoryBytes(bytes, name: "SampleOLM.olm")
        #expect(OLMReader.recognises(file))
        let (items, failures, files) = try Self.items(OLMReader(file, name: Array("SampleOLM.olm".utf8)))
        #expect(failures == [] && files == [])
        let counts = Dictionary(grouping: items, by: \.folder).mapValues(\.count)
        #expect(counts["Outlook2 PST/Sent Items"] == 6 && counts["Outlook2 PST/Inbox"] == 6)
        #expect(counts["Outlook2 PST/Inbox/Custom Folder"] == 2 && counts["Address Book"] == 1)
        #expect(items.count == 25)
        let name = "Local/com.microsoft.__Messages/Outlook2 PST/Sent Items/message_00003.xml"
        guard let item = items.first(where: { $0.identifier == name }) else {
            Issue.record("not there")
            return
        }
        #expect(item.isSeen && item.record.hasPrefix("<emails"))
        for line in [
            "From: Saqib Razzaq <saqib.razzaq@xp.local>", "Subject: this message contains embedded MSG",
            "Message-ID: <6A72208E-AD09-45EF-B185-472CC76783A8@xp.local>", "Date: Tue, 21 Jun 2011 23:48:10 +0000",
            "message 1.eml", "message 2.eml", "Content-Type: text/html",
        ] { #expect(item.text.contains(line), "\(line)") }
        let again = try Self.items(OLMReader(file, name: Array("SampleOLM.olm".utf8)))
        #expect(again.items.map(\.text) == items.map(\.text))
    }

    private static func email(_ inner: String) -> String {
        "<emails elementCount=\"1\"><email>\(inner)</email></emails>"
    }

    private static let folder = "Accounts/me@example.org/com.microsoft.__Messages/Inbox/Sub/"

    @Test("a message becomes mail with its headers, recipients, labels, place and record")
    func message() throws {
        let xml = Self.email(
            """
            <OPFMessageCopyFromAddresses><emailAddress OPFContactEmailAddressAddress="a@example.org" \
            OPFContactEmailAddressName="Ann"/></OPFMessageCopyFromAddresses><OPFMessageCopyToAddresses><emailAddress \
            OPFContactEmailAddressAddress="b@example.org"/></OPFMessageCopyToAddresses><OPFMessageCopyCCAddresses>\
            <emailAddress OPFContactEmailAddressAddress="c@example.org"/></OPFMessageCopyCCAddresses>\
            <OPFMessageCopyCategoryList><category OPFCategoryCopyName="Work"/></OPFMessageCopyCategoryList>\
            <OPFMessageCopySubject>Grüße</OPFMessageCopySubject><OPFMessageCopySentTime>2020-02-29T12:00:00\
            </OPFMessageCopySentTime><OPFMessageCopyMessageID>x@example.org</OPFMessageCopyMessageID>\
            <OPFMessageGetHasHTML>0E0</OPFMessageGetHasHTML><OPFMessageCopyBody>plain &lt;text&gt;</OPFMessageCopyBody>\
            <OPFMessageGetIsRead>0E0</OPFMessageGetIsRead><OPFMessageGetPriority>1</OPFMessageGetPriority>
            """
        )
        let (items, failures, _) = try Self.read([Packing.Entry(Self.folder + "message_00000.xml", xml)])
        #expect(failures == [] && items.count == 1)
        guard let item = items.first else { return }
        #expect(item.folder == "Inbox/Sub" && item.mailbox == "me@example.org" && item.labels == ["Work"])
        #expect(!item.isSeen && item.record == xml)
        for line in [
            "From: Ann <a@example.org>", "To: b@example.org", "Cc: c@example.org", "Subject: =?utf-8?",
            "Date: Sat, 29 Feb 2020 12:00:00 +0000", "Message-ID: <x@example.org>", "Importance: high", "plain <text>",
        ] { #expect(item.text.contains(line), "\(line)\n\(item.text)") }
    }

    @Test("attachments are found before and behind their message, by the nearest of one name; others are files")
    func attachments() throws {
        let url = Self.folder + "com.microsoft.__Attachments/a_0000"
        let xml = Self.email(
            "<OPFMessageCopyAttachmentList><messageAttachment OPFAttachmentName=\"n.txt\" OPFAttachmentURL=\"\(url)\" "
                + "OPFAttachmentContentType=\"text/plain\"/></OPFMessageCopyAttachmentList>"
                + "<OPFMessageCopySubject>s</OPFMessageCopySubject>"
        )
        let result = try Self.read([
            Packing.Entry(url, "one one one"), Packing.Entry(Self.folder + "message_00000.xml", xml),
            Packing.Entry(Self.folder + "message_00001.xml", xml.replacingOccurrences(of: "a_0000", with: "b_0000")),
            Packing.Entry(url.replacingOccurrences(of: "a_0000", with: "b_0000"), "two two two"),
            Packing.Entry(url, "three three"), Packing.Entry(Self.folder + "message_00002.xml", xml),
            Packing.Entry(url.replacingOccurrences(of: "a_0000", with: "c_0000"), "nobody's"),
        ])
        #expect(result.failures == [])
        let expected = ["b25lIG9uZSBvbmU=", "dHdvIHR3byB0d28=", "dGhyZWUgdGhyZWU="]
        for (item, base64) in zip(result.items, expected) { #expect(item.text.contains(base64), "\(item.text)") }
        #expect(result.items.count == 3)
        #expect(result.files == [url.replacingOccurrences(of: "a_0000", with: "c_0000")])
    }

    @Test("a message whose attachment is missing is taken, and that is told")
    func missing() throws {
        let xml = Self.email(
            "<OPFMessageCopyAttachmentList><messageAttachment OPFAttachmentName=\"n.txt\" OPFAttachmentURL=\"none\"/>"
                + "</OPFMessageCopyAttachmentList>"
        )
        let result = try Self.read([Packing.Entry(Self.folder + "message_00000.xml", xml)])
        #expect(result.items.count == 1)
        #expect(result.failures.count == 1 && result.failures[0].contains("n.txt is not in the file"))
    }

    @Test("contacts and appointments become messages of their own with their XML as record")
    func others() throws {
        let result = try Self.read([
            Packing.Entry(
                "Local/Address Book/Contacts.xml",
                "<contacts elementCount=\"2\"><contact><OPFContactCopyDisplayName>Ann</OPFContactCopyDisplayName>"
                    + "<OPFContactCopyNotes>x &amp; y</OPFContactCopyNotes></contact><contact><OPFContactCopyDisplayName>"
                    + "Bob</OPFContactCopyDisplayName></contact></contacts>"
            ),
            Packing.Entry(
                "Accounts/me/Calendar/Calendar.xml",
                "<appointments><appointment><OPFCalendarEventCopySummary>Meet</OPFCalendarEventCopySummary>"
                    + "<OPFCalendarEventCopyStartTime>2024-01-15T10:00:00</OPFCalendarEventCopyStartTime></appointment>"
                    + "</appointments>"
            ),
        ])
        #expect(result.failures == [])
        #expect(result.items.map(\.folder) == ["Address Book", "Address Book", "Calendar"])
        #expect(result.items[0].text.contains("Subject: Ann") && result.items[0].text.contains("x & y"))
        #expect(
            result.items[0].record
                == "<contact><OPFContactCopyDisplayName>Ann</OPFContactCopyDisplayName>"
                + "<OPFContactCopyNotes>x &amp; y</OPFContactCopyNotes></contact>"
        )
        #expect(result.items[2].text.contains("Subject: Meet"))
        #expect(
            result.items[2].text.replacingOccurrences(of: "=\r\n", with: "").contains(
                "OPFCalendarEventCopyStartTime: 2024-01-15T10:00:00"
            )
        )
    }

    @Test(
        "hostile XML is told and nothing is fetched or expanded",
        arguments: [
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><emails><email><OPFMessageCopySubject>&b;"
                + "</OPFMessageCopySubject></email></emails>",
            "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><emails><email/></emails>",
            "<emails><email>" + String(repeating: "<a>", count: 500), "<emails><email><OPFMessageCopySubject>x",
            "", "no XML", "<emails><email><OPFMessageCopySubject>a\u{1}b</OPFMessageCopySubject></email></emails>",
        ]
    )
    func hostile(xml: String) throws {
        let good = Self.email("<OPFMessageCopySubject>good</OPFMessageCopySubject>")
        let result = try Self.read([
            Packing.Entry(Self.folder + "message_00000.xml", xml),
            Packing.Entry(Self.folder + "message_00001.xml", good),
        ])
        #expect(result.failures.count == 1, "\(result)")
        #expect(result.items.contains { $0.text.contains("Subject: good") })
        #expect(!result.items.contains { $0.text.contains("aaaa") || $0.text.contains("root:") })
    }

    @Test("a damaged OLM never passes for a whole one")
    func damage() throws {
        let entries = (0..<6).map {
            Packing.Entry(
                Self.folder + "message_0000\($0).xml",
                Self.email("<OPFMessageCopySubject>number \($0)</OPFMessageCopySubject>")
            )
        }
        let bytes = Packing.pack(.zip, entries)
        func given(_ bytes: [UInt8]) throws -> ([String], [String]) {
            let result = try Self.items(OLMReader(MemoryBytes(bytes, name: "x"), name: []))
            return (result.items.map { $0.folder + $0.text }, result.failures)
        }
        let whole = try given(bytes)
        #expect(whole.0.count == 6 && whole.1 == [])
        var random = SplitMix(state: 3)
        for round in 0..<220 {
            var damaged = bytes
            if round < 20 {
                damaged.removeLast(bytes.count - bytes.count * (round + 1) / 21)
            } else {
                damaged[Int(random.next() % UInt64(bytes.count))] ^= UInt8(truncatingIfNeeded: random.next() % 255) + 1
            }
            let result = try given(damaged)
            #expect(result.0 == whole.0 || !result.1.isEmpty, "round \(round)")
        }
    }

    @Test("times are read as UTC, and nonsense is no time")
    func times() {
        // From `date -u -d … +%s`.
        #expect(olmTime(Array("2011-06-21T23:48:10".utf8)) == 1_308_700_090)
        #expect(olmTime(Array("1970-01-01T00:00:00Z".utf8)) == 0)
        #expect(olmTime(Array("2000-02-29T23:59:59".utf8)) == 951_868_799)
        #expect(olmTime(Array("2011-13-21T23:48:10".utf8)) == nil)
        #expect(olmTime(Array("yesterday".utf8)) == nil)
    }
}
