import ArchiveStorage
import Glibc
import Testing

/// What only a real file system can show.
@Suite("A storage on a file system") struct PosixStorageTests {
    private func withArchive(_ body: (PosixStorage, String) throws -> Void) throws {
        try withTemporaryDirectory { path in
            try body(try PosixStorage(creating: "\(path)/a.parchive"), "\(path)/a.parchive")
        }
    }

    @Test("reports links and never follows them, neither at the end of a path nor on the way")
    func links() throws {
        try withArchive { storage, path in
            try storage.createDirectory("real")
            try storage.createFile("real/f").append(bytes("x"))
            #expect(symlink("real/f", "\(path)/link") == 0)
            #expect(symlink("real", "\(path)/dir") == 0)
            #expect(symlink("nowhere", "\(path)/dangling") == 0)
            #expect(try storage.list(.root).map(\.status.kind) == [.symlink, .symlink, .symlink, .directory])
            #expect(try storage.status(of: "link")?.kind == .symlink)
            #expect(try cause { _ = try storage.openForReading("link") } == .symlink)
            #expect(try cause { _ = try storage.openForOverwriting("link") } == .symlink)
            #expect(try cause { _ = try storage.createFile("dangling") } == .exists)
            #expect(try cause { _ = try storage.openForReading("dangling") } == .symlink)
            #expect(try cause { _ = try storage.openForReading("dir/f") } == .symlink)
            #expect(try cause { _ = try storage.createFile("dir/g") } == .symlink)
            #expect(try cause { _ = try storage.list("dir") } == .symlink)
            #expect(try cause { try storage.remove("dir/f") } == .symlink)
            try storage.remove("dir")
            try storage.remove("link")
            #expect(try storage.openForReading("real/f").readAll(limit: 1) == bytes("x"))
            let memory = try MemoryStorage(copying: storage)
            #expect(try cause { _ = try memory.openForReading("dangling") } == .symlink)
            #expect(memory.filePaths == ["real/f"])
        }
    }

    @Test("does not wait for a FIFO and does not take it for a file", .timeLimit(.minutes(1)))
    func fifo() throws {
        try withArchive { (storage, path) throws in
            #expect(mkfifo("\(path)/fifo", 0o600) == 0)
            #expect(try cause { _ = try storage.openForReading("fifo") } == .specialFile)
            #expect(try cause { _ = try storage.openForOverwriting("fifo") } == .specialFile)
            #expect(try storage.status(of: "fifo")?.kind == .special)
        }
    }

    @Test("lists names with any bytes, though an archive has no such paths")
    func oddNames() throws {
        try withArchive { storage, path in
            let names: [[UInt8]] = [
                bytes("System Volume Information"), [0xFF, 0xFE], bytes("line\nbreak"), bytes("plain"),
            ]
            for name in names {
                let full = (bytes(path + "/") + name).map { CChar(bitPattern: $0) } + [0]
                close(open(full, O_CREAT | O_WRONLY, 0o600))
            }
            let entries = try storage.list(.root)
            #expect(entries.map(\.nameBytes) == names.sorted { $0.lexicographicallyPrecedes($1) })
            #expect(entries.compactMap { $0.path(in: .root) } == ["plain"])
        }
    }

