import MailFormats

/// What a file is, judged by its first bytes and by what stands beside it.
enum Judgement: Sendable, Equatable {
    /// Mail, or something that holds mail.
    case mail(SourceKind)
    /// No byte at all.
    case empty
    /// Nothing known; why, in words.
    case unknown(String)

    /// How many bytes are worth giving.
    static let prefixByteCount = MailKind.prefixByteCount

    /// Judges a file by its first `prefixByteCount` bytes, or all of them.
    init(prefix: UnsafeRawBufferPointer, of item: SourceItem) {
        guard !prefix.isEmpty else {
            self = .empty
            return
        }
        if let kind = item.kind {
            self = .mail(kind)
            return
        }
        if let kind = SourceKind(magicOf: prefix) {
            self = .mail(kind)
            return
        }
        if ContainerMagic.isDocument(prefix: prefix) {
            self = .unknown("a document or program packed as a zip, not a container of mail")
            return
        }
        if ContainerReader.recognises(prefix: prefix, name: item.name) {
            self = .mail(.container)
            return
        }
        if EmlxFile.sniff(prefix: prefix) {
            self = .mail(.emlx)
            return
        }
        switch MailKind.sniff(prefix: prefix, nameHint: item.hint) {
        case .mbox: self = .mail(.mbox)
        case .eml: self = .mail(.eml)
        case .empty: self = .empty
        case .unknown(let reason): self = .unknown(reason.text)
        }
    }
}

extension SourceKind {
    /// The kinds that begin with bytes of their own.
    init?(magicOf prefix: UnsafeRawBufferPointer) {
        func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool {
            prefix.count >= offset + magic.count && prefix[offset..<offset + magic.count].elementsEqual(magic)
        }
        if begins(Array("!BDN".utf8)) {
            // Whatever the client magic: libpff says what is wrong with it.
            self = begins(Array("SO".utf8), at: 8) ? .ost : .pst
        } else if begins([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            self = .msg
        } else {
            return nil
        }
    }
}

extension MailKind.Reason {
    /// Why, for the person who reads the report.
    var text: String {
        switch self {
        case .binary: "binary data, and no header of a mail"
        case .noHeaderField: "no header field in its first lines"
        case .blank: "nothing but empty lines"
        }
    }
}
