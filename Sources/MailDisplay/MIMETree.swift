import CGMime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The MIME tree GMime reads from a message, alive only inside `withTree`.
struct MIMETree {
    /// GMime counts bytes in 32 bits.
    static let maximumBytes = 1 << 30
    /// Multiparts within multiparts are followed this deep; GMime itself stops at 1,024.
    static let maximumDepth = 200

    /// A leaf and what its place in the tree says about it.
    struct Leaf {
        var object: UnsafeMutablePointer<GMimeObject>
        var role: DisplayPart.Role
    }

    private(set) var leaves: [Leaf] = []
    private(set) var omitted = 0
    private(set) var isTooDeep = false
    /// What multiparts without a part hold instead.
    private(set) var strayText: [UInt8] = []
    /// Whether GMime could read the message; if not, all behind the header is stray text.
    private(set) var isParsed = false
    /// Content fields longer than `FieldGuard` lets through.
    private(set) var shortenedFields = 0
    private var hasBody = false
    private let maximumLeaves: Int

    /// Parses `bytes` and hands the tree to `body`; the bytes are not copied.
    static func withTree<Result>(
        of bytes: UnsafeRawBufferPointer,
        maximumLeaves: Int,
        _ body: (borrowing MIMETree) throws -> Result
    ) rethrows -> Result {
        GMimeLibrary.start()
        let start = HeaderBlock(bytes, maximumFields: 0).start
        let message = UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(maximumBytes))
        if let guarded = FieldGuard.shortened(message) {
            return try guarded.bytes.withUnsafeBytes {
                try withParsed($0, maximumLeaves, shortened: guarded.count, body)
            }
        }
        return try withParsed(message, maximumLeaves, shortened: 0, body)
    }

    private static func withParsed<Result>(
        _ message: UnsafeRawBufferPointer,
        _ maximumLeaves: Int,
        shortened: Int,
        _ body: (borrowing MIMETree) throws -> Result
    ) rethrows -> Result {
        var nothing: UInt8 = 0
        return try withUnsafeMutablePointer(to: &nothing) { nothing in
            // GMime declares its buffer as changeable, but a parser never writes to it.
            let data = UnsafeMutableRawPointer(mutating: message.baseAddress)?.assumingMemoryBound(to: UInt8.self)
            var array = GByteArray(data: data ?? nothing, len: UInt32(truncatingIfNeeded: message.count))
            return try withUnsafeMutablePointer(to: &array) { array in
                var tree = MIMETree(maximumLeaves: maximumLeaves)
                tree.shortenedFields = shortened
                guard let root = parse(array) else { return try body(tree) }
                tree.isParsed = true
                tree.add(root.pointer, place: .shown, depth: 0)
                return try body(tree)
            }
        }
    }

    private init(maximumLeaves: Int) { self.maximumLeaves = maximumLeaves }

    private static func parse(_ array: UnsafeMutablePointer<GByteArray>) -> OwnedObject<GMimeObject>? {
        guard let stream = OwnedObject(taking: g_mime_stream_mem_new_with_byte_array(array)) else { return nil }
        g_mime_stream_mem_set_owner(cast(stream.pointer, to: GMimeStreamMem.self), 0)
        guard let parser = OwnedObject(taking: g_mime_parser_new_with_stream(stream.pointer)) else { return nil }
        g_mime_parser_set_persist_stream(parser.pointer, 1)
        let options = g_mime_parser_options_new()
        defer { g_mime_parser_options_free(options) }
        setFallbackCharsets(options)
        return OwnedObject(taking: g_mime_parser_construct_part(parser.pointer, options))
    }

    private static func setFallbackCharsets(_ options: OpaquePointer?) {
        "utf-8".withCString { first in
            "windows-1252".withCString { second in
                var names: [UnsafePointer<CChar>?] = [first, second, nil]
                g_mime_parser_options_set_fallback_charsets(options, &names)
            }
        }
    }
}

extension MIMETree {
    /// What the multiparts around a part make of it.
    private enum Place {
        case shown
        /// In a form of the text that is not the one shown.
        case notChosen
        /// Beside the root of a multipart/related.
        case related
    }

