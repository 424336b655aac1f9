import Testing

@testable import ArchiveStorage

/// A dry run sees what it wrote, and what lies below stays as it is.
@Suite struct DryRunStorageTests {
    private func prepared() throws -> MemoryStorage {
        let base = MemoryStorage()
        try base.createDirectory("journal")
        let file = try base.createFile("journal/head.b")
        try file.append([1, 2, 3])
        try file.close()
        return base
    }

    @Test("small files are read as they were written, the base keeps its own")
    func small() throws {
        let base = try prepared()
        let storage = DryRunStorage(base)
        let head = try storage.openForOverwriting("journal/head.b")
        try head.write([9], at: 1)
        let new = try storage.createFile("journal/1.new")
        try new.append([7])
        try storage.rename("journal/1.new", to: "journal/1.jnl", replacing: false)
        #expect(try storage.openForReading("journal/head.b").readAll(limit: 9) == [1, 9, 3])
        #expect(try storage.list("journal").map(\.name) == ["1.jnl", "head.b"])
        #expect(try base.openForReading("journal/head.b").readAll(limit: 9) == [1, 2, 3])
        #expect(try base.list("journal").map(\.name) == ["head.b"])
        try storage.remove("journal/head.b")
        #expect(try !storage.exists("journal/head.b"))
        #expect(try storage.list("journal").map(\.name) == ["1.jnl"])
        #expect(try base.exists("journal/head.b"))
    }

    @Test("of segments only the length is kept")
    func segments() throws {
        let base = try prepared()
        base.setReadOnly(true)
        let storage = DryRunStorage(base)
        #expect(try storage.createDirectories("segments/00000").count == 2)
        let segment = try storage.createFile("segments/00000/00000001.seg")
        try segment.append([UInt8](repeating: 1, count: 1000))
        try segment.append([1])
        #expect(try storage.status(of: "segments/00000/00000001.seg")?.byteCount == 1001)
        #expect(try storage.list("segments/00000").count == 1)
        #expect(throws: StorageError.self) { try storage.createFile("segments/00000/00000001.seg") }
        #expect(throws: StorageError.self) { try storage.openForReading("segments/00000/00000001.seg") }
        #expect(try !base.exists("segments"))
        #expect(try !storage.isReadOnly())
    }
}
