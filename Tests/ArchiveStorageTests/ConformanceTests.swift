import ArchiveStorage
import Testing

/// What every storage does, whatever stands behind it; the expectations are those of POSIX.
@Suite("Every storage") struct ConformanceTests {
    @Test("reads back what was appended and overwritten", arguments: StorageSubject.allCases)
    func content(_ subject: StorageSubject) throws {
        try subject.run { storage in
            let file = try storage.createFile("a.seg")
            try file.append(bytes("hello "))
            try file.append(bytes("world"))
            try file.append([])
            #expect(file.byteCount == 11)
            try file.write(bytes("W"), at: 6)
            try file.sync()
            try file.close()
            let read = try storage.openForReading("a.seg", expecting: .sequential)
            #expect(read.byteCount == 11)
            #expect(try read.readAll(limit: 11) == bytes("hello World"))
            #expect(try read.read(at: 6, count: 100) == bytes("World"))
            #expect(try read.read(at: 11, count: 5) == [])
            #expect(try read.read(at: .max, count: 5) == [])
            #expect(try cause { _ = try read.readAll(limit: 10) } == .lengthDiffers(expected: 10, found: 11))
            read.dropCache()
            #expect(try read.read(at: 0, count: 5) == bytes("hello"))
        }
    }

    @Test("reads a file as long as it was when opened", arguments: StorageSubject.allCases)
    func growth(_ subject: StorageSubject) throws {
        try subject.run { storage in
            let file = try storage.createFile("f")
            try file.append(bytes("one"))
            let reader = try storage.openForReading("f")
            try file.append(bytes("two"))
            #expect(try reader.read(at: 0, count: 99) == bytes("one"))
            #expect(try reader.read(at: 3, count: 99) == [])
            try file.truncate(to: 2)
            #expect(try reader.read(at: 0, count: 99) == bytes("on"))
        }
    }

    @Test("keeps large writes at odd places", arguments: StorageSubject.allCases)
    func largeContent(_ subject: StorageSubject) throws {
        try subject.run { storage in
            var expected = (0..<300_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let file = try storage.createFile("big")
            try file.append(Array(expected[..<5000]))
            try file.append(Array(expected[5000...]))
            for offset in [0, 1, 4095, 4096, 70_000, 299_000] {
                let patch = [UInt8](repeating: 0xAA, count: 1001)
                try file.write(patch, at: UInt64(offset))
                expected.replaceSubrange(offset..<offset + 1001, with: patch)
            }
            #expect(try storage.openForReading("big").readAll(limit: 1 << 20) == expected)
        }
    }

    @Test("creates a file only where nothing is", arguments: StorageSubject.allCases)
    func exclusiveCreation(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createDirectory("journal")
            try storage.createFile("head.a").close()
            #expect(try cause { _ = try storage.createFile("head.a") } == .exists)
            #expect(try cause { _ = try storage.createFile("journal") } == .exists)
            #expect(try cause { try storage.createDirectory("head.a") } == .exists)
            #expect(try cause { try storage.createDirectory("journal") } == .exists)
            #expect(try cause { _ = try storage.createFile("none/head.b") } == .notFound)
            #expect(try cause { _ = try storage.createFile("head.a/x") } == .notADirectory)
        }
    }

