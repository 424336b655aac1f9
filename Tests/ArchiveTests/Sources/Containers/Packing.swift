import ArchiveStorage
import CArchive
import Foundation

@testable import ArchiveSources

/// Containers made for a test, by libarchive.
enum Packing {
    struct Entry {
        var name: [UInt8]
        var bytes: [UInt8] = []
        var type: UInt32 = 0o100000
        var hardLink: String?
        var symbolicLink: String?

        init(_ name: String, _ text: String = "", type: UInt32 = 0o100000) {
            self.init(Array(name.utf8), Array(text.utf8), type: type)
        }

        init(_ name: [UInt8], _ bytes: [UInt8], type: UInt32 = 0o100000) {
            self.name = name
            self.bytes = bytes
            self.type = type
        }
    }

    enum Format: String, CaseIterable {
        case zip, tar, pax, sevenZip, cpio, raw
    }

    enum Filter: String, CaseIterable {
        case none, gzip, bzip2, xz, lzma, zstd, lzip, lz4, compress
    }

    static func pack(_ format: Format, _ entries: [Entry]) -> [UInt8] { pack(format, .none, entries) }

    /// A tar in whole records, as tar programs write it.
    static func records(_ filter: Filter, _ entries: [Entry]) -> [UInt8] {
        var bytes = pack(.tar, entries)
        bytes += [UInt8](repeating: 0, count: (10_240 - bytes.count % 10_240) % 10_240)
        return filter == .none ? bytes : pack(.raw, filter, [Entry(Array("x".utf8), bytes)])
    }

    static func pack(
        _ format: Format,
        _ filter: Filter = .none,
        options: String? = nil,
        passphrase: String? = nil,
        _ entries: [Entry]
    ) -> [UInt8] {
        setlocale(LC_CTYPE, "C.UTF-8")
        let archive = archive_write_new()
        defer { archive_write_free(archive) }
        switch format {
        case .zip: archive_write_set_format_zip(archive)
        case .tar: archive_write_set_format_gnutar(archive)
        case .pax: archive_write_set_format_pax(archive)
        case .sevenZip: archive_write_set_format_7zip(archive)
        case .cpio: archive_write_set_format_cpio_newc(archive)
        case .raw: archive_write_set_format_raw(archive)
        }
        switch filter {
        case .none: archive_write_add_filter_none(archive)
        case .gzip: archive_write_add_filter_gzip(archive)
        case .bzip2: archive_write_add_filter_bzip2(archive)
        case .xz: archive_write_add_filter_xz(archive)
        case .lzma: archive_write_add_filter_lzma(archive)
        case .zstd: archive_write_add_filter_zstd(archive)
        case .lzip: archive_write_add_filter_lzip(archive)
        case .lz4: archive_write_add_filter_lz4(archive)
        case .compress: archive_write_add_filter_compress(archive)
        }
        if let options { precondition(archive_write_set_options(archive, options) == ARCHIVE_OK) }
        if let passphrase { archive_write_set_passphrase(archive, passphrase) }
        archive_write_set_bytes_in_last_block(archive, 1)
        var buffer = [UInt8](repeating: 0, count: entries.reduce(1 << 20) { $0 + $1.bytes.count + 4096 })
        var used = 0
        buffer.withUnsafeMutableBytes { room in
            precondition(archive_write_open_memory(archive, room.baseAddress, room.count, &used) == ARCHIVE_OK)
            for entry in entries { write(entry, to: archive) }
            precondition(archive_write_close(archive) == ARCHIVE_OK)
        }
        return Array(buffer.prefix(used))
    }

    private static func write(_ entry: Entry, to archive: OpaquePointer?) {
        let header = archive_entry_new()
        defer { archive_entry_free(header) }
        (entry.name + [0]).withUnsafeBufferPointer {
            $0.withMemoryRebound(to: CChar.self) { archive_entry_set_pathname(header, $0.baseAddress) }
        }
        archive_entry_set_filetype(header, mode_t(entry.type))
        archive_entry_set_perm(header, 0o644)
        archive_entry_set_size(header, Int64(entry.bytes.count))
        archive_entry_set_mtime(header, 1_000_000_000, 0)
        if let link = entry.hardLink { archive_entry_set_hardlink(header, link) }
        if let link = entry.symbolicLink { archive_entry_set_symlink(header, link) }
        precondition(archive_write_header(archive, header) >= ARCHIVE_WARN)
        if !entry.bytes.isEmpty {
            precondition(archive_write_data(archive, entry.bytes, entry.bytes.count) == entry.bytes.count)
        }
    }
}

/// What a reader gave, for comparison.
struct Given: Equatable {
    struct File: Equatable {
        var path: String
        var hash: UInt64
        var byteCount: UInt64
        var isCut: Bool
        var text: String { "\(path) \(byteCount)" }
    }

    var files: [File] = []
    var messages: [String] = []
    var failures: [String] = []
    var skipped: [String] = []

    /// FNV-1a, which Python can do as well.
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    static func bytes(_ file: any RandomAccessBytes) throws -> [UInt8] {
        if let memory = file as? MemoryBytes { return memory.bytes }
        var bytes = [UInt8](repeating: 0, count: Int(file.byteCount))
        let count = try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
        return Array(bytes.prefix(count))
    }

    init(_ reader: some SourceReader) throws {
        while let event = try reader.next() {
            switch event {
            case .file(let file):
                guard case .opened(let content) = file.content else { continue }
                let bytes = try Given.bytes(content)
                files.append(
                    File(
                        path: Given.text(file.path),
                        hash: Given.hash(bytes),
                        byteCount: UInt64(bytes.count),
                        isCut: file.isCut
                    )
                )
            case .message(let message): messages.append(message.identifier)
            case .failed(let failure): failures.append("\(failure.identifier): \(failure.text)")
            case .skipped(let path, let reason): skipped.append("\(Given.text(path)): \(reason.rawValue)")
            case .kept(let file, let reason): skipped.append("\(Given.text(file.path)): \(reason.rawValue)")
            case .expected: break
            }
        }
    }

    static func text(_ path: [[UInt8]]) -> String {
        path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    init(container bytes: [UInt8], name: String = "x", limits: ContainerLimits = .standard) throws {
        try self.init(
            ContainerReader(
                MemoryBytes(bytes, name: name),
                name: Array(name.utf8),
                budget: ContainerBudget(limits)
            )
        )
    }

    var paths: [String] { files.map(\.path) }
    /// Number, bytes, and the sum of the hashes, as the script of the outside reader tells them.
    var sums: [UInt64] {
        [UInt64(files.count), files.reduce(0) { $0 + $1.byteCount }, files.reduce(0) { $0 &+ $1.hash }]
    }
}
