package import MailFormats

/// A compound file (MS-CFB): storages and streams within one file, as Outlook's MSG files and older Office files are.
///
/// Opening reads the directory and follows each chain once, so that what loops, crosses or leaves the file is known
/// before it is used. What is damaged costs the streams it is in; the others are read. In memory are the directory (at
/// most 32 MiB), two bits for each sector and 64 sectors of the FAT.
package final class CompoundFile {
    /// Directories with more entries are refused.
    package static let mostEntries: UInt32 = 1 << 18
    /// The root storage.
    package static let root: UInt32 = 0

    /// What of the structure cannot be relied on; bounded.
    package private(set) var damage: [OutlookError] = []
    let source: any ByteSource
    let header: CompoundHeader
    var sectors: SectorSpace
    var miniSectors: SectorSpace?
    var miniStream: ChainSource?
    var directory: [UInt8] = []
    var children: [UInt32: [UInt32]] = [:]

    /// Opens a compound file.
    ///
    /// - Throws: `notThisFormat` where the bytes do not begin as one; otherwise when not even its directory can be read.
    package init(_ source: any ByteSource) throws(OutlookError) {
        self.source = source
        header = try CompoundHeader(source)
        let shift = header.shift
        let behindHeader = source.byteCount > 1 << shift ? source.byteCount - 1 << UInt64(shift) : 0
        let count = (behindHeader + (1 << UInt64(shift)) - 1) >> UInt64(shift)
        guard count < UInt64(SectorMark.first) else {
            throw OutlookError(.overLimit, at: 0, "the number of sectors")
        }
        var table = FATList(count: UInt32(count))
        try table.gather(source, header)
        sectors = SectorSpace(
            count: UInt32(count),
            table: SectorTable(source, shift: shift, sectors: table.sectors, name: "FAT"),
            name: "sector"
        )
        damage += table.damage
        for sector in table.sectors + table.difat { _ = sectors.claim(sector) }
        try readDirectory()
        walkTree()
        openMiniStream()
        claimStreams()
    }

    /// The entries of a storage, in the order of the directory's tree.
    package func entries(of storage: UInt32) -> [CompoundEntry] {
        (children[storage] ?? []).compactMap { entry($0) }
    }

    /// The entry of a number, if there is one.
    package func entry(_ id: UInt32) -> CompoundEntry? {
        CompoundEntry(directory, id: id, version: header.version)
    }

    /// The content of a stream, read when it is wanted.
    ///
    /// - Throws: when the stream's chain is not whole, or leaves the file.
    package func stream(_ entry: CompoundEntry) throws(OutlookError) -> ChainSource {
        let size = entry.byteCount
        guard entry.kind == .stream, size > 0 else {
            return ChainSource(source, origin: 0, shift: header.shift, extents: [], byteCount: 0)
        }
        let isMini = size < CompoundHeader.miniStreamCutoff
        let base: (any ByteSource)? = isMini ? miniStream : source
        guard let space = isMini ? miniSectors : sectors, let base else {
            throw OutlookError(.damaged, at: place(of: entry), "there is no mini stream for \(entry.name)")
        }
        let shift = isMini ? 6 : header.shift
        guard size <= base.byteCount else {
            throw OutlookError(.cutShort, at: place(of: entry), "\(entry.name) is longer than the file")
        }
        let chain = try space.chain(from: entry.start, needed: (size + 1 << UInt64(shift) - 1) >> UInt64(shift))
        let origin: UInt64 = isMini ? 0 : 1 << UInt64(shift)
        guard chain.isWithin(base.byteCount, origin: origin, shift: shift, size) else {
            throw OutlookError(.cutShort, at: base.byteCount, entry.name)
        }
        var stream = ChainSource(base, origin: origin, shift: shift, extents: chain.extents, byteCount: size)
        stream.hasSpareSectors = chain.goesOn
        return stream
    }

    /// Where the entry is in the file, for errors; by sectors that lie behind each other.
    func place(of entry: CompoundEntry) -> UInt64 {
        UInt64(entry.id) * UInt64(CompoundEntry.byteCount) + (UInt64(header.directoryStart) + 1) << UInt64(header.shift)
    }

    func note(_ reason: OutlookError.Reason, at offset: UInt64, _ detail: String) {
        guard damage.count < 100 else { return }
        damage.append(OutlookError(reason, at: offset, detail))
    }
}
