/// The bytes that end one line.
package enum LineEnd: UInt8, Sendable {
    /// One line feed, as on Unix.
    case lf = 0
    /// Carriage return and line feed, as on the wire and on Windows.
    case crlf = 1
    /// One carriage return, as on the Macintosh before 2001.
    case cr = 2

    /// The bytes themselves.
    package var bytes: [UInt8] {
        switch self {
        case .lf: [Ascii.lf]
        case .crlf: [Ascii.cr, Ascii.lf]
        case .cr: [Ascii.cr]
        }
    }

    /// How many bytes end a line.
    package var byteCount: Int { self == .crlf ? 2 : 1 }
}

/// How the lines of a whole file end.
package enum LineEndStyle: UInt8, Sendable {
    /// Line feeds only, or no line end at all.
    case lf = 0
    /// Every line feed follows a carriage return.
    case crlf = 1
    /// The first line ends with a lone carriage return, and lone carriage returns outnumber line feeds.
    case cr = 2
    /// Line feeds both with and without a carriage return before them.
    case mixed = 3

    /// Whether a lone carriage return ends a line too.
    ///
    /// Otherwise only a line feed does. With it, a line starts after a line feed or a carriage return; the place between the two bytes of CR LF holds no
    /// quotable text, because a line feed follows.
    package var endsAtLoneCR: Bool { self == .cr }

    /// The byte that ends a line in files of this style.
    var terminator: UInt8 { self == .cr ? Ascii.cr : Ascii.lf }

    /// Judges by the first bytes of a file, at most 64 KiB of them.
    package static func detect(_ prefix: UnsafeRawBufferPointer) -> LineEndStyle {
        let end = min(prefix.count, 65_536)
        var feeds = 0
        var pairs = 0
        var returns = 0
        var firstEndIsLoneCR: Bool?
        var position = 0
        while let hit = prefix.firstIndex(of: Ascii.lf, from: position, to: end) {
            feeds += 1
            if hit > 0, prefix[hit - 1] == Ascii.cr { pairs += 1 }
            position = hit + 1
        }
        let firstFeed = prefix.firstIndex(of: Ascii.lf, from: 0, to: end) ?? Int.max
        position = 0
        // A return as the very last byte may be half of a pair: it is not counted.
        while let hit = prefix.firstIndex(of: Ascii.cr, from: position, to: end - 1) {
            position = hit + 1
            guard prefix[hit + 1] != Ascii.lf else { continue }
            if firstEndIsLoneCR == nil { firstEndIsLoneCR = hit < firstFeed }
            returns += 1
        }
        if firstEndIsLoneCR == true, returns > feeds { return .cr }
        if pairs == 0 { return .lf }
        return pairs == feeds ? .crlf : .mixed
    }
}
