/// How the bytes of a message come out of a content object (format.md, section 8.2).
package struct Recipe: Equatable, Sendable {
    package struct Part: Equatable, Sendable {
        package var id: Bytes32
        package var size: UInt32

        package init(id: Bytes32, size: UInt32) {
            self.id = id
            self.size = size
        }
    }

    package enum Step: Equatable, Sendable {
        /// The next bytes of the literals.
        case literal(UInt64)
        /// Base64 of joined parts, in lines of a length (0: one line), with a line end (0 LF, 1 CRLF, 2 CR).
        case base64([Part], lineLength: Int, lineEnd: UInt8)
        /// Joined parts.
        case verbatim([Part])
    }

    package var steps: [Step]

    package init(steps: [Step]) {
        self.steps = steps
    }

    /// Splits a content object into recipe and literals.
    ///
    /// Without a recipe, all is literal.
    package static func split(
        _ object: UnsafeRawBufferPointer
    ) throws(FormatError) -> (recipe: Recipe?, literals: UnsafeRawBufferPointer) {
        guard object.count >= 4 else { throw FormatError(.recipe) }
        let length = Int(object.u32(0))
        guard length <= object.count - 4, length <= Limits.recipe else { throw FormatError(.recipe) }
        let literals = object.slice(4 + length, object.count - 4 - length)
        guard length > 0 else { return (nil, literals) }
        return (try Recipe(parsing: object.slice(4, length)), literals)
    }

    package init(parsing bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = CBORReader(bytes)
        steps = []
        var partCount = 0
        for _ in 0..<(try reader.array(1...1_000_000)) {
            if reader.nextIsUnsigned {
                steps.append(.literal(try reader.unsigned()))
                continue
            }
            let start = reader.offset
            let fields = try reader.array(0...Int.max)
            guard fields > 0 else { throw FormatError(.cborSchema, at: start) }
            let code = try reader.unsigned()
            guard code == 1 || code == 2 else { throw FormatError(.recipeCode, at: start) }
            guard fields == (code == 1 ? 4 : 2) else { throw FormatError(.cborSchema, at: start) }
            var parts: [Part] = []
            for _ in 0..<(try reader.array(1...1_000_000)) {
                try reader.tuple(2)
                let id = try reader.bytes32()
                parts.append(Part(id: id, size: UInt32(try reader.unsigned(1...UInt64(Limits.object)))))
            }
            partCount += parts.count
            guard partCount <= 1_000_000 else { throw FormatError(.cborLimit, at: start) }
            guard code == 1 else {
                steps.append(.verbatim(parts))
                continue
            }
            let lineLength = Int(try reader.unsigned(0...1_048_576))
            let lineEnd = UInt8(try reader.unsigned(0...2))
            guard lineLength % 4 == 0 else { throw FormatError(.recipe, at: start) }
            steps.append(.base64(parts, lineLength: lineLength, lineEnd: lineEnd))
        }
        try reader.finish()
    }

    package var encoded: [UInt8] {
        var writer = CBORWriter()
        writer.array(steps.count)
        for step in steps {
            switch step {
            case .literal(let count):
                writer.unsigned(count)
            case .base64(let parts, let lineLength, let lineEnd):
                writer.array(4)
                writer.unsigned(UInt8(1))
                Recipe.write(parts, &writer)
                writer.unsigned(UInt64(lineLength))
                writer.unsigned(lineEnd)
            case .verbatim(let parts):
                writer.array(2)
                writer.unsigned(UInt8(2))
                Recipe.write(parts, &writer)
            }
        }
        return writer.bytes
    }

    private static func write(_ parts: [Part], _ writer: inout CBORWriter) {
        writer.array(parts.count)
        for part in parts {
            writer.array(2)
            writer.data(part.id)
            writer.unsigned(part.size)
        }
    }
}
