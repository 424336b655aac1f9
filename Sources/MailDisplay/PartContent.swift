import CGMime

/// The bytes of one leaf after its transfer encoding is undone, read in pieces.
struct PartContent {
    private static let pieceBytes = 64 << 10
    private let object: UnsafeMutablePointer<GMimeObject>
    /// Whether the transfer encoding is left as it is.
    private let isRaw: Bool

    init(_ object: UnsafeMutablePointer<GMimeObject>, isRaw: Bool = false) {
        self.object = object
        self.isRaw = isRaw
    }

    /// Whether a part says it is base64 while it reads as plain words.
    static func isMislabelledText(_ object: UnsafeMutablePointer<GMimeObject>) -> Bool {
        guard pa_gmime_is_part(object) != 0,
            g_mime_part_get_content_encoding(cast(object, to: GMimePart.self)) == GMIME_CONTENT_ENCODING_BASE64
        else { return false }
        let bytes = PartContent(object, isRaw: true).prefix(4096)
        var gaps = 0
        for index in bytes.indices.dropFirst().dropLast() where bytes[index] == 0x20 {
            if bytes[index - 1] > 0x20, bytes[index + 1] > 0x20 { gaps += 1 }
        }
        // Base64 has line ends, but hardly a blank within a line.
        return gaps > 3
    }

    /// Hands the decoded bytes to `sink` in pieces of at most 64 KiB until they end or `sink` returns false.
    func forEachPiece(_ sink: (UnsafeRawBufferPointer) throws -> Bool) rethrows {
        guard pa_gmime_is_part(object) != 0,
            let wrapper = g_mime_part_get_content(cast(object, to: GMimePart.self)),
            let stream = g_mime_data_wrapper_get_stream(wrapper)
        else { return }
        g_mime_stream_reset(stream)
        guard let filtered = OwnedObject(taking: g_mime_stream_filter_new(stream)) else { return }
        let encoding = isRaw ? GMIME_CONTENT_ENCODING_DEFAULT : g_mime_data_wrapper_get_encoding(wrapper)
        if let filter = OwnedObject(taking: g_mime_filter_basic_new(encoding, 0)) {
            _ = g_mime_stream_filter_add(cast(filtered.pointer, to: GMimeStreamFilter.self), filter.pointer)
        }
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 16) { room in
            guard let base = room.baseAddress else { return }
            while true {
                let count = g_mime_stream_read(
                    cast(filtered.pointer, to: GMimeStream.self),
                    base.assumingMemoryBound(to: CChar.self),
                    room.count
                )
                guard count > 0 else { return }
                if try !sink(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count])) { return }
            }
        }
    }

    /// At most `maximum` bytes from the beginning.
    func prefix(_ maximum: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        forEachPiece { piece in
            bytes.append(contentsOf: piece.prefix(maximum - bytes.count))
            return bytes.count < maximum
        }
        return bytes
    }

    /// The number of decoded bytes.
    func size() -> UInt64 {
        var size: UInt64 = 0
        forEachPiece { piece in
            size += UInt64(piece.count)
            return true
        }
        return size
    }
}
