import ArchiveStorage
import Testing

/// What POSIX promises and does not promise of a crash, on records so small that every state is visited.
@Suite("After a crash") struct CrashModelTests {
    /// What is found at a path in every state in which the last mark is `mark` (nil: in any state).
    private func outcomes(
        _ recording: RecordingStorage,
        _ path: ArchivePath,
        after mark: String? = nil,
        _ model: CrashModel = CrashModel()
    ) throws -> Set<[UInt8]?> {
        var found: Set<[UInt8]?> = []
        let isComplete = try recording.visitCrashStates(model, limit: 100_000) { state in
            guard mark == nil || state.marks.last == mark else { return }
            found.insert(
                try state.storage.exists(path) ? try state.storage.openForReading(path).readAll(limit: 1 << 20) : nil
            )
        }
        #expect(isComplete)
        return found
    }

    @Test("bytes are there, lost or zero until their file is synced")
    func unsyncedBytes() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try recording.syncDirectory(.root)
        recording.mark("named")
        try file.append(bytes("abc"))
        #expect(try outcomes(recording, "f", after: "named") == [[], bytes("abc"), [0, 0, 0]])
        try file.sync()
        recording.mark("synced")
        #expect(try outcomes(recording, "f", after: "synced") == [bytes("abc")])
    }

    @Test("what was there at the beginning of the record stays")
    func base() throws {
        let storage = MemoryStorage()
        try storage.createFile("f").append(bytes("base"))
        let recording = RecordingStorage(from: storage)
        #expect(try outcomes(recording, "f") == [bytes("base")])
        let file = try recording.openForAppending("f", at: 4)
        try file.append(bytes("+"))
        #expect(try outcomes(recording, "f") == [bytes("base"), bytes("base+"), bytes("base\0")])
        #expect(try storage.openForReading("f").readAll(limit: 9) == bytes("base"), "the original is not touched")
    }

    @Test("a created file may be gone until its directory is synced, even when the file was synced")
    func unsyncedName() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try file.append(bytes("abc"))
        try file.sync()
        recording.mark("synced")
        #expect(try outcomes(recording, "f", after: "synced") == [nil, bytes("abc")])
        try recording.syncDirectory(.root)
        recording.mark("named")
        #expect(try outcomes(recording, "f", after: "named") == [bytes("abc")])
    }

    @Test("a file may be gone while the directory that holds its directory is not synced")
    func unsyncedDirectory() throws {
        let recording = RecordingStorage()
        try recording.createDirectory("d")
        let file = try recording.createFile("d/f")
        try file.append(bytes("x"))
        try file.sync()
        try recording.syncDirectory("d")
        recording.mark("inner")
        #expect(try outcomes(recording, "d/f", after: "inner") == [nil, bytes("x")])
        try recording.syncDirectory(.root)
        recording.mark("outer")
        #expect(try outcomes(recording, "d/f", after: "outer") == [bytes("x")])
    }

    @Test("a rename inside a directory is before or after, never between")
    func rename() throws {
        let storage = MemoryStorage()
        try storage.createFile("name").append(bytes("old"))
        try storage.createFile("name.new").append(bytes("new"))
        let recording = RecordingStorage(from: storage)
        try recording.rename("name.new", to: "name", replacing: true)
        recording.mark("renamed")
        var found: Set<[String]> = []
        let isComplete = try recording.visitCrashStates(CrashModel(), limit: 100) { state in
            found.insert(
                try state.storage.list(.root).map { entry in
                    let path = try #require(entry.path(in: .root))
                    let content = try state.storage.openForReading(path).readAll(limit: 9)
                    return "\(entry.name)=\(String(decoding: content, as: UTF8.self))"
                }
            )
        }
        #expect(isComplete)
        #expect(found == [["name=old", "name.new=new"], ["name=new"]])
        try recording.syncDirectory(.root)
        recording.mark("synced")
        #expect(try outcomes(recording, "name", after: "synced") == [bytes("new")])
    }

    @Test("a removed file may be there again until its directory is synced")
    func removal() throws {
        let storage = MemoryStorage()
        try storage.createFile("f").append(bytes("x"))
        let recording = RecordingStorage(from: storage)
        try recording.remove("f")
        #expect(try outcomes(recording, "f") == [nil, bytes("x")])
        try recording.syncDirectory(.root)
        recording.mark("synced")
        #expect(try outcomes(recording, "f", after: "synced") == [nil])
    }

    @Test("a file renamed before it was synced may be empty under its new name")
    func renameBeforeSync() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f.new")
        try file.append(bytes("abc"))
        try recording.rename("f.new", to: "f", replacing: true)
        try recording.syncDirectory(.root)
        recording.mark("named")
        #expect(try outcomes(recording, "f", after: "named") == [[], bytes("abc"), [0, 0, 0]])
    }

    @Test("names of one directory survive each for itself, or in order where the model says so")
    func nameOrder() throws {
        let recording = RecordingStorage()
        for path in ["a", "b"] as [ArchivePath] { try recording.createFile(path).close() }
        func found(_ order: CrashModel.NameOrder) throws -> Set<[String]> {
            var found: Set<[String]> = []
            _ = try recording.visitCrashStates(CrashModel(nameOrder: order), limit: 100) { state in
                found.insert(try state.storage.list(.root).map(\.name))
            }
            return found
        }
        #expect(try found(.any) == [[], ["a"], ["b"], ["a", "b"]])
        #expect(try found(.inOrder) == [[], ["a"], ["a", "b"]])
    }

    @Test("a write in place is torn at sectors, in any order of them")
    func tornWrite() throws {
        let storage = MemoryStorage()
        try storage.createFile("head").append([UInt8](repeating: 0, count: 1024))
        let recording = RecordingStorage(from: storage)
        let file = try recording.openForOverwriting("head")
        try file.write([UInt8](repeating: 1, count: 1024), at: 0)
        let torn = try outcomes(recording, "head").map { content in
            content.map { [$0[0], $0[511], $0[512], $0[1023]] } ?? []
        }
        #expect(Set(torn) == [[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]])
        let whole = try outcomes(recording, "head", CrashModel(sectorByteCount: 4096))
        #expect(whole.count == 2, "one sector of 4 KiB is old or new")
    }

    @Test("the later of two writes may survive without the earlier, until a sync stands between them")
    func reordering() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try file.append([1])
        try recording.syncDirectory(.root)
        try file.sync()
        recording.mark("start")
        try file.write([2], at: 0)
        try file.append([3])
        let loose = try outcomes(recording, "f", after: "start")
        #expect(loose == [[1], [2], [1, 3], [2, 3], [1, 0], [2, 0]])
        try file.sync()
        recording.mark("synced")
        try file.append([4])
        #expect(try outcomes(recording, "f", after: "synced") == [[2, 3], [2, 3, 4], [2, 3, 0]])
    }

    @Test("a sync of one file says nothing of another")
    func otherFile() throws {
        let recording = RecordingStorage()
        let first = try recording.createFile("first")
        let second = try recording.createFile("second")
        try recording.syncDirectory(.root)
        try first.append(bytes("1"))
        try second.append(bytes("2"))
        try second.sync()
        recording.mark("second synced")
        #expect(try outcomes(recording, "first", after: "second synced") == [[], [0], bytes("1")])
        #expect(try outcomes(recording, "second", after: "second synced") == [bytes("2")])
    }

    @Test("a sector in flight may lose the bytes that stood in it, where the model says so, and no others")
    func garbledSector() throws {
        let storage = MemoryStorage()
        try storage.createFile("f").append([UInt8](repeating: 7, count: 700))
        let recording = RecordingStorage(from: storage)
        let file = try recording.openForAppending("f", at: 700)
        try file.append([8])
        let found = try outcomes(recording, "f", CrashModel(mayGarbleSector: true)).compactMap { $0 }
        #expect(found.allSatisfy { $0.prefix(512).allSatisfy { $0 == 7 } }, "the sector before is not touched")
        #expect(found.contains { !$0[512..<700].allSatisfy { $0 == 7 } })
        let plain = try outcomes(recording, "f").compactMap { $0 }
        #expect(plain.allSatisfy { $0.prefix(700).allSatisfy { $0 == 7 } })
    }

    @Test("length without bytes reads as zeros, or as garbage where the model says so")
    func unwritten() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try recording.syncDirectory(.root)
        recording.mark("named")
        try file.append([UInt8](repeating: 7, count: 100))
        let found = try outcomes(recording, "f", after: "named", CrashModel(unwritten: .garbage)).compactMap { $0 }
        #expect(found.count == 3)
        #expect(found.contains { $0.count == 100 && !$0.allSatisfy { $0 == 7 } && !$0.allSatisfy { $0 == 0 } })
    }

    @Test("a truncation may be undone until the file is synced")
    func truncation() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try recording.syncDirectory(.root)
        try file.append(bytes("abc"))
        try file.sync()
        recording.mark("start")
        try file.truncate(to: 1)
        #expect(try outcomes(recording, "f", after: "start") == [bytes("abc"), bytes("a")])
    }

    @Test("the root has its old name or its new one")
    func rootName() throws {
        let recording = RecordingStorage(from: MemoryStorage(name: "mail.parchive.part"))
        try recording.renameRoot(to: "mail.parchive")
        var names: Set<String> = []
        _ = recording.visitCrashStates(CrashModel(), limit: 10) { names.insert($0.storage.displayName) }
        #expect(names == ["mail.parchive.part", "mail.parchive"])
    }

    @Test("states drawn by chance are among all states, the same for the same seed, and reach every one of them")
    func sampling() throws {
        let recording = RecordingStorage()
        try recording.createDirectory("d")
        try recording.syncDirectory(.root)
        let file = try recording.createFile("d/f")
        try file.append([UInt8](repeating: 1, count: 900))
        try file.sync()
        try recording.createFile("g").append([5, 6])
        try recording.rename("d/f", to: "d/h", replacing: false)
        try recording.syncDirectory("d")
        func content(_ storage: MemoryStorage) throws -> [String: [UInt8]] {
            try Dictionary(
                uniqueKeysWithValues: storage.filePaths.map {
                    ($0.string, try storage.openForReading($0).readAll(limit: 9999))
                }
            )
        }
        for order in [CrashModel.NameOrder.any, .inOrder] {
            let model = CrashModel(nameOrder: order, unwritten: .garbage, mayGarbleSector: true)
            var all: Set<[String: [UInt8]]> = []
            let isComplete = try recording.visitCrashStates(model, limit: 100_000) {
                all.insert(try content($0.storage))
            }
            #expect(isComplete)
            var drawn: [[String: [UInt8]]] = []
            var texts: [String] = []
            try recording.sampleCrashStates(model, seed: 1, count: 5000) {
                drawn.append(try content($0.storage))
                texts.append($0.description)
            }
            #expect(drawn.count == 5000)
            #expect(Set(drawn) == all)
            var again: [String] = []
            recording.sampleCrashStates(model, seed: 1, count: 5000) { again.append($0.description) }
            #expect(again == texts)
        }
    }

    @Test("a limit ends the visit and is told")
    func limit() throws {
        let recording = RecordingStorage()
        for index in 0..<20 { try recording.createFile(try #require(ArchivePath("f\(index)"))).append([1]) }
        var count = 0
        let isComplete = recording.visitCrashStates(CrashModel(), limit: 1000) { _ in count += 1 }
        #expect(!isComplete)
        #expect(count == 1000)
    }

    @Test("a state is a storage of its own: recovery can write to it, and crash again")
    func recovery() throws {
        let recording = RecordingStorage()
        let file = try recording.createFile("f")
        try recording.syncDirectory(.root)
        try file.append([UInt8](repeating: 1, count: 8192))
        try recording.sampleCrashStates(CrashModel(), seed: 3, count: 50) { state in
            let second = RecordingStorage(from: state.storage)
            guard try second.exists("f") else { return }
            let length = try #require(try second.status(of: "f")).byteCount
            let file = try second.openForAppending("f", at: length)
            try file.append([2])
            try file.sync()
            second.mark("done")
            let end = second.eventCount
            try second.sampleCrashStates(CrashModel(), seed: 4, count: 3, points: end...end) { state in
                #expect(state.marks == ["done"])
                let found = try state.storage.status(of: "f")
                #expect(found?.byteCount == length + 1)
            }
        }
        #expect(try recording.openForReading("f").readAll(limit: 9999) == [UInt8](repeating: 1, count: 8192))
    }
}