    private mutating func add(_ object: UnsafeMutablePointer<GMimeObject>, place: Place, depth: Int) {
        guard depth < Self.maximumDepth else {
            isTooDeep = true
            return
        }
        guard pa_gmime_is_multipart(object) != 0 else {
            guard pa_gmime_is_part(object) != 0 else { return }
            addLeaf(object, place)
            return
        }
        let multipart = cast(object, to: GMimeMultipart.self)
        let count = max(0, g_mime_multipart_get_count(multipart))
        if count == 0, place == .shown, let prologue = g_mime_multipart_get_prologue(multipart) {
            strayText.append(contentsOf: UnsafeRawBufferPointer(start: prologue, count: strlen(prologue)))
        }
        let chosen = Self.chosenChild(of: multipart, count)
        for index in 0..<count {
            guard let child = g_mime_multipart_get_part(multipart, index) else { continue }
            let childPlace: Place =
                switch chosen {
                case .all: place
                case .form(let best): index == best || place != .shown ? place : .notChosen
                case .root(let root): index == root ? place : .related
                }
            add(child, place: childPlace, depth: depth + 1)
        }
    }

    private mutating func addLeaf(_ object: UnsafeMutablePointer<GMimeObject>, _ place: Place) {
        guard leaves.count < maximumLeaves else {
            omitted += 1
            return
        }
        leaves.append(Leaf(object: object, role: role(of: object, place)))
    }

    private mutating func role(of object: UnsafeMutablePointer<GMimeObject>, _ place: Place) -> DisplayPart.Role {
        let disposition = Self.disposition(of: object)
        if disposition == "attachment" { return .attachment }
        let hasName = Self.fileName(of: object) != nil
        if Self.isReadable(object) {
            switch place {
            // A text with a file name is the message only where it comes first.
            case .shown where !hasName || !hasBody:
                hasBody = true
                return .body
            case .notChosen where !hasName: return .alternative
            default: break
            }
        }
        if place == .related || disposition == "inline" { return .inline }
        return g_mime_object_get_content_id(object) != nil && place != .shown ? .inline : .attachment
    }

    private enum Choice {
        case all
        case form(Int32)
        case root(Int32)
    }

    private static func chosenChild(of multipart: UnsafeMutablePointer<GMimeMultipart>, _ count: Int32) -> Choice {
        let object = cast(multipart, to: GMimeObject.self)
        let type = contentType(of: object)
        if type == "multipart/alternative" {
            var best: Int32 = 0
            var bestRank = -1
            for index in 0..<count {
                guard let child = g_mime_multipart_get_part(multipart, index) else { continue }
                let rank = textRank(of: child, depth: 0)
                if rank > bestRank {
                    best = index
                    bestRank = rank
                }
            }
            return .form(best)
        }
        guard type == "multipart/related" else { return .all }
        guard let start = g_mime_object_get_content_type_parameter(object, "start") else { return .root(0) }
        let wanted = String(cString: start).filter { $0 != "<" && $0 != ">" }
        for index in 0..<count {
            guard let child = g_mime_multipart_get_part(multipart, index) else { continue }
            if let identifier = g_mime_object_get_content_id(child), String(cString: identifier) == wanted {
                return .root(index)
            }
        }
        return .root(0)
    }

    /// How readable the text below an object is: 3 plain, 2 HTML, 1 another text or an empty one, 0 none.
    private static func textRank(of object: UnsafeMutablePointer<GMimeObject>, depth: Int) -> Int {
        guard pa_gmime_is_multipart(object) != 0 else {
            guard isReadable(object), disposition(of: object) != "attachment" else { return 0 }
            if isBlank(object) { return 1 }
            switch contentType(of: object) {
            case "text/plain": return 3
            case "text/html": return 2
            default: return 1
            }
        }
        guard depth < 8 else { return 0 }
        let multipart = cast(object, to: GMimeMultipart.self)
        // The text of a tree stands at its beginning.
        for index in 0..<min(4, max(0, g_mime_multipart_get_count(multipart))) {
            guard let child = g_mime_multipart_get_part(multipart, index) else { continue }
            let rank = textRank(of: child, depth: depth + 1)
            if rank > 0 { return rank }
        }
        return 0
    }

    /// Whether the beginning of a part holds nothing but blanks.
    private static func isBlank(_ object: UnsafeMutablePointer<GMimeObject>) -> Bool {
        PartContent(object).prefix(4096).allSatisfy { $0 <= 0x20 || $0 == 0xA0 || $0 == 0xC2 }
    }
}
