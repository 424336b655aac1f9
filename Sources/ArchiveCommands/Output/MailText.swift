import MailDisplay

/// Header fields and names out of mail, made fit to be shown and to be file names.
enum MailText {
    /// A header field's body as text.
    static func field(_ bytes: [UInt8]?) -> String { bytes.map { HeaderText.decode($0) } ?? "" }

    /// One line that is safe on a terminal.
    static func safe(_ text: String) -> String { TerminalText.safe(text) }

    /// Several lines that are safe on a terminal.
    static func safeLines(_ text: String) -> String { TerminalText.safeLines(text) }
}
