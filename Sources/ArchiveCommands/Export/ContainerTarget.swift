import ArchiveFormat
import ArchiveReader
import CArchive

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One zip, tar or tar.zst of EML files, written by libarchive.
final class ContainerTarget: ExportTarget {
    private let path: String
    private let part: String
    private let archive: OpaquePointer
    private var names = FolderNames()
    private var descriptor: Int32 = -1
    private var isFinished = false

    init(_ path: String, _ format: ExportFormat) throws(ArchiveError) {
        self.path = path
        // Whole or not at all: the name appears when the last byte is written.
        part = path == "-" ? path : path + ".part"
        if path != "-", access(path, F_OK) == 0 { throw ArchiveError(.exists, path) }
        guard let archive = archive_write_new() else { throw ArchiveError(.inputOutput, path, "out of memory") }
        self.archive = archive
        if format == .zip {
            archive_write_set_format_zip(archive)
            archive_write_set_options(archive, "zip:hdrcharset=UTF-8")
        } else {
            archive_write_set_format_pax_restricted(archive)
            if format == .tarZstd {
                archive_write_add_filter_zstd(archive)
            }
        }
        // No padding to ten kilobytes at the end of what is no tape.
        archive_write_set_bytes_in_last_block(archive, 1)
        if path != "-" {
            // Never through what stands there already, be it a file or a link.
            descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else { throw .system(part) }
        }
        let status = archive_write_open_fd(archive, path == "-" ? 1 : descriptor)
        guard status == ARCHIVE_OK else { throw failure() }
    }

    deinit {
        archive_write_free(archive)
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !isFinished { unlink(part) }
    }

    private func failure() -> ArchiveError {
        let text = archive_error_string(archive).map { String(cString: $0) } ?? ""
        return ArchiveError(archive_errno(archive) == ENOSPC ? .noSpace : .inputOutput, path, text)
    }

    func begin(_ item: ExportItem) throws(ArchiveError) {
        guard let entry = archive_entry_new() else { throw ArchiveError(.inputOutput, path, "out of memory") }
        defer { archive_entry_free(entry) }
        let components = names.components(item.folder)
        let name = names.unique(item.fileName, in: components)
        archive_entry_set_pathname_utf8(entry, (components + [name]).joined(separator: "/"))
        archive_entry_set_size(entry, Int64(clamping: item.size))
        archive_entry_set_filetype(entry, mode_t(0o100000))
        archive_entry_set_perm(entry, 0o644)
        archive_entry_set_mtime(entry, Int(max(item.envelope.date ?? 0, 0)), 0)
        guard archive_write_header(archive, entry) >= ARCHIVE_WARN else { throw failure() }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard !bytes.isEmpty else { return }
        guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else { throw failure() }
    }

    func end() throws(ArchiveError) {
        guard archive_write_finish_entry(archive) >= ARCHIVE_WARN else { throw failure() }
    }

    func abandon() {}

    func finish() throws(ArchiveError) {
        guard archive_write_close(archive) == ARCHIVE_OK else { throw failure() }
        guard path != "-" else { return }
        guard access(path, F_OK) != 0 else { throw ArchiveError(.exists, path) }
        guard rename(part, path) == 0 else { throw .system(path) }
        isFinished = true
    }
}
