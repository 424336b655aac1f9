import ArchiveStorage
import Testing

@Suite("A storage with faults") struct FaultingTests {
    @Test("fails at the call that was named, and only there")
    func ordinal() throws {
        let storage = FaultingStorage(MemoryStorage(), faults: [Fault(.sync, ordinal: 2, .mediumError)])
        let file = try storage.createFile("f")
        try file.sync()
        #expect(try cause { try file.sync() } == .mediumError)
        #expect(
            try cause { try file.sync() } == .mediumError,
            "after a failed sync nothing can be made durable any more"
        )
        try storage.openForOverwriting("f").sync()
        #expect(storage.callCount(of: .create) == 1)
    }

    @Test("can fail each single call of a run, and nothing leaks or traps")
    func everyCall() throws {
        func run(_ storage: FaultingStorage) throws {
            _ = try storage.createDirectories("a/b")
            let file = try storage.createFile("a/b/f")
            try file.append([1, 2, 3])
            try file.write([9], at: 0)
            try file.sync()
            try file.close()
            try storage.rename("a/b/f", to: "a/b/g", replacing: false)
            try storage.syncDirectory("a/b")
            _ = try storage.openForReading("a/b/g").readAll(limit: 3)
            _ = try storage.list("a/b")
            try storage.lock("a/b/g").release()
            try storage.remove("a/b/g")
            try storage.renameRoot(to: "x")
        }
        let counted = FaultingStorage(MemoryStorage())
        try run(counted)
        #expect(counted.callCount() == 18)
        for ordinal in 1...counted.callCount() {
            let storage = FaultingStorage(MemoryStorage(), faults: [Fault(ordinal: ordinal, .mediumError)])
            #expect(try cause { try run(storage) } == .mediumError, "call \(ordinal)")
            #expect(storage.callCount() == ordinal)
        }
    }

    @Test("writes a part before the medium is full, and tells how much is missing")
    func partialWrite() throws {
        let memory = MemoryStorage()
        let storage = FaultingStorage(
            memory,
            faults: [Fault(.write, at: "f", .failsAfter(byteCount: 2, .noSpace(free: nil, wanted: nil)))]
        )
        try storage.createFile("other").append([1])
        let file = try storage.createFile("f")
        let error = try #require(throws: StorageError.self) { try file.append([1, 2, 3, 4, 5]) }
        #expect(error.cause == .noSpace(free: 0, wanted: 3))
        #expect(error.wanting(1000).cause == .noSpace(free: 0, wanted: 1000))
        #expect(error.message.contains("3 missing"))
        #expect(file.byteCount == 2)
        try file.truncate(to: 0)
        try file.append([6])
        #expect(try memory.openForReading("f").readAll(limit: 9) == [6])
    }

    @Test("lasts when told: a medium that turned read-only")
    func lasting() throws {
        let storage = FaultingStorage(MemoryStorage(), faults: [Fault(.write, ordinal: 2, lasts: true, .readOnly)])
        let file = try storage.createFile("f")
        try file.append([1])
        for _ in 0..<3 { #expect(try cause { try file.append([2]) } == .readOnly) }
        #expect(file.byteCount == 1)
    }

    @Test("reads short as if the file ended")
    func shortRead() throws {
        let storage = FaultingStorage(MemoryStorage(), faults: [Fault(.read, .endsAfter(byteCount: 2))])
        try storage.createFile("f").append([1, 2, 3])
        let file = try storage.openForReading("f")
        #expect(try file.read(at: 0, count: 3) == [1, 2])
        #expect(try file.read(at: 0, count: 3) == [1, 2, 3])
    }

    @Test("moves all bytes by calls that are short and interrupted", arguments: [1, 3, 7, 4096])
    func pieces(_ byteCount: Int) throws {
        let effect = Fault.Effect.inPieces(of: byteCount, interruptions: 3)
        let storage = FaultingStorage(
            MemoryStorage(),
            faults: [Fault(.read, lasts: true, effect), Fault(.write, lasts: true, effect)]
        )
        let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let file = try storage.createFile("f")
        try file.append(content)
        try file.write(Array(content[5..<25]), at: 5)
        #expect(try storage.openForReading("f").readAll(limit: 1000) == content)
        #expect(try storage.openForReading("f").read(at: 990, count: 99) == Array(content[990...]))
    }

    @Test("a memory of limited size takes what fits, and a read-only one takes nothing")
    func memoryLimits() throws {
        let storage = MemoryStorage(capacity: 10)
        let file = try storage.createFile("f")
        try file.append([1, 2, 3, 4, 5, 6, 7])
        #expect(try storage.freeByteCount() == 3)
        #expect(try cause { try file.append([1, 2, 3, 4, 5]) } == .noSpace(free: 0, wanted: 2))
        #expect(file.byteCount == 10)
        try file.write([0], at: 9)
        storage.setReadOnly(true)
        #expect(try storage.isReadOnly())
        #expect(try cause { try file.write([0], at: 9) } == .readOnly)
        #expect(try cause { _ = try storage.createFile("g") } == .readOnly)
        #expect(try cause { try storage.remove("f") } == .readOnly)
        #expect(try cause { try storage.rename("f", to: "g", replacing: true) } == .readOnly)
        #expect(try storage.openForReading("f").readAll(limit: 10).count == 10)
        storage.setReadOnly(false)
        try file.truncate(to: 0)
        try storage.remove("f")
        try file.close()
        #expect(try storage.freeByteCount() == 10)
    }
}
