package import ArchiveFormat
package import MailFormats

/// A content object taken apart, so that its message can be made in memory in one go (Spec, format.md, section 8.2).
///
/// Makes what is as it should be, and nothing else: where it gives nil, `MessageRebuilding` says what is wrong.
package struct MessageAssembly {
    let recipe: Recipe?
    let literals: UnsafeRawBufferPointer
    /// Bytes of the message that the recipe makes.
    let size: UInt64

    init?(_ object: UnsafeRawBufferPointer) {
        guard let split = try? Recipe.split(object) else { return nil }
        recipe = split.recipe
        literals = split.literals
        guard let recipe = split.recipe else {
            size = UInt64(literals.count)
            return
        }
        var size: UInt64 = 0
        var literalCount: UInt64 = 0
        for step in recipe.steps {
            switch step {
            case .literal(let count):
                guard count <= UInt64(literals.count) else { return nil }
                literalCount += count
                size += count
            case .verbatim(let parts): size += MessageAssembly.byteCount(parts)
            case .base64(let parts, let lineLength, let lineEnd):
                let characters = (MessageAssembly.byteCount(parts) + 2) / 3 * 4
                size += characters
                if lineLength > 0, characters > 0, let end = LineEnd(rawValue: lineEnd) {
                    size += (characters - 1) / UInt64(lineLength) * UInt64(end.bytes.count)
                }
            }
            // Far below where a sum of sizes of 32 bits could overflow.
            guard size <= Limits.message else { return nil }
        }
        guard literalCount == UInt64(literals.count) else { return nil }
        self.size = size
    }

    private static func byteCount(_ parts: [Recipe.Part]) -> UInt64 { parts.reduce(0) { $0 + UInt64($1.size) } }

    /// The parts, in order.
    func forEachPart(_ body: (Recipe.Part) -> Void) {
        for step in recipe?.steps ?? [] {
            switch step {
            case .literal: break
            case .verbatim(let parts), .base64(let parts, _, _): parts.forEach(body)
            }
        }
    }

    /// Bytes of memory that `make` needs.
    var capacity: Int { MessageAssembly.capacity(of: size) }

    /// Bytes of memory for a message of this size.
    static func capacity(of size: UInt64) -> Int { Int(clamping: size) + slack }

    // What the encoder wants free beyond what it writes.
    private static let slack = 64

    /// Makes the message; false when it does not come out at its size.
    ///
    /// - Parameters:
    ///   - parts: the bytes of each part, in order.
    ///   - memory: of at least `capacity` bytes.
    func make(_ parts: [UnsafeRawBufferPointer], into memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard let recipe, memory.count >= capacity else { return false }
        var filled = 0
        var position = 0
        var next = parts.makeIterator()
        func put(_ bytes: UnsafeRawBufferPointer) -> Bool {
            guard bytes.count <= Int(size) - filled else { return false }
            UnsafeMutableRawBufferPointer(rebasing: memory[filled..<filled + bytes.count]).copyMemory(from: bytes)
            filled += bytes.count
            return true
        }
        for step in recipe.steps {
            switch step {
            case .literal(let count):
                guard Int(count) <= literals.count - position, put(literals.slice(position, Int(count))) else {
                    return false
                }
                position += Int(count)
            case .verbatim(let wanted):
                for part in wanted {
                    guard let bytes = next.next(), bytes.count == Int(part.size), put(bytes) else { return false }
                }
            case .base64(let wanted, let lineLength, let lineEnd):
                guard var encoder = MessageAssembly.encoder(wanted, lineLength, lineEnd) else { return false }
                for part in wanted {
                    guard let bytes = next.next(), bytes.count == Int(part.size) else { return false }
                    let rest = UnsafeMutableRawBufferPointer(rebasing: memory[filled...])
                    guard encoder.capacity(forDecoded: bytes.count) <= rest.count else { return false }
                    filled += encoder.consume(bytes, into: rest)
                }
            }
        }
        return filled == Int(size) && position == literals.count
    }

    /// The encoder of one base64 step.
    package static func encoder(_ parts: [Recipe.Part], _ lineLength: Int, _ lineEnd: UInt8) -> Base64Encoder? {
        let total = byteCount(parts)
        let characters = (total + 2) / 3 * 4
        guard
            let end = LineEnd(rawValue: lineEnd),
            let shape = Base64Recipe(
                lineLength: lineLength == 0 ? UInt32(clamping: max(4, characters)) : UInt32(lineLength),
                lineEnd: end,
                decodedByteCount: total,
                endsWithLineEnd: false
            )
        else { return nil }
        return Base64Encoder(shape)
    }
}
