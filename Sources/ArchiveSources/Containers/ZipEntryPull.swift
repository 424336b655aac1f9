import ArchiveStorage

/// The contents of one entry of a zip, checked against the directory's size and checksum.
final class ZipEntryPull: PulledBytes {
    private let entry: ZipEntry
    private let source: any PulledBytes
    private var byteCount: UInt64 = 0
    private var checksum: UInt32 = 0
    private var isFinished = false
    /// The entry's own header calls it otherwise than the directory: one of both is damaged.
    let isNamedTwice: Bool

    init(
        _ entry: ZipEntry,
        in directory: ZipDirectory,
        _ room: FastInflatePull.Room = FastInflatePull.Room()
    ) throws(ContainerFault) {
        self.entry = entry
        guard !entry.isEncrypted else {
            throw ContainerFault("it is encrypted; unpack it with its password and import that", at: entry.offset)
        }
        let range: Range<UInt64>
        (range, isNamedTwice) = try Self.data(of: entry, in: directory)
        switch entry.method {
        case 0: source = FilePull(directory.file, range)
        case 8 where entry.byteCount <= FastInflatePull.mostByteCount:
            source = FastInflatePull(FilePull(directory.file, range), in: room)
        case 8: source = try InflatePull(FilePull(directory.file, range), .none)
        default: source = try LibarchivePull(zipEntry: entry, directory.file, range)
        }
    }

    var place: UInt64 { source.place }

    func pull(into buffer: UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int {
        guard !isFinished else { return 0 }
        let count = try source.pull(into: buffer)
        byteCount += UInt64(count)
        guard byteCount <= entry.byteCount else { throw wrong("size") }
        guard count > 0 else {
            isFinished = true
            guard byteCount == entry.byteCount else { throw wrong("size") }
            guard checksum == entry.checksum else { throw wrong("checksum") }
            return 0
        }
        checksum = zipChecksum(checksum, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
    }

    private func wrong(_ what: String) -> ContainerFault {
        ContainerFault("it is damaged: its \(what) is not what the directory says", at: entry.offset)
    }

    /// Where the data lies: behind the local header (APPNOTE §4.3.7), which has a length of its own.
    private static func data(
        of entry: ZipEntry,
        in directory: ZipDirectory
    ) throws(ContainerFault) -> (Range<UInt64>, isNamedTwice: Bool) {
        var header = [UInt8](repeating: 0, count: 30 + entry.storedName.count)
        let count = try header.withUnsafeMutableBufferPointer { (b) throws(ContainerFault) in
            try read(directory.file, at: entry.offset, into: UnsafeMutableRawBufferPointer(b))
        }
        guard count == header.count, header.starts(with: [0x50, 0x4B, 3, 4]) else {
            throw ContainerFault("its header is damaged", at: entry.offset)
        }
        func u16(_ at: Int) -> UInt64 { UInt64(header[at]) | UInt64(header[at + 1]) << 8 }
        let start = entry.offset + 30 + u16(26) + u16(28)
        guard start <= directory.range.lowerBound, entry.packedByteCount <= directory.range.lowerBound - start else {
            throw ContainerFault("its header is damaged", at: entry.offset)
        }
        let isSame = u16(26) == UInt64(entry.storedName.count) && header[30...].elementsEqual(entry.storedName)
        return (start..<start + entry.packedByteCount, !isSame)
    }
}
