/// Finds parameters in the body of a structured MIME field (RFC 2045 §5.1), tolerantly.
struct MIMEParameters {
    /// The longest boundary that is kept; RFC 2046 allows 70.
    static let maximumBoundaryByteCount = 256

    private let bytes: UnsafeRawBufferPointer

    init(_ fieldBody: UnsafeRawBufferPointer) { bytes = fieldBody }

    /// Whether the value before the first parameter begins with this text, given in lower case.
    func valueBegins(with text: StaticString) -> Bool {
        var position = 0
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        return bytes.holdsIgnoringCase(text, at: position)
    }

    /// The value of the parameter of this name, given in lower case, its quotes taken away.
    func value(of name: StaticString) -> [UInt8]? {
        var result: [UInt8]?
        forEach { parameter, value in
            guard parameter.count == name.utf8CodeUnitCount, parameter.holdsIgnoringCase(name, at: 0) else {
                return true
            }
            result = unquoted(value)
            return false
        }
        return result
    }

    /// Whether a parameter of this name, or a piece of it (RFC 2231), is there and not empty.
    func holds(_ name: StaticString) -> Bool {
        var result = false
        let length = name.utf8CodeUnitCount
        forEach { parameter, value in
            guard parameter.holdsIgnoringCase(name, at: 0),
                parameter.count == length || parameter[length] == 0x2A
            else { return true }
            result = !value.isEmpty
            return !result
        }
        return result
    }

    /// Calls with each parameter's name and raw value until told to stop.
    private func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool) {
        var position = skip(from: 0, to: 0x3B)
        while position < bytes.count {
            position += 1
            while position < bytes.count, isSpace(bytes[position]) { position += 1 }
            let nameStart = position
            while position < bytes.count, bytes[position] != 0x3D, bytes[position] != 0x3B { position += 1 }
            guard position < bytes.count, bytes[position] == 0x3D else { continue }
            var nameEnd = position
            while nameEnd > nameStart, isSpace(bytes[nameEnd - 1]) { nameEnd -= 1 }
            position += 1
            while position < bytes.count, isSpace(bytes[position]) { position += 1 }
            let valueStart = position
            position = skip(from: position, to: 0x3B)
            var valueEnd = position
            while valueEnd > valueStart, isSpace(bytes[valueEnd - 1]) { valueEnd -= 1 }
            guard body(bytes.part(nameStart..<nameEnd), bytes.part(valueStart..<valueEnd)) else { return }
        }
    }

    /// The place of a byte outside quotes, or the end.
    private func skip(from start: Int, to byte: UInt8) -> Int {
        var position = start
        var isQuoted = false
        while position < bytes.count {
            let current = bytes[position]
            if current == Ascii.quote {
                isQuoted.toggle()
            } else if isQuoted, current == Ascii.backslash {
                position += 1
            } else if !isQuoted, current == byte {
                return position
            }
            position += 1
        }
        return bytes.count
    }

    private func unquoted(_ value: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        let isQuoted = value.first == Ascii.quote
        var position = isQuoted ? 1 : 0
        while position < value.count, result.count < Self.maximumBoundaryByteCount {
            let byte = value[position]
            position += 1
            if isQuoted, byte == Ascii.quote { break }
            if !isQuoted, isSpace(byte) { break }
            if byte == Ascii.cr || byte == Ascii.lf { continue }
            if isQuoted, byte == Ascii.backslash, position < value.count {
                result.append(value[position])
                position += 1
            } else {
                result.append(byte)
            }
        }
        return result
    }

    @inline(__always) private func isSpace(_ byte: UInt8) -> Bool {
        byte == Ascii.space || byte == Ascii.tab || byte == Ascii.cr || byte == Ascii.lf
    }
}
