/// Decodes a cut part chunk by chunk by its recipe, for leaves of any length.
package struct Base64Decoder: Sendable {
    /// Why a part does not decode: it is not what the recipe says.
    ///
    /// The source changed, or the recipe belongs elsewhere.
    package struct Mismatch: Error, Equatable {
        /// Where in the encoded bytes.
        package let offset: UInt64
    }

    private let recipe: Base64Recipe
    private let lineEnd: [UInt8]
    private var charactersLeft: UInt64
    private var lineLeft: UInt64
    /// How many bytes of the current line end were seen; `nil` within a line.
    private var lineEndSeen: Int?
    private var group: UInt32 = 0
    private var groupFill = 0
    private var offset: UInt64 = 0

    /// Begins to decode a part.
    package init(_ recipe: Base64Recipe) {
        self.recipe = recipe
        lineEnd = recipe.lineEnd.bytes
        charactersLeft = recipe.characterCount
        lineLeft = min(UInt64(recipe.lineLength), recipe.characterCount)
    }

    /// Whether all of the part was seen.
    package var isComplete: Bool { offset == recipe.encodedByteCount }

    /// How many bytes of memory `consume` needs for a chunk of this length.
    package static func capacity(forEncoded byteCount: Int) -> Int { (byteCount + 3) / 4 * 3 + 16 }

    /// Decodes the next bytes of the part.
    ///
    /// - Parameters:
    ///   - chunk: the next encoded bytes, as many as there are.
    ///   - output: memory of at least `capacity(forEncoded:)` bytes.
    /// - Returns: how many bytes of `output` were filled.
    package mutating func consume(
        _ chunk: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(Mismatch) -> Int {
        guard let input = chunk.baseAddress, let out = output.baseAddress,
            output.count >= Self.capacity(forEncoded: chunk.count)
        else {
            if chunk.isEmpty { return 0 }
            throw Mismatch(offset: offset)
        }
        var position = 0
        var filled = 0
        while position < chunk.count {
            if let seen = lineEndSeen {
                guard charactersLeft > 0 || recipe.endsWithLineEnd, chunk[position] == lineEnd[seen] else {
                    throw Mismatch(offset: offset + UInt64(position))
                }
                position += 1
                let isOver = seen + 1 == lineEnd.count
                lineEndSeen = isOver ? nil : seen + 1
                if isOver { lineLeft = min(UInt64(recipe.lineLength), charactersLeft) }
                continue
            }
            guard lineLeft > 0 else { throw Mismatch(offset: offset + UInt64(position)) }
            // The very last group may be padded: it goes the slow way.
            let usable = charactersLeft > lineLeft ? lineLeft : lineLeft - min(lineLeft, 4)
            if groupFill == 0, usable >= 4 {
                let wanted = Int(min(UInt64(chunk.count - position), usable)) / 4
                let done = Self.decodeGroups(input + position, count: wanted, into: out + filled)
                position += done * 4
                filled += done * 3
                advance(UInt64(done) * 4)
                guard done == wanted else { throw Mismatch(offset: offset + UInt64(position)) }
                if wanted > 0 { continue }
            }
            group |= UInt32(chunk[position]) << UInt32(8 * groupFill)
            groupFill += 1
            position += 1
            advance(1)
            guard groupFill == 4 else { continue }
            guard
                let last = Base64Tables.decodeLast(
                    UInt8(group & 0xFF),
                    UInt8(group >> 8 & 0xFF),
                    UInt8(group >> 16 & 0xFF),
                    UInt8(group >> 24)
                ),
                last.byteCount == (charactersLeft > 0 ? 3 : lastGroupByteCount)
            else { throw Mismatch(offset: offset + UInt64(position)) }
            for place in 0..<last.byteCount {
                let byte = UInt8(truncatingIfNeeded: last.word >> UInt32(8 * place))
                out.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
                filled += 1
            }
            group = 0
            groupFill = 0
        }
        offset += UInt64(position)
        return filled
    }

    private var lastGroupByteCount: Int {
        let rest = Int(recipe.decodedByteCount % 3)
        return rest == 0 ? 3 : rest
    }

    private mutating func advance(_ characters: UInt64) {
        charactersLeft -= characters
        lineLeft -= characters
        if lineLeft == 0, charactersLeft > 0 || recipe.endsWithLineEnd { lineEndSeen = 0 }
    }

    /// Decodes whole groups up to the first that is not one; returns how many.
    private static func decodeGroups(_ input: UnsafeRawPointer, count: Int, into output: UnsafeMutableRawPointer) -> Int
    {
        Base64Tables.decoding.withUnsafeBufferPointer { tables in
            guard let table = tables.baseAddress else { return 0 }
            var index = 0
            var target = output
            while index < count {
                let word = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
                let value =
                    table[Int(word & 0xFF)] | table[256 + Int(word >> 8 & 0xFF)] | table[512 + Int(word >> 16 & 0xFF)]
                    | table[768 + Int(word >> 24)]
                guard value & Base64Tables.invalid == 0 else { break }
                target.storeBytes(of: value.littleEndian, as: UInt32.self)
                target += 3
                index += 1
            }
            return index
        }
    }
}
