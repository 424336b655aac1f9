import Foundation
import Testing

@testable import ArchiveSources

@Suite("damaged containers")
struct ContainerDamageTests {
    /// What was given of a damaged container may lack something only when that is told.
    private func check(_ damaged: [UInt8], _ whole: Given, name: String, _ what: String) throws {
        let started = ContinuousClock.now
        let given = try Given(container: damaged, name: name)
        #expect(ContinuousClock.now - started < .seconds(10), "\(name), \(what)")
        guard given.failures.isEmpty else { return }
        #expect(
            given.files == whole.files && given.skipped == whole.skipped,
            "\(name), \(what): a wrong success \(given)"
        )
    }

    private func damage(_ bytes: [UInt8], name: String, changes: Int) throws {
        let whole = try Given(container: bytes, name: name)
        #expect(whole.failures == [])
        for cut in 1...20 {
            let length = bytes.count * cut / 21
            try check(Array(bytes[..<length]), whole, name: name, "cut at \(length)")
        }
        try check(Array(bytes.dropLast()), whole, name: name, "its last byte missing")
        var random = SplitMix(state: 1)
        for _ in 0..<changes {
            var damaged = bytes
            let place = Int(random.next() % UInt64(bytes.count))
            let change = UInt8(truncatingIfNeeded: random.next() % 255) + 1
            damaged[place] ^= change
            try check(damaged, whole, name: name, "byte \(place) changed by \(change)")
        }
    }

    static let corpus = [
        "libratom/emails.zip", "perceval/groupsio/messages.zip", "aspose/Data/Email/ZimbraSample.tgz",
        "grepmail/mailboxes/mailarc-1.txt.gz", "grepmail/mailboxes/mailarc-1.txt.bz2",
        "grepmail/mailboxes/mailarc-1.txt.xz", "grepmail/mailboxes/mailarc-1.txt.lz",
    ]

    @Test(
        "a damaged container never passes for a whole one",
        .enabled(if: FileManager.default.fileExists(atPath: corpora + "/edge")),
        arguments: corpus
    )
    func corpusFiles(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: corpora + "/edge/" + path)))
        let changes = ProcessInfo.processInfo.environment["FULL"] == "1" ? 200 : 20
        try damage(bytes, name: path.split(separator: "/").last.map(String.init) ?? "", changes: changes)
    }

    /// A plain tar has no checksum over contents, so a change there cannot be seen: only cuts are tried.
    @Test(
        "a damaged container made here never passes for a whole one",
        arguments: [
            (Packing.Format.zip, Packing.Filter.none), (.tar, .none), (.tar, .zstd), (.tar, .gzip), (.sevenZip, .none),
        ]
    )
    func packed(format: Packing.Format, filter: Packing.Filter) throws {
        let bytes = Packing.pack(format, filter, ContainerTests.entries)
        let changes = filter == .zstd || (format == .tar && filter == .none) ? 0 : 60
        try damage(bytes, name: "x", changes: changes)
    }

    @Test("one damaged entry of a zip costs that entry alone")
    func oneEntry() throws {
        let entries = (1...5).map {
            Packing.Entry("\($0).eml", "Subject: \($0)\n\n" + String(repeating: "x", count: 99))
        }
        var bytes = Packing.pack(.zip, options: "zip:compression=store", entries)
        guard let place = (0..<bytes.count - 10).first(where: { bytes[$0...].starts(with: "Subject: 3".utf8) }) else {
            Issue.record("not found")
            return
        }
        bytes[place] ^= 1
        let given = try Given(container: bytes)
        #expect(given.paths == ["1.eml", "2.eml", "4.eml", "5.eml"])
        #expect(given.failures.count == 1 && given.failures[0].hasPrefix("3.eml: at byte"))
    }

    @Test("a zip without its directory gives its files and one failure")
    func noDirectory() throws {
        let entries = (1...5).map { Packing.Entry("\($0).eml", String(repeating: "x", count: 99)) }
        let bytes = Packing.pack(.zip, entries)
        guard let place = (0..<bytes.count - 4).first(where: { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) }) else {
            Issue.record("not found")
            return
        }
        let given = try Given(container: Array(bytes[..<place]))
        #expect(given.paths == entries.map { String(decoding: $0.name, as: UTF8.self) })
        #expect(given.failures.count == 1 && given.failures[0].contains("it has no directory"), "\(given)")
    }

    @Test("of a cut MBOX in a container, and of a cut compressed file, what is there is given as cut")
    func cutMbox() throws {
        var random = SplitMix(state: 7)
        var text = "From a@example.org Thu Jan  1 00:00:00 2015\n"
        for _ in 0..<40_000 { text += "\(random.next())\n" }
        for (format, name) in [(Packing.Format.tar, "x.tar"), (.raw, "box.mbox.gz")] {
            let bytes = Packing.pack(format, format == .raw ? .gzip : .none, [Packing.Entry("box.mbox", text)])
            let given = try Given(container: Array(bytes[..<(bytes.count / 2)]), name: name)
            #expect(given.files.count == 1 && given.files[0].isCut && given.files[0].path == "box.mbox")
            #expect(given.files[0].byteCount > 200_000)
            #expect(given.failures.count == 1)
        }
    }
}

/// Numbers that are the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
