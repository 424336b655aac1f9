/// Writes messages as an MBOX of the mboxrd dialect, which is the only one that can be undone for sure.
package struct MboxExport: Sendable {
    /// How lines of the new file end; separator lines and the added empty lines are written so.
    package let lineEnd: LineEnd

    /// Begins a file.
    package init(lineEnd: LineEnd = .lf) { self.lineEnd = lineEnd }

    /// The `From ` line of a message, with its line end.
    ///
    /// - Parameters:
    ///   - sender: the envelope sender, or the From field's body, of which the address is taken; `nil` when unknown.
    ///   - date: seconds since 1970; `nil` when unknown.
    package func separator(sender: UnsafeRawBufferPointer?, date: Int64?) -> [UInt8] {
        var line = Array("From ".utf8)
        line.append(contentsOf: sender.map(Self.address) ?? Array("MAILER-DAEMON".utf8))
        line.append(Ascii.space)
        line.append(contentsOf: MailDate.asctime(date ?? 0))
        line.append(contentsOf: lineEnd.bytes)
        return line
    }

    /// What follows a message: its missing last line end, if it has none, and an empty line.
    ///
    /// - Parameter lastByte: the last byte of the message as written; `nil` for an empty one.
    package func trail(afterLastByte lastByte: UInt8?) -> [UInt8] {
        let endsLine = lastByte == nil || lastByte == Ascii.lf || (lineEnd == .cr && lastByte == Ascii.cr)
        return endsLine ? lineEnd.bytes : lineEnd.bytes + lineEnd.bytes
    }

    /// How lines are found when quoting for this file: at every line end a reader of it may see.
    package var lineEnds: LineEndStyle { lineEnd == .cr ? .cr : lineEnd == .crlf ? .crlf : .lf }

    /// The address in a From field: what is between the angle brackets, else the first word; never with a blank in it.
    private static func address(_ field: UnsafeRawBufferPointer) -> [UInt8] {
        var start = 0
        var end = min(field.count, Envelope.valueByteLimit)
        if let open = (0..<end).last(where: { field[$0] == 0x3C }) {
            start = open + 1
            end = field.firstIndex(of: Ascii.greater, from: start, to: end) ?? end
        } else {
            while start < end, Ascii.isBlank(field[start]) { start += 1 }
            end = (start..<end).first { Ascii.isBlank(field[$0]) || field[$0] == 0x2C } ?? end
        }
        let address = field.part(start..<end).filter { $0 > Ascii.space && $0 != 0x7F }
        return address.isEmpty ? Array("MAILER-DAEMON".utf8) : address
    }
}
