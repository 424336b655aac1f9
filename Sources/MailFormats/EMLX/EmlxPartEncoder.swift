/// Encodes an attachment as it was in its message, as far as the length tells that Apple Mail noted.
///
/// Deterministic. Base64: of all usual line lengths the one that gives the noted length to the byte; so the joined message
/// is the one that came, up to fields that Apple Mail folded anew.
package struct EmlxPartEncoder {
    private enum Method {
        case base64(Base64Encoder)
        case quotedPrintable(QuotedPrintableEncoder)
        case none
    }

    private var method: Method
    /// Whether the encoded length is the noted one, as far as known before encoding.
    package private(set) var isExact: Bool

    /// Begins to encode.
    ///
    /// - Parameters:
    ///   - part: The part's place in its message.
    ///   - decodedByteCount: The attachment's length.
    package init(_ part: EmlxParts.Part, decodedByteCount: UInt64) {
        switch part.encoding {
        case .none:
            method = .none
            isExact = decodedByteCount == part.byteCount
        case .quotedPrintable:
            method = .quotedPrintable(QuotedPrintableEncoder())
            isExact = true
        case .base64:
            var found: Base64Recipe?
            var fallback: Base64Recipe?
            search: for lineEnd in [LineEnd.lf, .crlf] {
                for length: UInt32 in [76, 72, 64, 60, 80, 68, 56, 52, 48, 128, 256, 512, 900, 996, 1 << 30] {
                    for ending in [false, true] {
                        let recipe = Base64Recipe(
                            lineLength: length,
                            lineEnd: lineEnd,
                            decodedByteCount: decodedByteCount,
                            endsWithLineEnd: ending
                        )
                        if fallback == nil { fallback = recipe }
                        if let recipe, recipe.encodedByteCount == part.byteCount {
                            // What was counted with CRLF stands here with LF, as the rest of the message does.
                            found = Base64Recipe(
                                lineLength: length,
                                lineEnd: .lf,
                                decodedByteCount: decodedByteCount,
                                endsWithLineEnd: ending
                            )
                            break search
                        }
                    }
                }
            }
            isExact = found != nil || (decodedByteCount == 0 && part.byteCount == 0)
            guard let recipe = found ?? fallback else {
                method = .none
                return
            }
            method = .base64(Base64Encoder(recipe))
        }
    }

    /// The next bytes, encoded.
    package mutating func encode(_ chunk: UnsafeRawBufferPointer) -> [UInt8] {
        switch method {
        case .none: return Array(chunk)
        case .base64(var encoder):
            let capacity = encoder.capacity(forDecoded: chunk.count)
            defer { method = .base64(encoder) }
            return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                count = encoder.consume(chunk, into: UnsafeMutableRawBufferPointer(buffer))
            }
        case .quotedPrintable(var encoder):
            var bytes: [UInt8] = []
            encoder.take(chunk, into: &bytes)
            method = .quotedPrintable(encoder)
            return bytes
        }
    }

    /// What is left at the end.
    package mutating func finish() -> [UInt8] {
        guard case .quotedPrintable(var encoder) = method else { return [] }
        var bytes: [UInt8] = []
        encoder.finish(into: &bytes)
        return bytes
    }
}

/// Quoted-printable (RFC 2045, section 6.7) of text: line ends stay, lines are at most 76 characters long.
struct QuotedPrintableEncoder {
    private var column = 0
    /// A blank that is encoded only when its line ends with it, or a return that may belong to a line end.
    private var held: UInt8?

    mutating func take(_ chunk: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        output.reserveCapacity(output.count + chunk.count + chunk.count / 8)
        for byte in chunk {
            if byte == Ascii.lf {
                if held == Ascii.cr {
                    output.append(Ascii.cr)
                    held = nil
                } else {
                    release(isLineEnd: true, into: &output)
                }
                output.append(Ascii.lf)
                column = 0
                continue
            }
            release(isLineEnd: byte == Ascii.cr, into: &output)
            if Ascii.isBlank(byte) || byte == Ascii.cr { held = byte } else { put(byte, into: &output) }
        }
    }

    mutating func finish(into output: inout [UInt8]) { release(isLineEnd: true, into: &output) }

    private mutating func release(isLineEnd: Bool, into output: inout [UInt8]) {
        guard let byte = held else { return }
        held = nil
        if isLineEnd || byte == Ascii.cr { putCoded(byte, into: &output) } else { put(byte, into: &output) }
    }

    private mutating func put(_ byte: UInt8, into output: inout [UInt8]) {
        let isPlain = (byte > 0x20 && byte < 0x7F && byte != 0x3D) || Ascii.isBlank(byte)
        guard isPlain else { return putCoded(byte, into: &output) }
        breakLine(before: 1, into: &output)
        output.append(byte)
        column += 1
    }

    private mutating func putCoded(_ byte: UInt8, into output: inout [UInt8]) {
        breakLine(before: 3, into: &output)
        let digits = Array("0123456789ABCDEF".utf8)
        output.append(0x3D)
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
        column += 3
    }

    private mutating func breakLine(before count: Int, into output: inout [UInt8]) {
        guard column + count > 75 else { return }
        output.append(0x3D)
        output.append(Ascii.lf)
        column = 0
    }
}
