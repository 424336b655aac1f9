/// How one MBOX file is read: what its lines end with, how its bodies are quoted, whether its lengths count.
package struct MboxDialect: Equatable, Sendable {
    /// How body lines that look like separators are hidden.
    package var quoting: MboxQuoting
    /// Whether a `Content-Length` that lands exactly on a separator or on the end of the file ends its message there.
    package var honoursContentLength: Bool
    /// How lines end.
    package var lineEnds: LineEndStyle
    /// The name people use: `mboxo`, `mboxrd`, `mboxcl`, `mboxcl2`, or `mbox-unquoted`.
    package var name: Name

    /// The dialects people have names for.
    package enum Name: UInt8, Sendable, CaseIterable {
        /// Body lines that begin with `From ` gain a `>`.
        case mboxo = 0
        /// Body lines of any number of `>` and `From ` gain a `>`.
        case mboxrd = 1
        /// As `mboxo`, and each message has its Content-Length.
        case mboxcl = 2
        /// Nothing is quoted; the Content-Length alone ends a message.
        case mboxcl2 = 3
        /// Nothing is quoted, and there is no length either: the writer was careless.
        case unquoted = 4

        /// The name as text.
        package var text: String {
            switch self {
            case .mboxo: "mboxo"
            case .mboxrd: "mboxrd"
            case .mboxcl: "mboxcl"
            case .mboxcl2: "mboxcl2"
            case .unquoted: "mbox-unquoted"
            }
        }
    }

    /// A dialect by its name, for a caller who knows better than the evidence.
    package init(_ name: Name, lineEnds: LineEndStyle) {
        self.name = name
        self.lineEnds = lineEnds
        honoursContentLength = true
        switch name {
        case .mboxo, .mboxcl: quoting = .o
        case .mboxrd: quoting = .rd
        case .mboxcl2, .unquoted: quoting = .none
        }
    }

    /// The dialect that evidence speaks for.
    ///
    /// Each length is still checked by where it lands, and each separator judged on its own; what is decided for the whole
    /// file is only the quoting.
    package init(_ evidence: MboxEvidence) {
        let quoted = evidence.quotedOnce.count + evidence.quotedDeeper.count
        let name: Name
        if evidence.exactLengths.count > 0, evidence.exactLengths.count * 2 >= evidence.separators.count {
            let quotedInside = evidence.quotedInsideLength.count
            if quotedInside > 0, evidence.bareInsideLength.count == 0 {
                name = evidence.quotedDeeper.count > 0 ? .mboxrd : .mboxcl
            } else {
                name = .mboxcl2
            }
        } else if evidence.quotedDeeper.count > 0 {
            name = .mboxrd
        } else if evidence.bareInBody.count >= 8, evidence.bareInBody.count / 4 > quoted {
            name = .unquoted
        } else if evidence.isComplete, quoted > 0 {
            // Both undo the same here: no line tells them apart.
            name = .mboxo
        } else {
            name = .mboxrd
        }
        self.init(name, lineEnds: evidence.lineEnds)
    }
}

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
