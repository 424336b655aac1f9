package import MailFormats

/// Bytes that lie in several places, some in memory, some parts of other sources.
package struct PiecedSource: ByteSource {
    private struct Piece {
        /// Where it begins in the whole.
        var start: UInt64
        var source: any ByteSource
        var offset: UInt64
    }

    package private(set) var byteCount: UInt64 = 0
    private var pieces: [Piece] = []

    /// Makes a source without bytes.
    package init() {}

    /// Adds bytes.
    package mutating func append(_ bytes: [UInt8]) {
        append(MemoryByteSource(bytes), from: 0, count: UInt64(bytes.count))
    }

    /// Adds a part of another source, which has to have it.
    package mutating func append(_ source: any ByteSource, from offset: UInt64, count: UInt64) {
        guard count > 0 else { return }
        pieces.append(Piece(start: byteCount, source: source, offset: offset))
        byteCount += count
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let wanted = Int(min(UInt64(buffer.count), byteCount - offset))
        var filled = 0
        var index = piece(holding: offset)
        while filled < wanted {
            let piece = pieces[index]
            let end = index + 1 < pieces.count ? pieces[index + 1].start : byteCount
            let position = offset + UInt64(filled)
            let count = Int(min(UInt64(wanted - filled), end - position))
            let place = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
            let read = try piece.source.read(at: piece.offset + (position - piece.start), into: place)
            guard read > 0 else { throw ByteSourceError(.endedEarly, at: position) }
            filled += read
            if read == count { index += 1 }
        }
        return filled
    }

    /// The last piece that does not begin behind the offset.
    private func piece(holding offset: UInt64) -> Int {
        var low = 0
        var high = pieces.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if pieces[middle].start <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

extension ByteSource {
    /// A part of these bytes, which has to be there.
    func part(from offset: UInt64, count: UInt64) -> PiecedSource {
        var part = PiecedSource()
        part.append(self, from: offset, count: count)
        return part
    }
}
