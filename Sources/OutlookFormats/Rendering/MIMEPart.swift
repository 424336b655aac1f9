import ArchiveCrypto
import ArchiveFormat

/// A part of the message that is made: its fields and its content.
struct MIMEPart {
    /// What a part contains.
    indirect enum Content {
        /// Bytes that are encoded already.
        case bytes([UInt8])
        /// A value, to be put in base64.
        case base64(PropertyValue)
        /// A value that is a whole part with fields of its own, unchanged.
        case verbatim(Verbatim)
        /// A message.
        case message(MessagePlan)
        /// Parts.
        case multipart([MIMEPart])
    }

    /// A part that is taken over as it is, with what one reading of it told.
    struct Verbatim {
        var value: PropertyValue
        var hash: Bytes32
        var isEightBit: Bool
    }

    /// What of the item a part holds byte for byte, so that the record leaves it out.
    enum Holding: Hashable {
        /// The plain text; `asText` where the part has in UTF-8 what the item has in UTF-16.
        case body(asText: Bool)
        /// The HTML, likewise.
        case html(asText: Bool)
        case attachment(Int)
        /// A value too long for the record, by its place among those.
        case surplus(Int)
    }

    /// The type, or of a multipart the subtype.
    var type: String
    var parameters: [(name: String, value: String)] = []
    /// The other fields, each line with CR LF.
    var fields: [UInt8] = []
    var content: Content
    var holds: Holding?

    /// A part of text, in the shortest transfer encoding that keeps each byte.
    static func text(
        _ type: String,
        charset: String,
        _ bytes: [UInt8],
        parameters: [(name: String, value: String)] = [],
        holds: Holding? = nil
    ) -> MIMEPart {
        let encoded = TransferEncoding.text(bytes)
        let field = encoded.name.map { HeaderLine.folded("Content-Transfer-Encoding", [$0]) } ?? []
        return MIMEPart(
            type: type,
            parameters: [("charset", charset)] + parameters,
            fields: field,
            content: .bytes(encoded.bytes),
            holds: holds
        )
    }

    /// A part whose content is a value, in base64.
    static func data(
        _ type: String,
        _ value: PropertyValue,
        parameters: [(name: String, value: String)] = [],
        fields: [UInt8] = [],
        holds: Holding? = nil
    ) -> MIMEPart {
        MIMEPart(
            type: type,
            parameters: parameters,
            fields: HeaderLine.folded("Content-Transfer-Encoding", ["base64"]) + fields,
            content: .base64(value),
            holds: holds
        )
    }

    /// Several parts as one; one alone stays what it is.
    static func multipart(
        _ subtype: String,
        _ parts: [MIMEPart],
        parameters: [(name: String, value: String)] = []
    ) -> MIMEPart {
        if parts.count == 1, let part = parts.first { return part }
        return MIMEPart(type: "multipart/" + subtype, parameters: parameters, content: .multipart(parts))
    }

    /// Whether a byte beyond ASCII stands anywhere in the part.
    var isEightBit: Bool {
        switch content {
        case .bytes, .base64: false
        case .verbatim(let verbatim): verbatim.isEightBit
        case .message(let plan): plan.isEightBit
        case .multipart(let parts): parts.contains { $0.isEightBit }
        }
    }

    /// Adds to a hash what could hold a boundary, which base64 cannot.
    func add(to hasher: inout Blake2b) {
        hasher.update(Array((type + "\n").utf8))
        hasher.update(fields)
        switch content {
        case .bytes(let bytes): hasher.update(bytes)
        case .base64: break
        case .verbatim(let verbatim): hasher.update(verbatim.hash)
        case .message(let plan): hasher.update(plan.seed)
        case .multipart(let parts): for part in parts { part.add(to: &hasher) }
        }
    }

    /// Finds the parts that hold something of the item, by their part numbers (RFC 9051 §6.4.5.1); 0 is the end of
    /// the message.
    func places(path: [Int] = [], into places: inout [Holding: String]) {
        if let holds {
            var place = (path.isEmpty ? [1] : path).map(String.init).joined(separator: ".")
            if case .verbatim = content { place = "0" }
            places[holds] = place
        }
        guard case .multipart(let parts) = content else { return }
        for (index, part) in parts.enumerated() { part.places(path: path + [index + 1], into: &places) }
    }

    /// Writes the part's fields, an empty line and its content.
    func write(to output: RenderingOutput, seed: Bytes32, path: [UInt8]) throws(RenderingFailure) {
        if case .verbatim(let verbatim) = content { return try output.putVerbatim(verbatim.value) }
        var boundary = ""
        var parameters = parameters
        if case .multipart = content {
            boundary = "=_" + HeaderLine.hex(Array(MIMEPart.boundaryHash(seed, path).prefix(16)))
            parameters.append(("boundary", boundary))
        }
        try output.put(HeaderLine.mime("Content-Type", type, parameters))
        switch content {
        case .message, .multipart:
            if isEightBit { try output.put("Content-Transfer-Encoding: 8bit\r\n") }
        default: break
        }
        try output.put(fields)
        try output.put("\r\n")
        switch content {
        case .bytes(let bytes): try output.put(bytes)
        case .base64(let value): try output.putBase64(value)
        case .verbatim: break
        case .message(let plan): try plan.write(to: output)
        case .multipart(let parts):
            for (index, part) in parts.enumerated() {
                try output.put((index == 0 ? "--" : "\r\n--") + boundary + "\r\n")
                // The path tells the multiparts of one message apart: a byte a level, and no level has many multiparts.
                try part.write(to: output, seed: seed, path: path + [UInt8(truncatingIfNeeded: index)])
            }
            try output.put("\r\n--" + boundary + "--\r\n")
        }
    }

    private static func boundaryHash(_ seed: Bytes32, _ path: [UInt8]) -> [UInt8] {
        var hasher = Blake2b()
        hasher.update(seed)
        hasher.update(path)
        return hasher.finish().withUnsafeBytes { Array($0) }
    }
}
