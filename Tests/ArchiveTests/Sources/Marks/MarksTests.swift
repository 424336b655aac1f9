import ArchiveFormat
@testable import ArchiveSources
import Foundation
import MailFormats
import Testing

@Suite("flags and labels in headers")
struct MarksTests {
    private func place(_ header: String) -> FoundPlace? {
        Array((header + "\n\nStatus: D\n").utf8).withUnsafeBytes { FoundPlace(marksOf: $0) }
    }

    private func labels(_ place: FoundPlace?) -> [String] {
        (place?.labels ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    private func folders(_ place: FoundPlace?) -> [String] {
        guard let place, let folder = place.folder else { return [] }
        return ([folder] + place.otherFolders).map {
            $0.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
        }
    }

    @Test(
        "status fields are flags",
        arguments: [
            // Letters as Python's mboxMessage has them.
            ("Status: RO\nX-Status: AF", "FRS"), ("Status: O\nX-Status: DT", "DT"), ("X-Status:", ""),
            ("Status: O", ""),
            ("Status: Delayed", ""), ("status: r", ""),
            // Bits as nsMsgMessageFlags.h of Thunderbird has them.
            ("X-Mozilla-Status: 0001", "S"), ("X-Mozilla-Status: 1007", "FPRS"), ("X-Mozilla-Status: 0009", "ST"),
            ("X-Mozilla-Status: 0000\nX-Mozilla-Status2: 00200000", "T"), ("X-Mozilla-Status: zz", ""),
            ("X-Mozilla-Status: 00000000000000000001", ""),
        ]
    )
    func flags(header: String, expected: String) {
        #expect(letters(place(header)?.flags ?? []) == expected)
    }

    @Test(
        "keywords and tags are labels",
        arguments: [
            ("X-Mozilla-Keys: $label1 nonjunk $label1        ", ["$label1", "nonjunk"]),
            ("X-Mozilla-Status2: 04000000", ["$label2"]),
            ("X-Keywords: Work  \r\n $Forwarded ", ["Work", "$Forwarded"]),
            ("X-Label: =?utf-8?q?Gr=C3=BC=C3=9Fe?=, to   do", ["Grüße", "to do"]),
            ("X-Gmail-Labels: Inbox,Wichtig,Category Promotions", ["Wichtig", "Category Promotions"]),
        ]
    )
    func keywords(header: String, expected: [String]) {
        #expect(labels(place(header)) == expected)
    }

    @Test("Gmail's labels are folders and flags, in any language")
    func gmail() {
        let english = place("X-Gmail-Labels: Archived,\"Work/A, \"\"B\"\"\",Starred,Opened")
        #expect(folders(english) == ["Work/A, \"B\"", "Archived"])
        #expect(english.map { letters($0.flags) } == "FS")
        let german = place(
            "X-Gmail-Labels: =?UTF-8?Q?Posteingang,Ge=C3=B6ffnet,Reisen/=C3=96sterr?=\r\n =?UTF-8?Q?eich,Ungelesen?="
        )
        #expect(folders(german) == ["Posteingang", "Reisen/Österreich"])
        #expect(german.map { letters($0.flags) } == "")
        let draft = place("X-Gmail-Labels: Brouillons")
        #expect(draft.map { letters($0.flags) } == "DS")
        #expect(place("X-Gmail-Labels: Unread").map { folders($0) } == [])
        #expect(folders(place("X-Gmail-Labels: 下書き,未読")) == ["下書き"])
    }

    @Test("labels of a Takeout are as Python's email and csv read them", .enabled(if: hasCorpora))
    func takeout() throws {
        let path = "\(corpora)/edge/got-your-back/samples/google-takeout/takeout.mbox"
        let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var scanner = try MboxScanner(
            MemoryByteSource(data),
            dialect: MboxDialect(try MboxEvidence.gather(MemoryByteSource(data)))
        )
        var text = ""
        var count = 0
        while let block = try scanner.nextBlock() {
            for message in block.messages {
                let bytes = Array(data[Int(message.content.lowerBound)..<Int(message.content.upperBound)])
                let marks = bytes.withUnsafeBytes { MailMarks(of: $0) }
                let labels = GmailLabels.split(GmailLabels.decoded(try #require(marks.gmailLabels)))
                count += labels.count
                text += labels.joined(separator: "|") + "\n"
                #expect(marks.gmailThread != nil)
            }
        }
        // Tests/Golden/gmail-labels.py
        #expect(count == 134)
        #expect(fnv(text) == "59b17a3c3ede8ec5", "\(text)")
    }

    @Test("a header without marks gives none, and a hostile one ends")
    func hostile() {
        #expect(place("From: a\nSubject: x-status") == nil)
        #expect(place("X-\n X-:\nX-S: 1\nX-Mozilla-Keys:   ") == nil)
        let long = String(repeating: "a,", count: 100_000)
        #expect((place("X-Gmail-Labels: \(long)b")?.otherFolders.count ?? 99) < 3)
        let many = (0..<5000).map { "l\($0)" }.joined(separator: ",")
        #expect((place("X-Gmail-Labels: \(many)")?.otherFolders.count ?? 0) == 255)
        #expect(labels(place("X-Keywords: \(many.replacingOccurrences(of: ",", with: " "))")).count == 256)
    }

    @Test(
        "the date of a separator line is the time of arrival",
        arguments: [
            // By GNU date.
            ("From a@b.c Thu Jan  1 00:00:00 1970", nil), ("From a@b Tue Mar 19 09:13:51 2019", 1_552_986_831),
            ("From 1628@xxx Tue Mar 19 09:13:51 +0000 2019", 1_552_986_831),
            ("From - Tue Mar 19 09:13:51 2019", 1_552_986_831),
            ("From fc88a1 Mon Sep 17 00:00:00 2001", nil), ("From -", nil), ("From Moon and sun", nil),
            ("From \"A B\" Sunday Tue Mar 19 10:13:51 +0100 2019", 1_552_986_831),
            ("Subject: Tue Mar 19 09:13:51 2019", nil),
        ] as [(String, Int64?)]
    )
    func separators(line: String, expected: Int64?) {
        #expect(Array(line.utf8).withUnsafeBytes { SeparatorDate.parse($0) } == expected)
    }

    @Test("special folders are known in the languages of mail programs, whatever their case and form")
    func specialFolders() {
        #expect(SpecialFolder(name: "INBOX") == .inbox)
        #expect(SpecialFolder(name: "Gelöschte Elemente") == .trash)
        #expect(SpecialFolder(name: "E\u{301}le\u{301}ments envoye\u{301}s") == .sent)
        #expect(SpecialFolder(name: "Входящие") == .inbox)
        #expect(SpecialFolder(path: [Array("[Gmail]".utf8), Array("Sent Mail".utf8)]) == .sent)
        #expect(SpecialFolder(name: "Work") == nil)
        #expect(SpecialFolder(path: []) == nil)
    }
}
