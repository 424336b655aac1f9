/// Reads CBOR strictly (format.md, section 3): one pass, no allocation of its own, every length checked before use.
package struct CBORReader {
    package let base: UnsafeRawBufferPointer
    package private(set) var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes
    }

    /// Bytes that are not read yet.
    package var remaining: Int { base.count - offset }

    private enum Major {
        static let unsigned: UInt8 = 0
        static let negative: UInt8 = 1
        static let data: UInt8 = 2
        static let text: UInt8 = 3
        static let array: UInt8 = 4
        static let map: UInt8 = 5
        static let tag: UInt8 = 6
        static let simple: UInt8 = 7
    }

    private func fail(_ code: ArchiveCode, at place: Int? = nil) -> FormatError {
        FormatError(code, at: place ?? offset)
    }

    /// The head of the next item: major type and argument, shortest form only.
    private mutating func head() throws(FormatError) -> (major: UInt8, value: UInt64) {
        let start = offset
        guard remaining >= 1 else { throw fail(.cborTruncated) }
        let initial = base[start]
        let major = initial >> 5
        let info = initial & 31
        if info < 24 {
            offset = start + 1
            return (major, UInt64(info))
        }
        if info >= 28 { throw fail(.cborNotDeterministic) }
        if major == Major.simple || major == Major.tag { throw fail(.cborUnsupported) }
        let size: Int
        switch info {
        case 24: size = 1
        case 25: size = 2
        case 26: size = 4
        default: size = 8
        }
        guard remaining > size else { throw fail(.cborTruncated) }
        var value: UInt64 = 0
        for index in 1...size {
            value = value << 8 | UInt64(base[start + index])
        }
        let least: UInt64
        switch size {
        case 1: least = 24
        case 2: least = 0x100
        case 4: least = 0x1_0000
        default: least = 0x1_0000_0000
        }
        guard value >= least else { throw fail(.cborNotDeterministic) }
        offset = start + 1 + size
        return (major, value)
    }

    private mutating func expect(_ major: UInt8) throws(FormatError) -> UInt64 {
        let start = offset
        let (found, value) = try head()
        guard found == major else {
            throw fail(
                found == Major.tag || (found == Major.simple && value > 22) || (found == Major.simple && value < 20)
                    ? .cborUnsupported : .cborSchema,
                at: start
            )
        }
        return value
    }

    /// An unsigned integer in a range.
    package mutating func unsigned(_ range: ClosedRange<UInt64> = 0...UInt64(Int64.max)) throws(FormatError) -> UInt64 {
        let start = offset
        let value = try expect(Major.unsigned)
        guard value <= UInt64(Int64.max) else { throw fail(.cborUnsupported, at: start) }
        guard range.contains(value) else { throw fail(.cborSchema, at: start) }
        return value
    }

    /// An integer from −2^63 to 2^63−1.
    package mutating func integer() throws(FormatError) -> Int64 {
        let start = offset
        let (major, value) = try head()
        guard major == Major.unsigned || major == Major.negative else {
            offset = start
            _ = try expect(Major.unsigned)
            throw fail(.cborSchema, at: start)
        }
        guard value <= UInt64(Int64.max) else { throw fail(.cborUnsupported, at: start) }
        return major == Major.unsigned ? Int64(value) : -1 - Int64(value)
    }

    private mutating func string(_ major: UInt8, _ range: ClosedRange<Int>) throws(FormatError)
        -> UnsafeRawBufferPointer
    {
        let start = offset
        let value = try expect(major)
        guard value <= UInt64(remaining) else { throw fail(.cborLimit, at: start) }
        let count = Int(value)
        guard count <= range.upperBound else { throw fail(.cborLimit, at: start) }
        guard count >= range.lowerBound else { throw fail(.cborSchema, at: start) }
        let bytes = base.slice(offset, count)
        offset += count
        return bytes
    }

    /// A byte string whose length lies in a range.
    ///
    /// Fixed sizes of the schema are `cborSchema`, limits `cborLimit`.
    package mutating func data(_ range: ClosedRange<Int>) throws(FormatError) -> UnsafeRawBufferPointer {
        try string(Major.data, range)
    }

    /// A byte string of exactly `count` bytes.
    package mutating func data(exactly count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
        let start = offset
        let bytes = try string(Major.data, 0...Int.max)
        guard bytes.count == count else { throw fail(.cborSchema, at: start) }
        return bytes
    }

    package mutating func bytes32() throws(FormatError) -> Bytes32 {
        Bytes32(at: try data(exactly: 32), 0)
    }

    /// A text string, as its UTF-8 bytes.
    package mutating func text(_ range: ClosedRange<Int>) throws(FormatError) -> [UInt8] {
        let start = offset
        let bytes = try string(Major.text, range)
        guard isUTF8(bytes) else { throw fail(.cborText, at: start) }
        return Array(bytes)
    }

    /// The count of an array, at most `limit` and at most the bytes that are left.
    package mutating func array(_ range: ClosedRange<Int>) throws(FormatError) -> Int {
        let start = offset
        let value = try expect(Major.array)
        guard value <= UInt64(remaining), value <= UInt64(range.upperBound) else { throw fail(.cborLimit, at: start) }
        guard Int(value) >= range.lowerBound else { throw fail(.cborSchema, at: start) }
        return Int(value)
    }

    package mutating func bool() throws(FormatError) -> Bool {
        let start = offset
        let value = try expect(Major.simple)
        guard value == 20 || value == 21 else {
            throw fail(value == 22 ? .cborSchema : .cborUnsupported, at: start)
        }
        return value == 21
    }

    /// Whether the next item is `null`, which is then read.
    package mutating func null() -> Bool {
        guard remaining > 0, base[offset] == 0xF6 else { return false }
        offset += 1
        return true
    }

    /// The start of a map; its keys come from `CBORMap.next`.
    package mutating func map() throws(FormatError) -> CBORMap {
        let start = offset
        let value = try expect(Major.map)
        guard value <= UInt64(remaining / 2) else { throw fail(.cborLimit, at: start) }
        return CBORMap(remaining: Int(value), start: start)
    }

    /// Whether the next item is an unsigned integer (as against an array, in a list of steps).
    package var nextIsUnsigned: Bool { remaining > 0 && base[offset] >> 5 == Major.unsigned }

    /// Reads over one item of any type, and checks it; `depth` is how much deeper it may nest.
    package mutating func skip(depth: Int) throws(FormatError) {
        let start = offset
        let (major, value) = try head()
        switch major {
        case Major.unsigned, Major.negative:
            guard value <= UInt64(Int64.max) else { throw fail(.cborUnsupported, at: start) }
        case Major.data, Major.text:
            guard value <= UInt64(remaining) else { throw fail(.cborLimit, at: start) }
            let bytes = base.slice(offset, Int(value))
            if major == Major.text, !isUTF8(bytes) { throw fail(.cborText, at: start) }
            offset += Int(value)
        case Major.array:
            guard depth > 0 else { throw fail(.cborDepth, at: start) }
            guard value <= UInt64(remaining) else { throw fail(.cborLimit, at: start) }
            for _ in 0..<value {
                try skip(depth: depth - 1)
            }
        case Major.map:
            guard depth > 0 else { throw fail(.cborDepth, at: start) }
            guard value <= UInt64(remaining / 2) else { throw fail(.cborLimit, at: start) }
            var map = CBORMap(remaining: Int(value), start: start)
            while try map.next(&self) != nil {
                try skip(depth: depth - 1)
            }
        case Major.simple:
            guard (20...22).contains(value) else { throw fail(.cborUnsupported, at: start) }
        default:
            throw fail(.cborUnsupported, at: start)
        }
    }

    /// Nothing may be left over.
    package func finish() throws(FormatError) {
        guard remaining == 0 else { throw fail(.cborTrailing) }
    }
}