    @Test("tells what is missing and what is of another kind", arguments: StorageSubject.allCases)
    func kinds(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createDirectory("journal")
            try storage.createFile("file").close()
            #expect(try cause { _ = try storage.openForReading("none") } == .notFound)
            #expect(try cause { _ = try storage.openForReading("journal") } == .isADirectory)
            #expect(try cause { _ = try storage.openForOverwriting("journal") } == .isADirectory)
            #expect(try cause { _ = try storage.openForOverwriting("none") } == .notFound)
            #expect(try cause { _ = try storage.openForReading("file/x") } == .notADirectory)
            #expect(try cause { _ = try storage.list("file") } == .notADirectory)
            #expect(try cause { _ = try storage.list("none") } == .notFound)
            #expect(try cause { try storage.syncDirectory("none") } == .notFound)
            #expect(try storage.status(of: "none") == nil)
            #expect(try storage.status(of: "none/below") == nil)
            #expect(try storage.status(of: "journal") == FileStatus(kind: .directory, byteCount: 0))
            #expect(try storage.status(of: .root) == FileStatus(kind: .directory, byteCount: 0))
            #expect(try storage.exists("file"))
        }
    }

    @Test("appends after a known length, and refuses or cuts off what is beyond", arguments: StorageSubject.allCases)
    func appending(_ subject: StorageSubject) throws {
        try subject.run { storage in
            let path: ArchivePath = "1.jnl"
            try storage.createFile(path).append(bytes("record one|torn"))
            #expect(
                try cause { _ = try storage.openForAppending(path, at: 11) }
                    == .lengthDiffers(expected: 11, found: 15)
            )
            #expect(
                try cause { _ = try storage.openForAppending(path, at: 16, excess: .discarded) }
                    == .lengthDiffers(expected: 16, found: 15)
            )
            let file = try storage.openForAppending(path, at: 11, excess: .discarded)
            #expect(file.byteCount == 11)
            try file.append(bytes("two"))
            #expect(try storage.openForReading(path).readAll(limit: 99) == bytes("record one|two"))
            try file.truncate(to: 12)
            try file.append(bytes("2"))
            #expect(try storage.openForReading(path).readAll(limit: 99) == bytes("record one|t2"))
            #expect(try cause { try file.truncate(to: 10) } == .outOfBounds)
            #expect(try cause { try file.truncate(to: 14) } == .outOfBounds)
        }
    }

    @Test("overwrites in place and never makes a file longer by it", arguments: StorageSubject.allCases)
    func overwriting(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createFile("head.a").append(bytes("0123456789"))
            let head = try storage.openForOverwriting("head.a")
            try head.write(bytes("abc"), at: 7)
            #expect(try cause { try head.write(bytes("abc"), at: 8) } == .outOfBounds)
            #expect(try cause { try head.write(bytes("a"), at: .max) } == .outOfBounds)
            try head.sync()
            #expect(try storage.openForReading("head.a").readAll(limit: 10) == bytes("0123456abc"))
        }
    }

    @Test("closes once, and says so afterwards", arguments: StorageSubject.allCases)
    func closing(_ subject: StorageSubject) throws {
        try subject.run { storage in
            let file = try storage.createFile("a")
            try file.close()
            try file.close()
            #expect(try cause { try file.append(bytes("x")) } == .closed)
            #expect(try cause { try file.write([], at: 0) } == .closed)
            #expect(try cause { try file.truncate(to: 0) } == .closed)
            #expect(try cause { try file.sync() } == .closed)
        }
    }

    @Test("lists names sorted bytewise, with kinds and sizes, up to a limit", arguments: StorageSubject.allCases)
    func listing(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createFile("b").append(bytes("12345"))
            try storage.createFile("B").close()
            try storage.createDirectory("a")
            try storage.createFile("a/inner").close()
            try storage.createFile("_").close()
            let entries = try storage.list(.root)
            #expect(entries.map(\.name) == ["B", "_", "a", "b"])
            #expect(entries.map(\.status.kind) == [.file, .file, .directory, .file])
            #expect(entries.map(\.status.byteCount) == [0, 0, 0, 5])
            #expect(try storage.list("a").map { $0.path(in: "a") } == ["a/inner"])
            #expect(try storage.list(.root, limit: 4).count == 4)
            #expect(try cause { _ = try storage.list(.root, limit: 3) } == .tooManyEntries(limit: 3))
        }
    }

    @Test("renames in one step, replacing only when told", arguments: StorageSubject.allCases)
    func renaming(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createFile("new").append(bytes("new"))
            try storage.createFile("old").append(bytes("old"))
            try storage.createDirectory("d")
            #expect(try cause { try storage.rename("new", to: "old", replacing: false) } == .exists)
            #expect(try cause { try storage.rename("none", to: "old", replacing: true) } == .notFound)
            #expect(try cause { try storage.rename("new", to: "none/x", replacing: true) } == .notFound)
            #expect(try cause { try storage.rename("new", to: "d", replacing: true) } == .isADirectory)
            #expect(try cause { try storage.rename("d", to: "new", replacing: true) } == .notADirectory)
            let reader = try storage.openForReading("old")
            try storage.rename("new", to: "old", replacing: true)
            #expect(try storage.openForReading("old").readAll(limit: 9) == bytes("new"))
            #expect(try reader.readAll(limit: 9) == bytes("old"), "an open file stays what it was")
            #expect(try !storage.exists("new"))
            try storage.rename("old", to: "d/moved", replacing: false)
            #expect(try storage.openForReading("d/moved").readAll(limit: 9) == bytes("new"))
            try storage.rename("d", to: "e", replacing: false)
            #expect(try storage.list("e").map(\.name) == ["moved"])
        }
    }

    @Test("removes files and empty directories", arguments: StorageSubject.allCases)
    func removing(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createDirectory("d")
            let file = try storage.createFile("d/f")
            #expect(try cause { try storage.remove("d") } == .directoryNotEmpty)
            try storage.remove("d/f")
            #expect(try cause { try storage.remove("d/f") } == .notFound)
            try file.append(bytes("still open"))
            try storage.remove("d")
            #expect(try storage.list(.root).isEmpty)
        }
    }

    @Test("creates the directories on the way and names those to sync", arguments: StorageSubject.allCases)
    func directories(_ subject: StorageSubject) throws {
        try subject.run { storage in
            #expect(try storage.createDirectories("segments/00000") == [.root, "segments"])
            #expect(try storage.createDirectories("segments/00001") == ["segments"])
            #expect(try storage.createDirectories("segments/00001") == [])
            try storage.syncDirectory("segments/00001")
            try storage.syncDirectory(.root)
            try storage.createFile("f").close()
            #expect(try cause { _ = try storage.createDirectories("f") } == .notADirectory)
        }
    }

    @Test("locks a file or the root for one at a time", arguments: StorageSubject.allCases)
    func locking(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createFile("head.a").close()
            func isLocked(_ path: ArchivePath) throws -> Bool {
                do {
                    try storage.lock(path).release()
                    return false
                } catch {
                    guard case .locked = error.cause else { throw error }
                    return true
                }
            }
            for path in ["head.a", ArchivePath.root] {
                var lock: (any StorageLock)? = try storage.lock(path)
                #expect(try isLocked(path))
                lock?.release()
                #expect(try !isLocked(path))
                lock?.release()
                lock = try storage.lock(path)
                #expect(try isLocked(path))
                lock = nil
                #expect(try !isLocked(path), "the last reference gives it back")
            }
            #expect(try cause { _ = try storage.lock("none") } == .notFound)
        }
    }

    @Test("renames its own root and stays usable", arguments: StorageSubject.allCases)
    func renamingRoot(_ subject: StorageSubject) throws {
        try subject.run { storage in
            try storage.createFile("f").append(bytes("x"))
            try storage.renameRoot(to: "mail.parchive")
            #expect(storage.displayName.hasSuffix("mail.parchive"))
            #expect(try storage.openForReading("f").readAll(limit: 1) == bytes("x"))
            try storage.createFile("g").close()
            for name in ["", ".", "..", "a/b"] {
                #expect(try cause { try storage.renameRoot(to: name) } == .invalidName)
            }
        }
    }

    @Test("tells free space, and both numbers when there is too little", arguments: StorageSubject.allCases)
    func space(_ subject: StorageSubject) throws {
        try subject.run { storage in
            #expect(try storage.freeByteCount() > 0)
            try storage.requireFree(1)
            let error = try #require(throws: StorageError.self) { try storage.requireFree(.max) }
            guard case .noSpace(_?, .max) = error.cause else { throw error }
            #expect(error.message.contains("missing"))
            #expect(try !storage.isReadOnly())
        }
    }
}
