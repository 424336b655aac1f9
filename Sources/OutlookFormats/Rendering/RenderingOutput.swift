import MailFormats

/// Gathers the bytes of a message into large pieces for the sink.
final class RenderingOutput {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var gathered: [UInt8] = []

    private static let capacity = 64 << 10

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
        gathered.reserveCapacity(RenderingOutput.capacity)
    }

    func put(_ bytes: [UInt8]) throws(RenderingFailure) {
        if gathered.count + bytes.count <= RenderingOutput.capacity {
            gathered.append(contentsOf: bytes)
            return
        }
        try flush()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + RenderingOutput.capacity)
            try bytes.withUnsafeBufferPointer { all throws(RenderingFailure) in
                try pass(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[start..<end])))
            }
            start = end
        }
    }

    func put(_ text: String) throws(RenderingFailure) { try put(Array(text.utf8)) }

    func flush() throws(RenderingFailure) {
        guard !gathered.isEmpty else { return }
        try gathered.withUnsafeBufferPointer { all throws(RenderingFailure) in try pass(UnsafeRawBufferPointer(all)) }
        gathered.removeAll(keepingCapacity: true)
    }

    private func pass(_ bytes: UnsafeRawBufferPointer) throws(RenderingFailure) {
        do { try sink(bytes) } catch { throw .sink(error) }
    }

    /// Puts a value as it is.
    func putVerbatim(_ value: PropertyValue) throws(RenderingFailure) {
        try value.forEachChunk { chunk throws(RenderingFailure) in try put(Array(chunk)) }
    }

    /// Puts a value in base64, in lines of 76 characters that end with CR LF, the last one too.
    func putBase64(_ value: PropertyValue) throws(RenderingFailure) {
        // No recipe: nothing to encode.
        guard
            let recipe = Base64Recipe(
                lineLength: 76,
                lineEnd: .crlf,
                decodedByteCount: value.byteCount,
                endsWithLineEnd: true
            )
        else { return }
        var encoder = Base64Encoder(recipe)
        try value.forEachChunk { chunk throws(RenderingFailure) in
            let room = UnsafeMutableRawBufferPointer.allocate(
                byteCount: encoder.capacity(forDecoded: chunk.count),
                alignment: 16
            )
            defer { room.deallocate() }
            let filled = encoder.consume(chunk, into: room)
            try flush()
            try pass(UnsafeRawBufferPointer(rebasing: room[..<filled]))
        }
    }
}

extension PropertyValue {
    /// Gives the bytes in pieces of at most 57 × 2048 bytes: whole lines of base64.
    func forEachChunk(
        _ body: (UnsafeRawBufferPointer) throws(RenderingFailure) -> Void
    ) throws(RenderingFailure) {
        let size = 57 * 2048
        switch self {
        case .bytes(let bytes):
            try bytes.withUnsafeBufferPointer { values throws(RenderingFailure) in
                let all = UnsafeRawBufferPointer(values)
                var start = 0
                while start < all.count {
                    let end = min(all.count, start + size)
                    try body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                    start = end
                }
            }
        case .source(let source):
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
            defer { room.deallocate() }
            var offset: UInt64 = 0
            while offset < source.byteCount {
                let wanted = Int(min(UInt64(size), source.byteCount - offset))
                var filled = 0
                while filled < wanted {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled..<wanted])
                    let count: Int
                    do { count = try source.read(at: offset + UInt64(filled), into: rest) } catch {
                        throw .source(error)
                    }
                    guard count > 0 else {
                        throw .source(ByteSourceError(.endedEarly, at: offset + UInt64(filled)))
                    }
                    filled += count
                }
                try body(UnsafeRawBufferPointer(rebasing: room[..<wanted]))
                offset += UInt64(wanted)
            }
        }
    }
}
