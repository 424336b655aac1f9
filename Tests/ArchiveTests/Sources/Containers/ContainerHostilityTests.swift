import Foundation
import ArchiveStorage
import Testing

@testable import ArchiveSources

@Suite("hostile containers")
struct ContainerHostilityTests {
    private static let mail = "From: a@example.org\n\none\n"
    private static let formats = [Packing.Format.zip, .tar, .sevenZip, .cpio]

    @Test("names that lead elsewhere are told without what leads there", arguments: formats)
    func paths(format: Packing.Format) throws {
        let names = [
            ("../../etc/passwd", "etc/passwd"), ("/abs/1.eml", "abs/1.eml"), ("C:/Users/2.eml", "Users/2.eml"),
            ("a//b/./3.eml", "a/b/3.eml"), ("x\\y\\4.eml", "x/y/4.eml"), ("..", "entry 6"), ("a/../5.eml", "a/5.eml"),
        ]
        let given = try Given(container: Packing.pack(format, names.map { Packing.Entry($0.0, Self.mail) }))
        #expect(given.paths == names.map(\.1))
        #expect(given.failures == [])
    }

    @Test("a NUL in a name does not end it")
    func nul() {
        #expect(EntryName([0x61, 0, 0x62], ordinal: 1).components == [Array("a_b".utf8)])
        #expect(EntryName([], ordinal: 9).components == [Array("entry 9".utf8)])
    }

    @Test("a name in an old character set keeps its bytes", arguments: [Packing.Format.zip, .tar, .cpio])
    func characterSet(format: Packing.Format) throws {
        // "テ.eml" in Shift-JIS: the second byte of the letter is a backslash in ASCII terms elsewhere.
        let name: [UInt8] = [0x83, 0x5C, 0x2E, 0x65, 0x6D, 0x6C]
        var bytes = Packing.pack(format, [Packing.Entry("AAAAAA", Self.mail)])
        // Written over, since libarchive would not write it; a tar's checksum is mended.
        var sum = 0
        for index in bytes.indices.dropLast(6) where bytes[index...].starts(with: "AAAAAA".utf8) {
            bytes.replaceSubrange(index..<index + 6, with: name)
        }
        if format == .tar {
            for index in 148..<156 { bytes[index] = 0x20 }
            sum = bytes[..<512].reduce(0) { $0 + Int($1) }
            bytes.replaceSubrange(
                148..<155,
                with: Array(
                    "\(String(repeating: "0", count: 6 - String(sum, radix: 8).count) + String(sum, radix: 8))\0".utf8
                )
            )
        }
        let reader = ContainerReader(MemoryBytes(bytes, name: "x"), name: [0x78])
        guard case .file(let file) = try reader.next() else {
            Issue.record("no file")
            return
        }
        #expect(file.path == [name])
    }

    @Test("more entries than allowed end the container", arguments: formats)
    func entries(format: Packing.Format) throws {
        var limits = ContainerLimits()
        limits.entries = 3
        let entries = (1...5).map { Packing.Entry("\($0).eml", Self.mail) }
        let given = try Given(container: Packing.pack(format, entries), limits: limits)
        #expect(given.paths == ["1.eml", "2.eml", "3.eml"])
        #expect(given.failures.count == 1 && given.failures[0].contains("more than 3 entries"))
    }

    @Test("more bytes than allowed end the container", arguments: formats)
    func totalBytes(format: Packing.Format) throws {
        var limits = ContainerLimits()
        limits.totalBytes = 1000
        let entries = (1...5).map { Packing.Entry(Array("\($0)".utf8), [UInt8](repeating: 0x41, count: 400)) }
        let given = try Given(container: Packing.pack(format, entries), limits: limits)
        #expect(given.paths == ["1", "2"])
        #expect(given.failures.count == 1 && given.failures[0].contains("more than 1000 bytes"))
    }

    @Test("one entry too long is passed over, the others are given", arguments: formats)
    func entryBytes(format: Packing.Format) throws {
        var limits = ContainerLimits()
        limits.entryBytes = 1000
        let entries = [
            Packing.Entry("1", "x"), Packing.Entry(Array("2".utf8), [UInt8](repeating: 0x41, count: 900_000)),
            Packing.Entry("3", "z"),
        ]
        let given = try Given(container: Packing.pack(format, entries), limits: limits)
        #expect(given.paths == ["1", "3"])
        #expect(given.failures.count == 1 && given.failures[0].hasPrefix("2: "))
    }

    @Test(
        "a bomb is given up when it passes the ratio",
        arguments: [
            (Packing.Format.zip, Packing.Filter.none), (.tar, .gzip), (.tar, .xz), (.tar, .zstd), (.raw, .bzip2),
            (.sevenZip, .none),
        ]
    )
    func ratio(format: Packing.Format, filter: Packing.Filter) throws {
        var limits = ContainerLimits()
        limits.ratioFloor = 1 << 20
        limits.ratio = 100
        let bomb = Packing.Entry(Array("bomb".utf8), [UInt8](repeating: 0, count: 32 << 20))
        let entries = format == .raw ? [bomb] : [Packing.Entry("1", "x"), bomb, Packing.Entry("3", "z")]
        let given = try Given(container: Packing.pack(format, filter, entries), limits: limits)
        #expect(given.failures.count == 1 && given.failures[0].contains("100 times its size"), "\(given)")
        #expect(given.files.filter { !$0.isCut }.map(\.path) == (format == .raw ? [] : ["1"]))
    }

