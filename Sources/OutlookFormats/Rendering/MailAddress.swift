/// Someone a message comes from or goes to, as the store knows them.
struct MailAddress: Equatable {
    /// The display name; empty when there is none.
    var name: String
    /// The address of the Internet; nil when the store has none: none is ever made up.
    var smtp: String?
    /// An address of another kind, such as `EX:/o=…`; nil when there is none.
    var foreign: String?

    /// Makes an address from what the store has; nil when that is nothing.
    init?(name: String?, type: String?, address: String?, smtp: String?) {
        let isInternet = type.map { $0.uppercased() == "SMTP" } ?? true
        let candidates = [smtp, isInternet ? address : nil]
        self.smtp = candidates.lazy.compactMap { $0.flatMap(MailAddress.specification) }.first
        self.name = HeaderLine.clean(name ?? "")
        if self.smtp == nil {
            // The SMTP address that cannot be written as one is kept like the others.
            let given = candidates.lazy.compactMap { $0 }.first { !$0.isEmpty && $0 != name }
            if let given { foreign = "SMTP:" + given }
        }
        if foreign == nil, !isInternet, let type, let address, !address.isEmpty { foreign = type + ":" + address }
        if self.name.isEmpty, self.smtp == nil, foreign == nil { return nil }
    }

    /// The address as RFC 5322 §3.4.1 writes it; nil when it cannot be one.
    static func specification(_ text: String) -> String? {
        var text = text
        while text.last == " " || text.last == "\0" { text.removeLast() }
        while text.first == " " { text.removeFirst() }
        guard let at = text.lastIndex(of: "@"), text.utf8.count <= 512 else { return nil }
        let local = text[..<at]
        let domain = text[text.index(after: at)...]
        let isDomain =
            !domain.isEmpty
            && domain.utf8.allSatisfy {
                HeaderLine.isAtomText($0) || $0 == 0x2E || $0 >= 0x80 || "[]:".utf8.contains($0)
            }
        let isClean = text.unicodeScalars.allSatisfy { $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard !local.isEmpty, isDomain else { return nil }
        let isDotAtom =
            local.utf8.allSatisfy { HeaderLine.isAtomText($0) || $0 == 0x2E || $0 >= 0x80 }
            && local.first != "." && local.last != "." && !local.contains("..")
        if isDotAtom, isClean { return text }
        if isClean, local.utf8.count >= 2, local.first == "\"", local.last == "\"",
            !local.dropFirst().dropLast().contains(where: { $0 == "\"" || $0 == "\\" })
        {
            return text
        }
        guard local.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), !local.contains("\"") else { return nil }
        return HeaderLine.quoted(String(local)) + "@" + domain
    }

    /// The words of this address in a list; without an SMTP address an empty group that has the name (RFC 6854).
    var words: [String] {
        if let smtp {
            if name.isEmpty || name == smtp { return HeaderLine.isASCII(smtp) ? [smtp] : ["<\(smtp)>"] }
            return HeaderLine.phrase(name) + ["<\(smtp)>"]
        }
        var words = HeaderLine.phrase(name.isEmpty ? (foreign ?? "") : name)
        // An encoded word ends at a blank, not at a colon.
        if let last = words.last, last.hasPrefix("=?") { return words + [":;"] }
        words[words.count - 1] += ":;"
        return words
    }

    /// A field that lists addresses.
    static func field(_ name: String, _ addresses: [MailAddress]) -> [UInt8] {
        var words: [String] = []
        for (index, address) in addresses.enumerated() {
            words += address.words
            if index + 1 < addresses.count { words[words.count - 1] += "," }
        }
        return HeaderLine.folded(name, words)
    }

    /// A field that keeps an address which is none of the Internet: the field it belongs to, its place there from 1 on, and
    /// the address with `%` for what is not printable ASCII.
    func foreignField(_ role: String, _ place: Int) -> [UInt8] {
        guard smtp == nil, let foreign else { return [] }
        var text = ""
        for byte in foreign.utf8 {
            let isPlain = byte > 0x20 && byte < 0x7F && byte != 0x25
            text += isPlain ? String(UnicodeScalar(byte)) : "%" + HeaderLine.hex(byte)
        }
        guard text.utf8.count <= 900 else { return [] }
        return HeaderLine.folded("X-Portable-Archive-Address", [role, String(place), text])
    }
}
