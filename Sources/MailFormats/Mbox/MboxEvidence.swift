/// What was counted in an MBOX file, as grounds for its dialect that can be shown to a person.
package struct MboxEvidence: Equatable, Sendable {
    /// How often something was seen, and where first.
    package struct Count: Equatable, Sendable {
        /// How many places are kept.
        package static let exampleLimit = 4

        /// How often.
        package private(set) var count: UInt64 = 0
        /// The first places, in bytes from the start of the file.
        package private(set) var examples: [UInt64] = []

        mutating func note(_ offset: UInt64) {
            count += 1
            if examples.count < Self.exampleLimit { examples.append(offset) }
        }
    }

    /// How lines end, judged by the first 64 KiB.
    package var lineEnds: LineEndStyle = .lf
    /// Whether the file begins with the UTF-8 byte order mark.
    package var hasByteOrderMark = false
    /// How many bytes were looked at.
    package var scannedByteCount: UInt64 = 0
    /// Whether that was the whole file.
    package var isComplete = false

    /// Lines taken as separators.
    package var separators = Count()
    /// Of them, those after an empty line or at the start of the file.
    package var separatorsAfterBlank = Count()
    /// Of them, those with a date.
    package var datedSeparators = Count()
    /// Of them, Netscape's and Thunderbird's `From -`.
    package var dashSeparators = Count()
    /// Of them, Gmail's `From <id>@xxx`.
    package var gmailSeparators = Count()
    /// Lines that begin with `From ` and were taken as text.
    package var bareInBody = Count()
    /// `From ` lines that look like separators, but stand within a MIME part.
    package var separatorsInPart = Count()
    /// Lines `>From `.
    package var quotedOnce = Count()
    /// Lines `>>From `, `>>>From ` …: only mboxrd makes them systematically.
    package var quotedDeeper = Count()
    /// Messages with a Content-Length.
    package var lengths = Count()
    /// Of them, those that land on a separator or on the end of the file.
    package var exactLengths = Count()
    /// Lines that begin with `From ` within a message whose length is exact: only mboxcl2 leaves them.
    package var bareInsideLength = Count()
    /// Lines `>From ` within a message whose length is exact.
    package var quotedInsideLength = Count()

    /// Makes evidence of nothing.
    package init() {}

    /// Reads a file, or its first bytes, for evidence; holds about 1 MiB of it at a time.
    ///
    /// - Parameters:
    ///   - source: the file.
    ///   - byteLimit: after how many bytes to stop.
    package static func gather(
        _ source: any ByteSource,
        byteLimit: UInt64 = .max
    ) throws(ByteSourceError) -> MboxEvidence {
        var scanner = try MboxScanner(evidenceOf: source)
        return try scanner.gatherEvidence(byteLimit: byteLimit)
    }
}

extension MboxEvidence {
    /// The evidence for a person: what was counted, and where first.
    package var words: String {
        let found: [(Count, String)] = [
            (separators, "separators"), (separatorsAfterBlank, "of them after an empty line"),
            (datedSeparators, "with a date"), (dashSeparators, "'From -'"), (gmailSeparators, "of Gmail"),
            (bareInBody, "'From ' lines taken as text"), (separatorsInPart, "separators within a MIME part"),
            (quotedOnce, "'>From ' lines"), (quotedDeeper, "'>>From ' lines"), (lengths, "Content-Lengths"),
            (exactLengths, "of them exact"), (bareInsideLength, "'From ' lines within an exact length"),
            (quotedInsideLength, "'>From ' lines within an exact length"),
        ]
        var words: [String] = []
        for (count, name) in found where count.count > 0 {
            // Of what is rare a person wants to look at the place.
            let place = count.count < separators.count ? count.examples.first.map { " (first at \($0))" } ?? "" : ""
            words.append("\(count.count) \(name)\(place)")
        }
        let ends = lineEnds == .crlf ? "CRLF" : lineEnds.endsAtLoneCR ? "CR" : "LF"
        return (words + ["lines end with \(ends)"]).joined(separator: ", ")
    }
}
