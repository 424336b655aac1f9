import ArchiveStorage
import Glibc
import Testing

@Suite("An import source") struct ImportSourceTests {
    private func put(_ path: String, _ name: [UInt8], _ content: String = "x") throws {
        let full = (bytes(path + "/") + name).map { CChar(bitPattern: $0) } + [0]
        let number = open(full, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        guard number >= 0 else { throw TestFailure("cannot create") }
        defer { close(number) }
        guard write(number, content, content.utf8.count) == content.utf8.count else {
            throw TestFailure("cannot write")
        }
    }

    @Test("file is read at any offset, and known by length, time and inode")
    func file() throws {
        try withTemporaryDirectory { path in
            try put(path, [0xFF, 0x0A], "From me\n")
            let file = try SourceFile(path: bytes(path + "/") + [0xFF, 0x0A])
            #expect(file.byteCount == 8)
            #expect(try file.read(at: 5, count: 99) == bytes("me\n"))
            var found = stat()
            #expect(fstatat(AT_FDCWD, file.path.map { CChar(bitPattern: $0) } + [0], &found, 0) == 0)
            #expect(file.identity.inode == UInt64(found.st_ino))
            #expect(file.identity.modifiedSeconds == Int64(found.st_mtim.tv_sec))
            #expect(file.identity.modifiedNanoseconds == Int32(found.st_mtim.tv_nsec))
            #expect(try !file.changedOrReplacedSinceOpened())
        }
    }

    @Test("file that is written to, replaced or removed while read is noticed")
    func changes() throws {
        try withTemporaryDirectory { path in
            try put(path, bytes("f"), "one")
            let file = try SourceFile(path: path + "/f")
            try put(path, bytes("f"), "three")
            #expect(try file.changedSinceOpened())
            let again = try SourceFile(path: path + "/f")
            try put(path, bytes("g"), "three")
            #expect(Glibc.rename("\(path)/g", "\(path)/f") == 0)
            #expect(try again.changedOrReplacedSinceOpened())
            let last = try SourceFile(path: path + "/f")
            #expect(unlink("\(path)/f") == 0)
            #expect(try last.changedOrReplacedSinceOpened())
            #expect(try last.read(at: 0, count: 9) == bytes("three"))
        }
    }

    @Test("file that is none is refused with the cause")
    func refused() throws {
        try withTemporaryDirectory { path in
            try put(path, bytes("f"))
            #expect(symlink("f", "\(path)/link") == 0)
            #expect(mkfifo("\(path)/fifo", 0o600) == 0)
            #expect(try cause { _ = try SourceFile(path: path) } == .isADirectory)
            #expect(try cause { _ = try SourceFile(path: path + "/fifo") } == .specialFile)
            #expect(try cause { _ = try SourceFile(path: path + "/none") } == .notFound)
            #expect(try cause { _ = try SourceFile(path: path + "/link", followsLinks: false) } == .symlink)
            #expect(try cause { _ = try SourceFile(path: bytes(path + "/f") + [0]) } == .invalidName)
            #expect(try cause { _ = try SourceFile(path: []) } == .invalidName)
            #expect(try SourceFile(path: path + "/link").byteCount == 1)
        }
    }

    @Test("folder is walked depth first, names sorted bytewise, links and special files only reported")
    func walk() throws {
        try withTemporaryDirectory { path in
            for directory in ["b", "b/inner", "empty"] { #expect(mkdir("\(path)/\(directory)", 0o700) == 0) }
            for name in ["b/2", "b/10", "b/inner/deep", "a", "B", "c"] { try put(path, bytes(name), name) }
            try put(path, [0x61, 0xFF, 0x0A])
            #expect(symlink("..", "\(path)/b/up") == 0)
            #expect(mkfifo("\(path)/fifo", 0o600) == 0)
            var walker = try SourceDirectoryWalker(path: path)
            var told: [[UInt8]] = []
            var kinds: [String] = []
            var kept: [SourceEntry] = []
            while let entry = walker.next() {
                told.append(entry.path)
                kinds.append("\(entry.kind) \(entry.depth)")
                #expect(entry.path.suffix(entry.name.count) == entry.name)
                kept.append(entry)
            }
            let expected: [[UInt8]] =
                [bytes("B"), bytes("a"), [0x61, 0xFF, 0x0A]]
                + ["b", "b/10", "b/2", "b/inner", "b/inner/deep", "b/up", "c", "empty", "fifo"].map(bytes)
            #expect(told == expected)
            #expect(
                kinds == [
                    "file 0", "file 0", "file 0", "directory 0", "file 1", "file 1", "directory 1", "file 2",
                    "symlink 1",
                    "file 0", "directory 0", "special 0",
                ]
            )
            // Entries stay good after the walk, even when folders were moved meanwhile.
            #expect(Glibc.rename("\(path)/b", "\(path)/moved") == 0)
            let file = try kept[7].open()
            #expect(try file.readAll(limit: 99) == bytes("b/inner/deep"))
            #expect(try !file.changedOrReplacedSinceOpened())
            #expect(try cause { _ = try kept[8].open() } == .symlink)
        }
    }

    @Test("folder nested too deep is told, and the walk goes on")
    func depth() throws {
        try withTemporaryDirectory { path in
            var directory = open(path, O_RDONLY)
            for _ in 0..<200 {
                #expect(mkdirat(directory, "d", 0o700) == 0)
                let next = openat(directory, "d", O_RDONLY)
                close(directory)
                directory = next
            }
            close(directory)
            try put(path, bytes("z"))
            var walker = try SourceDirectoryWalker(path: path)
            var last: [String] = []
            var refused: StorageError.Cause?
            while let entry = walker.next() {
                if case .unreadable(let error) = entry.kind { refused = error.cause }
                last.append(String(decoding: entry.name, as: UTF8.self))
            }
            #expect(refused == .tooDeep(limit: 128))
            #expect(last.count == 129)
            #expect(last.last == "z")
            #expect(try cause { _ = try SourceDirectoryWalker(path: path + "/z") } == .notADirectory)
        }
    }

    @Test("stream is spooled into a file without a name, up to a limit")
    func spool() throws {
        try withTemporaryDirectory { path in
            let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let source = try PosixStorage(opening: path).createFile("source")
            try source.append(content)
            let number = open(path + "/source", O_RDONLY)
            defer { close(number) }
            let spool = try Spool(in: path, name: "standard input")
            try spool.fill(fromDescriptor: number)
            #expect(spool.byteCount == 700_000)
            #expect(try spool.readAll(limit: 700_000) == content)
            #expect(try spool.read(at: 699_999, count: 9) == [content[699_999]])
            #expect(try PosixStorage(opening: path).list(.root).map(\.name) == ["source"])
            lseek(number, 0, SEEK_SET)
            let small = try Spool(in: path, name: "standard input")
            #expect(try cause { try small.fill(fromDescriptor: number, limit: 699_999) } == .fileTooLarge)
            #expect(try cause { _ = try Spool(in: path + "/none", name: "x") } == .notFound)
        }
    }

    @Test("of many small files is read at a few calls for each")
    func manySmallFiles() throws {
        try withTemporaryDirectory { path in
            for index in 0..<6000 { try put(path, bytes("\(index).eml"), "Subject: \(index)\n\n") }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
            defer { buffer.deallocate() }
            var walker = try SourceDirectoryWalker(path: path)
            var byteCount = 0
            var fileCount = 0
            let elapsed = try ContinuousClock().measure {
                while let entry = walker.next() {
                    byteCount += try entry.open().read(at: 0, into: buffer)
                    fileCount += 1
                }
            }
            #expect(fileCount == 6000)
            #expect(byteCount == (0..<6000).reduce(0) { $0 + "Subject: \($1)\n\n".utf8.count })
            // Generous: a machine under load, an unoptimised build.
            #expect(elapsed < .seconds(5))
        }
    }
}
