/// The header a message came with, as the store kept it (PidTagTransportMessageHeaders).
struct TransportHeaders {
    /// The fields in order, byte for byte, each line with CR LF; without `MIME-Version` and `Content-*`.
    private(set) var bytes: [UInt8] = []
    /// The names of the fields there are, in lower case.
    private(set) var names: Set<String> = []
    /// The `Content-Type` that was left out, unfolded.
    private(set) var contentType: String?

    /// Headers beyond so many bytes are not taken over.
    static let longest = 4 << 20

    /// Takes the fields up to the first empty line; lines that are no field are left out.
    init(_ text: [UInt8]) {
        var position = 0
        var isTaken = false
        var isContentType = false
        while position < text.count {
            let end = text[position...].firstIndex(of: 0x0A) ?? text.count
            var line = text[position..<end]
            position = end + 1
            if line.last == 0x0D { line.removeLast() }
            while line.last == 0 { line.removeLast() }
            guard let first = line.first else {
                // An empty line ends the header; what stands behind it are headers of parts.
                if bytes.isEmpty { continue }
                break
            }
            if first == 0x20 || first == 0x09 {
                if isContentType { contentType?.append(" " + String(decoding: line, as: UTF8.self)) }
                // A line of blanks only would end the header for some readers.
                guard isTaken, line.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { continue }
            } else {
                isContentType = false
                guard let name = TransportHeaders.fieldName(line) else {
                    isTaken = false
                    continue
                }
                isTaken = name != "mime-version" && !name.hasPrefix("content-")
                if name == "content-type" {
                    isContentType = true
                    contentType = String(decoding: line.dropFirst(13), as: UTF8.self)
                }
                if isTaken { names.insert(name) }
            }
            if isTaken { bytes += line + [0x0D, 0x0A] }
        }
    }

    /// The name of the field a line begins, in lower case; nil when it begins none (RFC 5322 §3.6.8).
    private static func fieldName(_ line: ArraySlice<UInt8>) -> String? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return nil }
        var name = line[line.startIndex..<colon]
        while name.last == 0x20 || name.last == 0x09 { name.removeLast() }
        guard !name.isEmpty, name.count <= 200, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return String(decoding: name, as: UTF8.self).lowercased()
    }
}
