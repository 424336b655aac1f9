/// How values lie in a store (MS-PST §2.3.3.4).
enum PropertyValues {
    /// The size of a value of a type whose size is fixed.
    static func size(of type: UInt16) -> Int? {
        switch type {
        case 0x0B: 1
        case 0x02: 2
        case 0x03, 0x04, 0x0A: 4
        case 0x05, 0x06, 0x07, 0x14, 0x40: 8
        case 0x48: 16
        default: nil
        }
    }

    /// A value without what lies around it: padding of numbers, the zero that ends a text.
    static func plain(_ bytes: [UInt8], type: UInt16) -> ArraySlice<UInt8> {
        if let size = size(of: type) { return bytes.prefix(size) }
        switch type {
        case 0x1E where bytes.last == 0: return bytes.dropLast()
        case 0x1F where bytes.count >= 2 && bytes.count % 2 == 0 && bytes.suffix(2).allSatisfy({ $0 == 0 }):
            return bytes.dropLast(2)
        default: return bytes[...]
        }
    }

    /// The values of a property that has several; nil when they do not lie as they should.
    static func split(_ bytes: [UInt8], type: UInt16) -> [ArraySlice<UInt8>]? {
        let single = type & ~0x1000
        if let size = size(of: single) {
            guard bytes.count % size == 0 else { return nil }
            return stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<$0 + size] }
        }
        func number(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[index * 4 + $1]) << (8 * $1) }
        }
        guard !bytes.isEmpty else { return [] }
        guard bytes.count >= 4 else { return nil }
        let count = number(0)
        guard count <= (bytes.count - 4) / 4 else { return nil }
        var values: [ArraySlice<UInt8>] = []
        for index in 0..<count {
            let start = number(index + 1)
            let end = index + 1 < count ? number(index + 2) : bytes.count
            guard start >= 4 + 4 * count, start <= end, end <= bytes.count else { return nil }
            values.append(plain(Array(bytes[start..<end]), type: single))
        }
        return values
    }
}