    @Test("what nested containers unpack to is counted together")
    func nested() throws {
        var limits = ContainerLimits()
        limits.totalBytes = 1000
        let budget = ContainerBudget(limits)
        let bytes = Packing.pack(.zip, [Packing.Entry(Array("a".utf8), [UInt8](repeating: 0x41, count: 600))])
        for expected in [0, 1] {
            let reader = ContainerReader(MemoryBytes(bytes, name: "x"), name: [], budget: budget)
            #expect(try Given(reader).failures.count == expected)
        }
    }

    @Test("a path that no file system could hold is refused", arguments: [Packing.Format.zip, .pax])
    func longPath(format: Packing.Format) throws {
        let long = (0..<30).map { _ in String(repeating: "d", count: 200) }.joined(separator: "/")
        let given = try Given(container: Packing.pack(format, [Packing.Entry(long, "x"), Packing.Entry("2", "y")]))
        #expect(given.paths == ["2"])
        #expect(given.failures.count == 1 && given.failures[0].contains("4096 bytes"))
    }

    @Test("more names below each other than an archive takes are cut in the middle")
    func deepPath() {
        let deep = (1...200).map(String.init).joined(separator: "/")
        let name = EntryName(deep.utf8, ordinal: 1)
        #expect(name.components.count == 128 && name.last.elementsEqual("200".utf8))
    }

    @Test("links and special files are skipped and told", arguments: [Packing.Format.tar, .pax, .cpio])
    func links(format: Packing.Format) throws {
        var link = Packing.Entry("link", type: 0o120000)
        link.symbolicLink = "/etc/passwd"
        let entries = [link, Packing.Entry("pipe", type: 0o010000), Packing.Entry("1.eml", Self.mail)]
        let given = try Given(container: Packing.pack(format, entries))
        #expect(given.skipped == ["link: link", "pipe: special file"])
        #expect(given.paths == ["1.eml"] && given.failures == [])
    }

    @Test("a symbolic link in a zip is skipped")
    func zipLink() throws {
        var link = Packing.Entry("link", type: 0o120000)
        link.symbolicLink = "/etc/passwd"
        let given = try Given(container: Packing.pack(.zip, [link, Packing.Entry("1.eml", Self.mail)]))
        #expect(given.skipped == ["link: link"] && given.paths == ["1.eml"])
    }

    @Test(
        "a hard link in a tar has the bytes of its file; one that leads out is told",
        arguments: [
            Packing.Filter.none, .gzip, .xz,
        ]
    )
    func hardLinks(filter: Packing.Filter) throws {
        var good = Packing.Entry("b/2.eml")
        good.hardLink = "a/1.eml"
        var bad = Packing.Entry("3.eml")
        bad.hardLink = "../../etc/passwd"
        let given = try Given(container: Packing.pack(.tar, filter, [Packing.Entry("a/1.eml", Self.mail), good, bad]))
        #expect(given.files.map(\.text) == ["a/1.eml 25", "b/2.eml 25"])
        #expect(given.files[0].hash == given.files[1].hash)
        #expect(
            given.failures.count == 1 && given.failures[0].hasPrefix("3.eml: it is a hard link to ../../etc/passwd")
        )
    }

    @Test("what macOS adds is skipped and counted; mail under such a name is not", arguments: formats)
    func junk(format: Packing.Format) throws {
        let fork: [UInt8] = [0, 5, 0x16, 7, 0, 2, 0, 0]
        let entries = [
            Packing.Entry("a/1.eml", Self.mail), Packing.Entry(Array("__MACOSX/a/._1.eml".utf8), fork),
            Packing.Entry(Array("a/._1.eml".utf8), fork), Packing.Entry("a/.DS_Store", "x"),
            Packing.Entry("a/._2.eml", Self.mail),
        ]
        let given = try Given(container: Packing.pack(format, entries))
        #expect(given.paths == ["a/1.eml", "a/._2.eml"])
        #expect(
            given.skipped == [
                "__MACOSX/a/._1.eml: macOS resource fork", "a/._1.eml: macOS resource fork", "a/.DS_Store: marker file",
            ]
        )
    }

    @Test("entries of one name are all given", arguments: [Packing.Format.zip, .tar, .cpio])
    func duplicates(format: Packing.Format) throws {
        let given = try Given(
            container: Packing.pack(format, [Packing.Entry("1.eml", "one"), Packing.Entry("1.eml", "second")])
        )
        #expect(given.files.map(\.text) == ["1.eml 3", "1.eml 6"] && given.failures == [])
    }

    @Test("an encrypted entry is told as such", arguments: ["traditional", "aes256"])
    func encrypted(method: String) throws {
        let bytes = Packing.pack(
            .zip,
            options: "zip:encryption=\(method == "traditional" ? "zipcrypt" : method)",
            passphrase: "secret",
            [Packing.Entry("1.eml", Self.mail), Packing.Entry("2.eml", Self.mail)]
        )
        let given = try Given(container: bytes)
        #expect(given.paths == [])
        #expect(given.failures.count == 2 && given.failures.allSatisfy { $0.contains("it is encrypted") })
    }
}
