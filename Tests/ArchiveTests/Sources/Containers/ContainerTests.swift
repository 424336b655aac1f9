import Foundation
import Testing

@testable import ArchiveSources

@Suite("containers")
struct ContainerTests {
    private static let documents =
        "tika/tika-parsers/tika-parsers-standard/tika-parsers-standard-modules/tika-parser-pkg-module/src/test/resources/"
        + "test-documents/test-documents.tgz"

    /// Number of files, bytes, and sum of FNV-1a hashes, from Python's zipfile, tarfile, gzip, bz2 and lzma; of the `.lz`
    /// from the unpacked file beside it.
    private static let corpusFiles: [(String, [UInt64])] = [
        ("libratom/emails.zip", [102, 236_059, 0xe7e9_2136_e2b4_529]),
        ("perceval/groupsio/messages.zip", [1, 156_091, 0x2536_1653_ab3e_1773]),
        ("perceval/groupsio/empty.zip", [1, 0, 0xcbf2_9ce4_8422_2325]),
        ("ingest-file/fixtures/test-documents.zip", [9, 115_328, 0x41bd_4dc3_5bdb_f850]),
        ("ingest-file/fixtures/test-documents.tar", [9, 115_328, 0x41bd_4dc3_5bdb_f850]),
        (documents, [9, 115_328, 0x41bd_4dc3_5bdb_f850]),
        ("aspose/Data/Email/ZimbraSample.tgz", [22, 12_139, 0xf373_fd52_b60c_70a3]),
        ("grepmail/mailboxes/mailarc-1.txt.gz", [1, 64_865, 0x5ef1_7db1_3962_166c]),
        ("grepmail/mailboxes/mailarc-1.txt.bz2", [1, 64_865, 0x5ef1_7db1_3962_166c]),
        ("grepmail/mailboxes/mailarc-1.txt.xz", [1, 64_865, 0x5ef1_7db1_3962_166c]),
        ("grepmail/mailboxes/mailarc-1.txt.lz", [1, 64_865, 0x5ef1_7db1_3962_166c]),
        ("grepmail/mailboxes/non-mailbox.txt.gz", [1, 59_445, 0xe99_c9ac_cc0b_1cce]),
    ]