    @Test("names the process that holds the lock")
    func lockHolder() throws {
        try withArchive { storage, path in
            try storage.createFile("head.a").close()
            let other = try PosixStorage(opening: path)
            let lock = try storage.lock("head.a")
            let error = try #require(throws: StorageError.self) { _ = try other.lock("head.a") }
            guard case .locked(let holder) = error.cause else { throw error }
            // Not every machine shows /proc/locks; where it does, it is us.
            if let holder { #expect(holder.process == getpid() && !holder.program.isEmpty) }
            lock.release()
            try other.lock("head.a").release()
        }
    }

    @Test("renames its root only to a free name, and only while the name is its own")
    func rootName() throws {
        try withTemporaryDirectory { path in
            let storage = try PosixStorage(creating: path + "/m.parchive.part/")
            #expect(try cause { _ = try PosixStorage(creating: path + "/m.parchive.part") } == .exists)
            try storage.createFile("f").close()
            let taken = try PosixStorage(creating: path + "/taken")
            #expect(try cause { try storage.renameRoot(to: "taken") } == .exists)
            try storage.renameRoot(to: "m.parchive")
            #expect(storage.displayName == path + "/m.parchive")
            #expect(try PosixStorage(opening: path + "/m.parchive").exists("f"))
            #expect(Glibc.rename("\(path)/m.parchive", "\(path)/away") == 0)
            #expect(Glibc.rename("\(path)/taken", "\(path)/m.parchive") == 0)
            #expect(try cause { try storage.renameRoot(to: "other") } == .notFound, "another directory took the name")
            #expect(try storage.exists("f"), "the descriptor still leads to the archive")
            #expect(try !taken.exists("f"))
        }
    }

    @Test("tells what is wrong with the directory it is to open")
    func opening() throws {
        try withTemporaryDirectory { path in
            #expect(try cause { _ = try PosixStorage(opening: path + "/none") } == .notFound)
            #expect(try cause { _ = try PosixStorage(creating: path + "/none/a") } == .notFound)
            #expect(try cause { _ = try PosixStorage(creating: "/") } == .invalidName)
            #expect(try cause { _ = try PosixStorage(creating: "") } == .invalidName)
            #expect(try cause { _ = try PosixStorage(opening: "") } == .notFound)
            #expect(try cause { _ = try PosixStorage(opening: path + "/a\0b") } == .invalidName)
            try PosixStorage(creating: path + "/a").createFile("f").close()
            #expect(try cause { _ = try PosixStorage(opening: path + "/a/f") } == .notADirectory)
            #expect(symlink("a", "\(path)/named") == 0)
            #expect(try PosixStorage(opening: path + "/named").exists("f"), "a link that the person named is followed")
        }
    }

    @Test("leaves no descriptor open, whether calls succeed or fail")
    func descriptors() throws {
        try withTemporaryDirectory { path in
            func run() throws {
                let storage = try PosixStorage(opening: path)
                for _ in 0..<50 {
                    let file = try storage.createFile("f")
                    try file.append([1])
                    _ = try? storage.createFile("f")
                    _ = try? storage.openForReading("f/x")
                    _ = try? storage.openForReading("d/e/f")
                    _ = try? storage.openForAppending("f", at: 5)
                    _ = try? storage.list("f")
                    _ = try? storage.openForReading(.root)
                    _ = try storage.list(.root)
                    let lock = try storage.lock("f")
                    _ = try? storage.lock("f")
                    _ = try storage.createDirectories("d/e")
                    try storage.syncDirectory("d/e")
                    try storage.remove("d/e")
                    try storage.remove("d")
                    try storage.remove("f")
                    _ = lock
                }
            }
            // Other tests open and close files meanwhile: only a leak of every round stands out.
            let before = try openDescriptorCount()
            try run()
            #expect(try openDescriptorCount() < before + 40)
        }
    }

    private func openDescriptorCount() throws -> Int {
        try PosixStorage(opening: "/proc/self/fd").list(.root).count
    }

    @Test("tells a full medium and a read-only one, with what is missing", .enabled(if: canMount))
    func smallMedium() throws {
        try withTemporaryDirectory { path in
            #expect(mount("none", path, "tmpfs", 0, "size=1m") == 0)
            defer { umount2(path, Int32(MNT_DETACH)) }
            let storage = try PosixStorage(creating: path + "/a")
            let free = try storage.freeByteCount()
            #expect(free <= 1 << 20)
            let file = try storage.createFile("f")
            let error = try #require(throws: StorageError.self) {
                try file.append([UInt8](repeating: 1, count: 2 << 20))
            }
            #expect(error.cause == .noSpace(free: 0, wanted: (2 << 20) - free))
            #expect(file.byteCount == free, "what fits is written")
            try file.truncate(to: 5)
            try file.sync()
            try file.close()
            #expect(try storage.freeByteCount() > 0)
            #expect(mount("none", path, nil, UInt(MS_REMOUNT | MS_RDONLY), "size=1m") == 0)
            #expect(try storage.isReadOnly())
            #expect(try storage.openForReading("f").readAll(limit: 5).count == 5)
            #expect(try cause { _ = try storage.createFile("g") } == .readOnly)
            #expect(try cause { _ = try storage.openForOverwriting("f") } == .readOnly)
            #expect(try cause { try storage.createDirectory("d") } == .readOnly)
            #expect(try cause { try storage.rename("f", to: "g", replacing: true) } == .readOnly)
            #expect(try cause { try storage.remove("f") } == .readOnly)
            try storage.lock("f").release()
        }
    }
}

/// Whether this process may put a small file system into a directory, which usually only root may.
private let canMount: Bool = {
    var isPossible = false
    try? withTemporaryDirectory { path in
        isPossible = mount("none", path, "tmpfs", 0, "size=64k") == 0
        if isPossible { umount2(path, Int32(MNT_DETACH)) }
    }
    return isPossible
}()