/// The keys of one map: integers from −24 to 23, ascending in canonical order, each once.
package struct CBORMap {
    private var remaining: Int
    private var last = -1
    package let start: Int

    fileprivate init(remaining: Int, start: Int) {
        self.remaining = remaining
        self.start = start
    }

    /// The next key; `nil` at the end of the map.
    package mutating func next(_ reader: inout CBORReader) throws(FormatError) -> Int? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let place = reader.offset
        guard reader.remaining > 0 else { throw FormatError(.cborTruncated, at: place) }
        // The first byte of a key in range is the whole key, and its order is the canonical one: 00…17, then 20…37.
        let rank = Int(reader.base[place])
        let value = try reader.integer()
        guard value <= 23 else { throw FormatError(.cborUnknownKey, at: place) }
        guard value >= -24 else { throw FormatError(.cborSchema, at: place) }
        guard rank > last else { throw FormatError(.cborNotDeterministic, at: place) }
        last = rank
        return Int(value)
    }

    /// For a key that the schema does not know: a negative one is read over, any other refused.
    package func unknown(_ key: Int, _ reader: inout CBORReader, depth: Int = Limits.depth - 1) throws(FormatError) {
        guard key < 0 else { throw FormatError(.cborUnknownKey, at: reader.offset) }
        try reader.skip(depth: depth)
    }

    /// A mandatory value that must have been met by the end of the map.
    package func require<Value>(_ value: Value?) throws(FormatError) -> Value {
        guard let value else { throw FormatError(.cborSchema, at: start) }
        return value
    }
}

/// Whether bytes are valid UTF-8 (RFC 3629).
package func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    let count = bytes.count
    while index < count {
        let lead = bytes[index]
        if lead < 0x80 {
            index += 1
            continue
        }
        let extra: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: extra = 1
        case 0xE0:
            extra = 2
            low = 0xA0
        case 0xED:
            extra = 2
            high = 0x9F
        case 0xE1...0xEF: extra = 2
        case 0xF0:
            extra = 3
            low = 0x90
        case 0xF4:
            extra = 3
            high = 0x8F
        case 0xF1...0xF3: extra = 3
        default: return false
        }
        guard count - index > extra else { return false }
        guard bytes[index + 1] >= low, bytes[index + 1] <= high else { return false }
        var next = 2
        while next <= extra {
            guard bytes[index + next] & 0xC0 == 0x80 else { return false }
            next += 1
        }
        index += extra + 1
    }
    return true
}
