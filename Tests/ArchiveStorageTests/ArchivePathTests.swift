import ArchiveStorage
import Testing

@Suite("A path in an archive") struct ArchivePathTests {
    @Test(
        "is refused when it could lead elsewhere or a file system could not carry it",
        arguments: [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/./b", "a/../b", "a\0b", "a b", "ä", "a\\b",
            "a:b",
            "a.", "a./b", "...", String(repeating: "a", count: 256), String(repeating: "a/", count: 600) + "a",
        ]
    )
    func refused(_ text: String) {
        #expect(ArchivePath(text) == nil)
    }

    @Test(
        "is taken as it stands otherwise",
        arguments: [
            "a", "head.a", "segments/00000/00000001.seg", ".hidden", "a_b-C", String(repeating: "a", count: 255),
        ]
    )
    func taken(_ text: String) throws {
        #expect(try #require(ArchivePath(text)).string == text)
    }

    @Test("knows its parts")
    func parts() {
        let path: ArchivePath = "segments/00000/00000001.SEG"
        #expect(path.name == "00000001.SEG")
        #expect(path.parent == "segments/00000")
        #expect(path.parent.parent.parent == .root)
        #expect(path.components == ["segments", "00000", "00000001.SEG"])
        #expect(path.foldedCase == "segments/00000/00000001.seg")
        #expect(ArchivePath.root.appending("a") == "a")
        #expect(path.parent.appending("x.new") == "segments/00000/x.new")
        #expect(path.appending("a/b") == nil)
    }

    @Test("of a numbered file lies in the directory number div 1000")
    func numbered() {
        #expect(ArchivePath.numbered("segments", 1, "seg") == "segments/00000/00000001.seg")
        #expect(ArchivePath.numbered("journal", 1000, "jnl") == "journal/00001/00001000.jnl")
        #expect(ArchivePath.numbered("parity", 99_999_999, "par.new") == "parity/99999/99999999.par.new")
        #expect(ArchivePath.numbered("parity", 100_000_000, "par") == nil)
        #expect(ArchivePath.fanOut("segments", 999) == "segments/00000")
    }
}
