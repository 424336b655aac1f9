import ArchiveStorage
import CArchive

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a container entry by entry, by libarchive.
///
/// Only formats that hold files and filters that are built in are let in: libarchive would also start programs to unpack
/// what it cannot, and take mail with uuencoded text for a container.
final class LibarchivePull: PulledBytes {
    /// What libarchive is to expect.
    enum Expectation {
        /// One compressed stream, of which it gives the bytes; gzip is ours (`InflatePull`).
        case filter
        /// What a compressed stream held: a tar or cpio, or else one file.
        case unpacked
        case tar, cpio, sevenZip, rar
        /// A zip whose directory cannot be read.
        case zipStream
    }

    /// Which entry comes next.
    enum Header {
        case entry
        case end
        /// An entry that cannot be read; the next one may be.
        case failed(ContainerFault)
    }

    private let archive: OpaquePointer
    private var entry: OpaquePointer?
    private let source: any PulledBytes
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
    /// What the source could not give: libarchive only learns that it failed.
    private var sourceFault: ContainerFault?
    private var isOver = false
    /// How many bytes the source gave, and how many of them are in `input`.
    private var pulled: UInt64 = 0
    private var blockLength = 0

    private static let characterSet: Void = {
        // In the C locale a name beyond ASCII is nil. A process that has set UTF-8 is left as it is.
        guard String(cString: nl_langinfo(nl_item(CODESET))) != "UTF-8" else { return }
        if setlocale(LC_CTYPE, "C.UTF-8") == nil { setlocale(LC_CTYPE, "en_US.UTF-8") }
    }()

