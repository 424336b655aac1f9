/// Encodes a decoded leaf by its recipe to the very bytes it was cut from, chunk by chunk.
package struct Base64Encoder: Sendable {
    private let recipe: Base64Recipe
    private let lineEnd: [UInt8]
    private var lineLeft: UInt64
    private var charactersLeft: UInt64
    private var rest: (UInt8, UInt8) = (0, 0)
    private var restCount = 0
    private var decodedLeft: UInt64

    /// Begins to encode.
    package init(_ recipe: Base64Recipe) {
        self.recipe = recipe
        lineEnd = recipe.lineEnd.bytes
        lineLeft = UInt64(recipe.lineLength)
        charactersLeft = recipe.characterCount
        decodedLeft = recipe.decodedByteCount
    }

    /// How many bytes of memory `consume` needs for a chunk of this length.
    package func capacity(forDecoded byteCount: Int) -> Int {
        let characters = (byteCount + 5) / 3 * 4
        return characters + (characters / Int(recipe.lineLength) + 2) * lineEnd.count + 8
    }

    /// Encodes the next bytes.
    ///
    /// Bytes beyond the recipe's length are not taken.
    ///
    /// - Parameters:
    ///   - chunk: the next decoded bytes.
    ///   - output: memory of at least `capacity(forDecoded:)` bytes.
    /// - Returns: how many bytes of `output` were filled.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        guard let input = chunk.baseAddress, let out = output.baseAddress,
            output.count >= capacity(forDecoded: chunk.count)
        else { return 0 }
        let count = Int(min(UInt64(chunk.count), decodedLeft))
        decodedLeft -= UInt64(count)
        var position = 0
        var filled = 0
        if restCount > 0 {
            while restCount < 2, position < count {
                rest.1 = chunk[position]
                restCount += 1
                position += 1
            }
            guard position < count || (restCount == 2 && decodedLeft == 0) else { return filled }
            if position < count {
                let third = chunk[position]
                position += 1
                restCount = 0
                filled += put(rest.0, rest.1, third, byteCount: 3, into: out + filled)
            }
        }
        let groups = (count - position) / 3
        filled += putGroups(input + position, count: groups, into: out + filled)
        position += groups * 3
        while position < count {
            if restCount == 0 { rest.0 = chunk[position] } else { rest.1 = chunk[position] }
            restCount += 1
            position += 1
        }
        if decodedLeft == 0 {
            if restCount > 0 {
                filled += put(rest.0, restCount == 2 ? rest.1 : 0, 0, byteCount: restCount, into: out + filled)
                restCount = 0
            }
        }
        return filled
    }

    /// Encodes whole groups of three bytes; returns how many bytes were filled.
    private mutating func putGroups(_ input: UnsafeRawPointer, count: Int, into output: UnsafeMutableRawPointer) -> Int
    {
        var filled = 0
        var done = 0
        Base64Tables.encoding.withUnsafeBufferPointer { tables in
            guard let table = tables.baseAddress else { return }
            while done < count {
                let wanted = Int(min(UInt64(count - done), lineLeft / 4))
                var source = input + done * 3
                var target = output + filled
                for _ in 0..<wanted {
                    let a = UInt32(source.load(as: UInt8.self))
                    let b = UInt32(source.load(fromByteOffset: 1, as: UInt8.self))
                    let c = UInt32(source.load(fromByteOffset: 2, as: UInt8.self))
                    let high = table[Int(a << 4 | b >> 4)]
                    let low = table[Int((b & 15) << 8 | c)]
                    target.storeBytes(of: (UInt32(high) | UInt32(low) << 16).littleEndian, as: UInt32.self)
                    source += 3
                    target += 4
                }
                done += wanted
                filled += wanted * 4
                filled += passed(UInt64(wanted) * 4, into: output + filled)
            }
        }
        return filled
    }

    /// Encodes one group, padded when it is short; returns how many bytes were filled.
    private mutating func put(
        _ a: UInt8,
        _ b: UInt8,
        _ c: UInt8,
        byteCount: Int,
        into output: UnsafeMutableRawPointer
    ) -> Int {
        let bits = Int(a) << 16 | Int(b) << 8 | Int(c)
        for place in 0..<4 {
            let character =
                place <= byteCount ? Base64Tables.alphabet[bits >> (18 - 6 * place) & 63] : Base64Tables.padding
            output.storeBytes(of: character, toByteOffset: place, as: UInt8.self)
        }
        return 4 + passed(4, into: output + 4)
    }

    /// Counts characters, and ends the line where it is full or the last; returns how many bytes were filled.
    private mutating func passed(_ characters: UInt64, into output: UnsafeMutableRawPointer) -> Int {
        lineLeft -= characters
        charactersLeft -= characters
        let isLast = charactersLeft == 0
        guard lineLeft == 0 || isLast, !isLast || recipe.endsWithLineEnd else { return 0 }
        lineLeft = UInt64(recipe.lineLength)
        for (index, byte) in lineEnd.enumerated() { output.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        return lineEnd.count
    }
}
