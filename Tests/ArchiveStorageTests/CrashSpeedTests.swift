import ArchiveStorage
import Testing

@Suite("Crash states") struct CrashSpeedTests {
    @Test("are cheap enough for a hundred thousand of them, on a record like that of a writer")
    func speed() throws {
        let start = MemoryStorage()
        for path in ["header.a", "head.a", "head.b"] as [ArchivePath] {
            try start.createFile(path).append([UInt8](repeating: 0, count: 65_536))
        }
        let recording = RecordingStorage(from: start)
        for number in UInt64(1)...3 {
            let path = try #require(ArchivePath.numbered("segments", number, "seg"))
            let changed = try recording.createDirectories(path.parent)
            let segment = try recording.createFile(path)
            for _ in 0..<10 { try segment.append([UInt8](repeating: UInt8(number), count: 8192)) }
            try segment.sync()
            for directory in changed + [path.parent] { try recording.syncDirectory(directory) }
            try segment.append([UInt8](repeating: 0xC0, count: 4096))
            try segment.sync()
            let head = try recording.openForOverwriting(number % 2 == 0 ? "head.a" : "head.b")
            try head.write([UInt8](repeating: UInt8(number), count: 65_536), at: 0)
            try head.sync()
            recording.mark("commit \(number)")
        }
        var lengths: UInt64 = 0
        let elapsed = try ContinuousClock().measure {
            try recording.sampleCrashStates(CrashModel(mayGarbleSector: true), seed: 7, count: 5_000) { state in
                lengths += try state.storage.openForReading("head.a").byteCount
            }
        }
        #expect(lengths == 5_000 * 65_536)
        // Generous: an unoptimised build on a machine under load.
        #expect(elapsed < .seconds(60))
    }
}
