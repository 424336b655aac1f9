extension HeaderText {
    /// One encoded word (RFC 2047 section 2), as places in the bytes it stands in.
    struct EncodedWord {
        /// From "=?" to behind "?=".
        var range: Range<Int>
        /// Without the language RFC 2231 section 5 allows behind "*".
        var charset: String
        var isBase64: Bool
        var payload: Range<Int>
    }

    /// The text of unfolded bytes, its encoded words decoded wherever they stand.
    ///
    /// More is accepted than RFC 2047 allows, since mails hold it: words without blanks around them, blanks inside a
    /// word, words of any length, and characters cut in two by the end of a word.
    static func decodeWords(in bytes: UnsafeRawBufferPointer) -> String {
        var text = ""
        appendDecoded(bytes, to: &text) { text, piece in text += piece }
        return text
    }

    /// Hands out plain stretches and runs of decoded words, in order.
    static func appendDecoded<Output>(
        _ bytes: UnsafeRawBufferPointer,
        to output: inout Output,
        word: (inout Output, String) -> Void,
        plain: ((inout Output, UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        var start = 0
        var index = 0
        func flush(upTo end: Int, _ output: inout Output) {
            guard start < end else { return }
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if let plain { plain(&output, piece) } else { word(&output, CharsetText.decode(piece, label: nil)) }
        }
        while index + 1 < bytes.count {
            guard bytes[index] == UInt8(ascii: "="), bytes[index + 1] == UInt8(ascii: "?"),
                let first = encodedWord(in: bytes, at: index)
            else {
                index += 1
                continue
            }
            flush(upTo: index, &output)
            index = decodeRun(startingWith: first, in: bytes) { word(&output, $0) }
            start = index
        }
        flush(upTo: bytes.count, &output)
    }

    /// Decodes words that follow each other with at most blanks between, and returns the place behind the last.
    ///
    /// Neighbours of one charset are joined before their bytes become characters.
    private static func decodeRun(
        startingWith first: EncodedWord,
        in bytes: UnsafeRawBufferPointer,
        emit: (String) -> Void
    ) -> Int {
        var current = first
        var pending: [UInt8] = []
        while true {
            appendPayload(of: current, in: bytes, to: &pending)
            var next = current.range.upperBound
            while next < bytes.count, isBlank(bytes[next]) { next += 1 }
            let following = encodedWord(in: bytes, at: next)
            let goesOn = following?.charset.lowercased() == current.charset.lowercased()
            if !goesOn {
                emit(CharsetText.decode(pending, label: current.charset).replacingLineEnds())
                pending.removeAll(keepingCapacity: true)
            }
            guard let following else { return current.range.upperBound }
            current = following
        }
    }

    /// The word that begins at `index`, if one does.
    static func encodedWord(in bytes: UnsafeRawBufferPointer, at index: Int) -> EncodedWord? {
        guard index + 7 < bytes.count, bytes[index] == UInt8(ascii: "="), bytes[index + 1] == UInt8(ascii: "?") else {
            return nil
        }
        var position = index + 2
        var charset: [UInt8] = []
        var inLanguage = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "?") {
            let byte = bytes[position]
            guard byte > 0x20, byte < 0x7F, position - index < 80 else { return nil }
            if byte == UInt8(ascii: "*") { inLanguage = true }
            if !inLanguage { charset.append(byte) }
            position += 1
        }
        guard !charset.isEmpty, position + 2 < bytes.count, bytes[position + 2] == UInt8(ascii: "?") else { return nil }
        let isBase64: Bool
        switch bytes[position + 1] | 0x20 {
        case UInt8(ascii: "b"): isBase64 = true
        case UInt8(ascii: "q"): isBase64 = false
        default: return nil
        }
        let start = position + 3
        guard let end = payloadEnd(in: bytes, from: start, isBase64: isBase64) else { return nil }
        return EncodedWord(
            range: index..<(end + 2),
            charset: String(decoding: charset, as: UTF8.self),
            isBase64: isBase64,
            payload: start..<end
        )
    }

    /// The place of the "?=" that ends a payload.
    ///
    /// The beginning of another word ends the search: the word before has no end.
    private static func payloadEnd(in bytes: UnsafeRawBufferPointer, from start: Int, isBase64: Bool) -> Int? {
        var position = start
        while position + 1 < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "?") {
                if bytes[position + 1] == UInt8(ascii: "=") { return position }
                // A bare "?" is forbidden in a payload, but writers that forget to encode it exist.
                if isBase64 { return nil }
            }
            // "=?=" is padding and the end, "=?" alone the beginning of another word.
            if byte == UInt8(ascii: "="), bytes[position + 1] == UInt8(ascii: "?"), position > start,
                position + 2 >= bytes.count || bytes[position + 2] != UInt8(ascii: "=")
            {
                return nil
            }
            position += 1
        }
        return nil
    }

    private static func appendPayload(of word: EncodedWord, in bytes: UnsafeRawBufferPointer, to output: inout [UInt8])
    {
        let payload = UnsafeRawBufferPointer(rebasing: bytes[word.payload])
        if word.isBase64 { appendBase64(payload, to: &output) } else { appendQ(payload, to: &output) }
    }

    /// Base64 of any alignment; padding, blanks and foreign characters are passed over.
    private static func appendBase64(_ payload: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var bits: UInt32 = 0
        var count = 0
        for byte in payload {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            case UInt8(ascii: "="):
                // Padding in the middle: two texts were joined, the next begins afresh.
                bits = 0
                count = 0
                continue
            default: continue
            }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
    }

    private static func appendQ(_ payload: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var index = 0
        while index < payload.count {
            let byte = payload[index]
            index += 1
            switch byte {
            case UInt8(ascii: "_"): output.append(0x20)
            case UInt8(ascii: "="):
                if index + 1 < payload.count, let high = hexValue(payload[index]),
                    let low = hexValue(payload[index + 1])
                {
                    output.append(high << 4 | low)
                    index += 2
                } else {
                    output.append(byte)
                }
            default: output.append(byte)
            }
        }
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 55
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 87
        default: nil
        }
    }
}

extension String {
    /// The text with each line end as one blank: an encoded word must not break the field it stands in.
    func replacingLineEnds() -> String {
        guard utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else { return self }
        var output = String.UnicodeScalarView()
        var wasReturn = false
        for scalar in unicodeScalars {
            if scalar == "\n", wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = scalar == "\r"
            output.append(scalar == "\n" || scalar == "\r" || scalar == "\0" ? " " : scalar)
        }
        return String(output)
    }
}
