import ArchiveStorage

/// Reads a list of comma-separated values row by row (RFC 4180), in UTF-8 or UTF-16.
///
/// Strict: a quote where none may stand ends the reading, since what follows would be put in the wrong columns. Rows may
/// end with LF too, and a quoted field may hold line ends. Memory holds one row.
struct CommaSeparated {
    /// Most bytes of a field.
    static let longestField = 1 << 20
    /// Most fields of a row.
    static let mostFields = 4096
    /// Most bytes of a row's fields.
    static let longestRow = 2 << 20

    private let source: FilePull
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var bytes: ArraySlice<UInt8> = []
    private var isWide: Bool?
    private var carry: [UInt8] = []
    private(set) var row = 0

    init(_ file: any RandomAccessBytes) { source = FilePull(file) }

    /// The next row; nil at the end.
    mutating func next() throws(ContainerFault) -> [[UInt8]]? {
        var fields: [[UInt8]] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        var isEmpty = true
        var byteCount = 0
        row += 1
        while let byte = try take() {
            isEmpty = false
            byteCount += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if try peek() == UInt8(ascii: "\"") {
                    field.append(byte)
                    _ = try take()
                } else {
                    isQuoted = false
                    wasQuoted = true
                }
            } else {
                switch byte {
                case UInt8(ascii: "\"") where field.isEmpty && !wasQuoted: isQuoted = true
                case UInt8(ascii: "\""): throw fault("a quote stands within a value")
                case UInt8(ascii: ","):
                    fields.append(field)
                    field = []
                    wasQuoted = false
                case 0x0D where try peek() == 0x0A: break
                case 0x0A, 0x0D: return fields + [field]
                default:
                    guard !wasQuoted else { throw fault("something stands behind a quoted value") }
                    field.append(byte)
                }
            }
            guard field.count <= Self.longestField, fields.count < Self.mostFields, byteCount <= Self.longestRow else {
                throw fault("a value or row is too long")
            }
        }
        if isQuoted { throw fault("the list ends within quotes") }
        return isEmpty ? nil : fields + [field]
    }

    private func fault(_ text: String) -> ContainerFault { ContainerFault("row \(row): \(text)", at: source.place) }

    private mutating func peek() throws(ContainerFault) -> UInt8? {
        if bytes.isEmpty { try fill() }
        return bytes.first
    }

    private mutating func take() throws(ContainerFault) -> UInt8? {
        if bytes.isEmpty { try fill() }
        return bytes.popFirst()
    }

    private mutating func fill() throws(ContainerFault) {
        while bytes.isEmpty {
            let count = try buffer.withUnsafeMutableBufferPointer { (b) throws(ContainerFault) in
                try source.pull(into: UnsafeMutableRawBufferPointer(b))
            }
            guard count > 0 else { return }
            bytes = buffer[..<count]
            if isWide == nil {
                isWide = bytes.starts(with: [0xFF, 0xFE])
                if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
                if isWide == true { bytes = bytes.dropFirst(2) }
            }
            if isWide == true { narrow() }
        }
    }

    /// UTF-16 to UTF-8; half a letter waits for the rest.
    private mutating func narrow() {
        let all = carry + bytes
        var units = stride(from: 0, to: all.count - all.count % 2, by: 2).map {
            UInt16(all[$0]) | UInt16(all[$0 + 1]) << 8
        }
        carry = Array(all.suffix(all.count % 2))
        if let last = units.last, last & 0xFC00 == 0xD800 {
            units.removeLast()
            carry = [UInt8(truncatingIfNeeded: last), UInt8(truncatingIfNeeded: last >> 8)] + carry
        }
        bytes = ArraySlice(Array(String(decoding: units, as: UTF16.self).utf8))
    }
}
