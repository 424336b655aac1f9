package import MailFormats

/// A stream of a compound file: its sectors, read where they lie when they are wanted.
package struct ChainSource: ByteSource {
    package let byteCount: UInt64
    /// Whether its chain has more sectors than its length needs: one of the two is wrong.
    package internal(set) var hasSpareSectors = false
    private let base: any ByteSource
    /// Where sector 0 is in `base`.
    private let origin: UInt64
    private let shift: Int
    private let extents: [Extent]

    init(_ base: any ByteSource, origin: UInt64, shift: Int, extents: [Extent], byteCount: UInt64) {
        self.base = base
        self.origin = origin
        self.shift = shift
        self.extents = extents
        self.byteCount = byteCount
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let wanted = Int(min(UInt64(buffer.count), byteCount - offset))
        var filled = 0
        var index = extent(holding: offset)
        while filled < wanted, index < extents.count {
            let extent = extents[index]
            let within = offset + UInt64(filled) - UInt64(extent.position) << UInt64(shift)
            let left = UInt64(extent.count) << UInt64(shift) - within
            let count = Int(min(UInt64(wanted - filled), left))
            let place = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
            let read = try base.read(at: origin + UInt64(extent.start) << UInt64(shift) + within, into: place)
            filled += read
            // The length was checked when the stream was opened: the file became shorter.
            guard read == count else { throw ByteSourceError(.endedEarly, at: offset + UInt64(filled)) }
            index += 1
        }
        return filled
    }

    /// The last extent that does not begin behind the offset.
    private func extent(holding offset: UInt64) -> Int {
        var low = 0
        var high = extents.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if UInt64(extents[middle].position) << UInt64(shift) <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