    init(_ source: any PulledBytes, _ expectation: Expectation) throws(ContainerFault) {
        _ = Self.characterSet
        guard let archive = archive_read_new() else { throw ContainerFault("out of memory") }
        self.archive = archive
        self.source = source
        Self.expect(expectation, archive)
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive, readForArchive)
        if source is FilePull {
            archive_read_set_skip_callback(archive, skipForArchive)
            archive_read_set_seek_callback(archive, seekForArchive)
        }
        guard archive_read_open1(archive) >= ARCHIVE_WARN else { throw fault() }
    }

    /// One entry of a zip that is packed in another way than deflate, behind a header made from the directory.
    init(zipEntry: ZipEntry, _ file: any RandomAccessBytes, _ range: Range<UInt64>) throws(ContainerFault) {
        _ = Self.characterSet
        guard let archive = archive_read_new() else { throw ContainerFault("out of memory") }
        self.archive = archive
        source = FramedPull(try Self.localHeader(of: zipEntry), FilePull(file, range))
        archive_read_support_format_zip_streamable(archive)
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive, readForArchive)
        guard archive_read_open1(archive) >= ARCHIVE_WARN else { throw fault() }
        switch try nextHeader() {
        case .entry: break
        case .failed(let fault): throw fault
        case .end: throw ContainerFault("it cannot be unpacked", at: zipEntry.offset)
        }
    }

    deinit {
        archive_read_free(archive)
        input.deallocate()
    }

    private static func expect(_ expectation: Expectation, _ archive: OpaquePointer) {
        switch expectation {
        case .filter:
            archive_read_support_filter_bzip2(archive)
            archive_read_support_filter_xz(archive)
            archive_read_support_filter_lzma(archive)
            archive_read_support_filter_lzip(archive)
            archive_read_support_filter_zstd(archive)
            archive_read_support_filter_lz4(archive)
            archive_read_support_filter_compress(archive)
            archive_read_support_format_empty(archive)
            archive_read_support_format_raw(archive)
        case .unpacked:
            archive_read_support_format_tar(archive)
            archive_read_support_format_cpio(archive)
            archive_read_support_format_empty(archive)
            archive_read_support_format_raw(archive)
        case .tar: archive_read_support_format_tar(archive)
        case .cpio: archive_read_support_format_cpio(archive)
        case .sevenZip: archive_read_support_format_7zip(archive)
        case .rar:
            archive_read_support_format_rar(archive)
            archive_read_support_format_rar5(archive)
        case .zipStream: archive_read_support_format_zip_streamable(archive)
        }
    }

    // MARK: Entries

    var place: UInt64 { source is FilePull ? UInt64(max(0, archive_filter_bytes(archive, -1))) : source.place }

    /// Goes to the next entry.
    ///
    /// - Throws: What makes all that follows unreadable.
    func nextHeader() throws(ContainerFault) -> Header {
        guard !isOver else { return .end }
        var tries = 0
        while true {
            switch archive_read_next_header(archive, &entry) {
            case ARCHIVE_OK, ARCHIVE_WARN: return .entry
            case ARCHIVE_EOF:
                isOver = true
                // libarchive takes some failures of its source for the end.
                if let sourceFault { throw sourceFault }
                return .end
            case ARCHIVE_RETRY where tries < 100: tries += 1
            case ARCHIVE_FAILED where sourceFault == nil: return .failed(fault())
            default: throw fault()
            }
        }
    }

    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int {
        var tries = 0
        while true {
            let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            if count > 0 { return count }
            if let sourceFault { throw sourceFault }
            if count == 0 { return 0 }
            if count == Int(ARCHIVE_RETRY), tries < 100 {
                tries += 1
                continue
            }
            // Warnings tell of sizes and checksums that differ: that is damage.
            if count == Int(ARCHIVE_FATAL) { isOver = true }
            throw fault()
        }
    }

    /// Reads what the container has behind its last entry, since checksums stand there.
    ///
    /// - Returns: Where a tar goes on behind its end, as it does when tars were put one after the other. Only a whole
    ///   record of 10,240 bytes further on: the last record of a tar may end with bytes that mean nothing, and does in
    ///   the exports of Zimbra.
    func finish(
        counting meter: ContainerMeter,
        through buffer: UnsafeMutableRawBufferPointer
    ) throws(ContainerFault) -> UInt64? {
        let record: UInt64 = 10_240
        let end = UInt64(max(0, archive_filter_bytes(archive, -1)))
        let next = (end + record - 1) / record * record
        var isMore = false
        func look(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
            guard !isMore, offset + UInt64(bytes.count) > next else { return }
            isMore = bytes[Int(next - min(next, offset))...].contains { $0 != 0 }
        }
        look(UnsafeRawBufferPointer(rebasing: input[..<blockLength]), at: pulled - UInt64(blockLength))
        while true {
            let count = try source.pull(into: buffer)
            guard count > 0 else { break }
            if !(source is FilePull) { try meter.add(count) }
            look(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: pulled)
            pulled += UInt64(count)
            if isMore, source is FilePull { break }
        }
        return isTar && isMore ? next : nil
    }

    /// After `pull` failed: the entries that follow cannot be read either.
    var isBroken: Bool { isOver || sourceFault != nil }

    /// What libarchive could not do, in its words.
    private func fault() -> ContainerFault {
        if let sourceFault { return sourceFault }
        if archive_read_has_encrypted_entries(archive) > 0 {
            return ContainerFault("it is encrypted; unpack it with its password and import that", at: place)
        }
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "it cannot be unpacked"
        return ContainerFault(text, at: place)
    }

    /// One compressed file without names.
    var isRaw: Bool { archive_format(archive) == ARCHIVE_FORMAT_RAW }
    /// Nothing at all.
    var isEmptyFormat: Bool { archive_format(archive) == ARCHIVE_FORMAT_EMPTY }
    var isTar: Bool { archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_TAR }
    /// The bytes come as they are in the container.
    var isPlain: Bool { source is FilePull }

    var name: [UInt8] { entry.flatMap { archive_entry_pathname($0) }.map(bytes) ?? [] }
    var isEncrypted: Bool { entry.map { archive_entry_is_data_encrypted($0) > 0 } ?? false }
    var fileType: UInt32 { entry.map { UInt32(archive_entry_filetype($0)) } ?? 0 }
    var byteCount: Int64 { entry.map { archive_entry_size($0) } ?? 0 }
    var symbolicLink: [UInt8]? { entry.flatMap { archive_entry_symlink($0) }.map(bytes) }
    /// The name of the entry that has the bytes.
    var hardLink: [UInt8]? {
        guard let entry, let name = archive_entry_hardlink(entry), archive_entry_size(entry) == 0 else { return nil }
        return bytes(name)
    }

    private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    // MARK: Callbacks

    fileprivate func give(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do throws(ContainerFault) {
            guard sourceFault == nil else { return -1 }
            block.pointee = UnsafeRawPointer(input.baseAddress)
            blockLength = try source.pull(into: input)
            pulled += UInt64(blockLength)
            return blockLength
        } catch {
            sourceFault = error
            return -1
        }
    }

    fileprivate func skip(_ byteCount: Int64) -> Int64 {
        guard let file = source as? FilePull, byteCount > 0, file.position <= file.byteCount else { return 0 }
        let skipped = min(UInt64(byteCount), file.byteCount - file.position)
        file.position += skipped
        pulled += skipped
        blockLength = 0
        return Int64(clamping: skipped)
    }

    fileprivate func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        guard let file = source as? FilePull else { return Int64(ARCHIVE_FATAL) }
        let from: UInt64
        switch whence {
        case SEEK_SET: from = 0
        case SEEK_CUR: from = file.position
        default: from = file.byteCount
        }
        let (target, overflow) = Int64(clamping: from).addingReportingOverflow(offset)
        guard !overflow, target >= 0 else { return Int64(ARCHIVE_FATAL) }
        file.position = min(UInt64(target), file.byteCount)
        return Int64(clamping: file.position)
    }

    private static func localHeader(of entry: ZipEntry) throws(ContainerFault) -> [UInt8] {
        guard entry.byteCount < 0xFFFF_FFFF, entry.packedByteCount < 0xFFFF_FFFF else {
            throw ContainerFault("it is packed in a rare way (\(entry.method)) and too long", at: entry.offset)
        }
        var header: [UInt8] = [0x50, 0x4B, 3, 4]
        func add(_ value: some FixedWidthInteger, _ count: Int) {
            for shift in 0..<count { header.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
        add(63, 2)
        // No sizes behind the data, since they stand here; the bits of the method (1, 2) are kept.
        add(entry.flags & 0b110, 2)
        add(entry.method, 2)
        add(0, 4)
        add(entry.checksum, 4)
        add(entry.packedByteCount, 4)
        add(entry.byteCount, 4)
        add(1, 2)
        add(0, 2)
        header.append(UInt8(ascii: "e"))
        return header
    }
}

/// Bytes of ours before and after those of a source.
final class FramedPull: PulledBytes {
    private var prefix: ArraySlice<UInt8>
    private let source: any PulledBytes
    private var suffix: ArraySlice<UInt8>

    init(_ prefix: [UInt8], _ source: any PulledBytes, _ suffix: [UInt8] = []) {
        self.prefix = prefix[...]
        self.source = source
        self.suffix = suffix[...]
    }

    var place: UInt64 { source.place }

    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int {
        if let count = Self.take(&prefix, buffer) { return count }
        let count = try source.pull(into: buffer)
        if count > 0 { return count }
        return Self.take(&suffix, buffer) ?? 0
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>, _ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard !bytes.isEmpty else { return nil }
        let count = min(bytes.count, buffer.count)
        buffer.copyBytes(from: bytes.prefix(count))
        bytes = bytes.dropFirst(count)
        return count
    }
}

private let readForArchive:
    @convention(c) (
        OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> Int = { _, data, block in
        guard let data, let block else { return -1 }
        return Unmanaged<LibarchivePull>.fromOpaque(data).takeUnretainedValue().give(block)
    }

private let skipForArchive: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int64) -> Int64 = {
    _,
    data,
    count in
    guard let data else { return 0 }
    return Unmanaged<LibarchivePull>.fromOpaque(data).takeUnretainedValue().skip(count)
}

private let seekForArchive: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
    _,
    data,
    offset,
    whence in
    guard let data else { return Int64(ARCHIVE_FATAL) }
    return Unmanaged<LibarchivePull>.fromOpaque(data).takeUnretainedValue().seek(offset, whence)
}