    @Test(
        "each container of the corpora gives the files that Python finds in it",
        .enabled(if: FileManager.default.fileExists(atPath: corpora + "/edge")),
        arguments: corpusFiles
    )
    func corpus(path: String, expected: [UInt64]) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: corpora + "/edge/" + path)))
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        #expect(bytes.withUnsafeBytes { ContainerReader.recognises(prefix: $0, name: Array(name.utf8)) })
        let given = try Given(container: bytes, name: name)
        #expect(given.sums == expected)
        #expect(given.failures == [] && given.skipped == [])
        if name.hasPrefix("mailarc") { #expect(given.paths == ["mailarc-1.txt"]) }
    }

    @Test(
        "a long entry is spooled and comes back whole",
        .enabled(if: FileManager.default.fileExists(atPath: corpora + "/edge"))
    )
    func spooled() throws {
        let path = corpora + "/edge/stalwart-server/mailbox.gz"
        let given = try Given(container: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))), name: "mailbox.gz")
        // The size is Python's.
        #expect(given.files.map(\.text) == ["mailbox 10741823"] && given.failures == [])
    }

    static let entries = [
        Packing.Entry("Inbox/1.eml", "From: a@example.org\n\none\n"),
        Packing.Entry("Gesendete Objekte/Grüße.eml", "From: b@example.org\n\ntwo\n"),
        Packing.Entry("Inbox/", type: 0o040000),
        Packing.Entry("empty.mbox"),
        Packing.Entry(Array("long.mbox".utf8), Array(repeatElement("From: c\n\nlong\n".utf8, count: 9000).joined())),
    ]

    @Test(
        "every format with every filter gives the files that went in, in their order",
        arguments: [Packing.Format.zip, .tar, .pax, .sevenZip, .cpio],
        Packing.Filter.allCases
    )
    func packed(format: Packing.Format, filter: Packing.Filter) throws {
        let bytes = Packing.pack(format, filter, Self.entries)
        let name = filter == .compress ? "x.Z" : filter == .lzma ? "x.lzma" : "x"
        #expect(bytes.withUnsafeBytes { ContainerReader.recognises(prefix: $0, name: Array(name.utf8)) })
        let given = try Given(container: bytes, name: name)
        // What a filter holds is streamed only where it is a tar or cpio; anything else is given as a file.
        if format == .sevenZip || format == .zip, filter != .none {
            #expect(given.files.count == 1 && given.failures == [])
            return
        }
        // libarchive writes empty files of a 7z in front.
        let expected = Self.entries.filter { $0.type != 0o040000 }.map {
            "\(String(decoding: $0.name, as: UTF8.self)) \($0.bytes.count)"
        }
        #expect(given.files.map(\.text).sorted() == expected.sorted())
        #expect(Set(given.files.map(\.hash)) == Set(Self.entries.map { Given.hash($0.bytes) }))
        #expect(given.failures == [] && given.skipped == [])
    }

    @Test(
        "a compressed file is named after its container",
        arguments: [
            ("a.mbox.gz", Packing.Filter.gzip, "a.mbox"), ("a.mbox.bz2", .bzip2, "a.mbox"), ("a.XZ", .xz, "a"),
            ("a.zst", .zstd, "a"), ("a.lz", .lzip, "a"), ("a.lz4", .lz4, "a"), ("a.lzma", .lzma, "a"),
            ("a.tgz", .gzip, "a.tar"), ("mail", .gzip, "mail"), (".gz", .gzip, ".gz"), ("a.Z", .compress, "a"),
        ]
    )
    func bare(name: String, filter: Packing.Filter, expected: String) throws {
        let bytes = Packing.pack(.raw, filter, [Packing.Entry("ignored", "From x\nSubject: y\n\nz\n")])
        let given = try Given(container: bytes, name: name)
        #expect(given.files.map(\.text) == ["\(expected) 21"] && given.failures == [])
    }

    @Test(
        "compressed files put one after the other are one file",
        arguments: [Packing.Filter.gzip, .bzip2, .xz, .zstd, .lzip]
    )
    func concatenated(filter: Packing.Filter) throws {
        let one = Packing.pack(.raw, filter, [Packing.Entry("a", "From x\nSubject: y\n\nz\n")])
        let given = try Given(container: one + one, name: "a.mbox.x")
        #expect(given.files.map(\.byteCount) == [42] && given.failures == [])
    }

    @Test("tars put one after the other give all their files", arguments: [Packing.Filter.none, .gzip, .zstd, .xz])
    func concatenatedTars(filter: Packing.Filter) throws {
        let one = Packing.records(filter, [Packing.Entry("1.eml", "one")])
        let two = Packing.records(filter, [Packing.Entry("2.eml", "second")])
        let given = try Given(container: one + two, name: "a.tar")
        #expect(given.files.map(\.text) == ["1.eml 3", "2.eml 6"] && given.failures == [])
    }

    @Test("what stands behind the end of a tar in its last record is nothing")
    func staleRecord() throws {
        var bytes = Packing.records(.none, [Packing.Entry("1.eml", "one")])
        #expect(bytes.count == 10_240)
        bytes.replaceSubrange(4096..<5120, with: bytes[..<1024])
        let given = try Given(container: Packing.pack(.raw, .gzip, [Packing.Entry(Array("x".utf8), bytes)]))
        #expect(given.files.map(\.text) == ["1.eml 3"] && given.failures == [])
    }

    @Test("a gzip of nothing is an empty file")
    func nothing() throws {
        let given = try Given(container: Packing.pack(.raw, .gzip, [Packing.Entry("a")]), name: "a.mbox.gz")
        #expect(given.files.map(\.text) == ["a.mbox 0"] && given.failures == [])
    }

    @Test(
        "bytes that are no container are not taken for one",
        arguments: [
            "From a@example.org Thu Jan  1 00:00:00 2015\nSubject: x\n\n", "begin 644 x\n#86%A\n`\nend\n", "PK", "",
            "BZh is how it begins\n\n", "LZI", "070701 is a number\n",
        ]
    )
    func others(text: String) {
        let bytes = Array(text.utf8) + [UInt8](repeating: 0x20, count: 600)
        #expect(!bytes.withUnsafeBytes { ContainerReader.recognises(prefix: $0, name: Array("x".utf8)) })
    }

    @Test("documents that are zips inside are told from containers")
    func documents() {
        for (name, isDocument) in [
            ("[Content_Types].xml", true), ("mimetype", true), ("META-INF/MANIFEST.MF", true), ("1.eml", false),
        ] {
            let bytes = Packing.pack(.zip, [Packing.Entry(name, "x"), Packing.Entry("y", "z")])
            #expect(bytes.withUnsafeBytes { ContainerMagic.isDocument(prefix: $0) } == isDocument)
        }
    }
}
