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
