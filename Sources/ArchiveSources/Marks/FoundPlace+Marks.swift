import ArchiveFormat
import MailDisplay
import MailFormats

extension FoundPlace {
    /// What a message's own header says of its state and its folders; nil when it says nothing.
    ///
    /// Gmail's labels are folders, nested at each `/`, as its IMAP shows them: the first is `folder`, further ones are
    /// `otherFolders`. Of its own labels some are flags (opened, starred), some stay labels (important, categories).
    init?(marksOf message: UnsafeRawBufferPointer, lineEnds: LineEndStyle = .lf) {
        self.init(MailMarks(of: message, lineEnds: lineEnds))
    }

    /// The meaning of marks; nil when there are none.
    init?(_ marks: MailMarks) {
        guard !marks.isEmpty else { return nil }
        self.init()
        let map: [(MailMarks.State, MessageFlags)] = [
            (.seen, .seen), (.answered, .answered), (.flagged, .flagged), (.draft, .draft), (.deleted, .deleted),
            (.forwarded, .forwarded),
        ]
        for (state, flag) in map where marks.state.contains(state) { flags.insert(flag) }
        addWords(marks.mozillaKeys)
        if marks.mozillaLabel > 0 { add(label: Array("$label\(marks.mozillaLabel)".utf8)) }
        addWords(marks.keywords)
        if let label = marks.label {
            // Mutt shows the field as it is; programs that write more than one label put commas between.
            for piece in HeaderText.decode(label).split(separator: ",") {
                let words = piece.split(whereSeparator: { $0 == " " || $0 == "\t" })
                add(label: Array(words.joined(separator: " ").utf8))
            }
        }
        if let labels = marks.gmailLabels { take(gmail: GmailLabels.split(GmailLabels.decoded(labels))) }
    }

    private mutating func addWords(_ words: [UInt8]?) {
        guard let words else { return }
        for word in words.split(whereSeparator: { $0 <= 0x20 }) { add(label: Array(word)) }
    }

    /// Labels are bounded as the format bounds them; each is there once.
    private mutating func add(label: [UInt8]) {
        guard !label.isEmpty, labels.count < GmailLabels.maximumCount else { return }
        let bounded = Array(label.prefix(Limits.name))
        if !labels.contains(bounded) { labels.append(bounded) }
    }

    private mutating func take(gmail names: [String]) {
        var folders: [[[UInt8]]] = []
        var isRead: Bool?
        for name in names {
            switch GmailLabels.state(name) {
            case .unread: isRead = false
            case .opened: isRead = isRead ?? true
            case .starred: flags.insert(.flagged)
            case nil:
                if GmailLabels.isSystemLabel(name) {
                    add(label: Array(name.utf8))
                    continue
                }
                let path = name.split(separator: "/").map { Array($0.utf8) }
                let special = SpecialFolder(name: name)
                if special == .drafts { flags.insert(.draft) }
                if !path.isEmpty, !folders.contains(path) { folders.append(path) }
            }
        }
        if isRead == true { flags.insert(.seen) }
        // Mail without `Unread` is read, also where Takeout did not say that it was opened.
        if isRead == nil, !names.isEmpty { flags.insert(.seen) }
        // "Archived" says only that it is not in the inbox: any other folder goes before.
        let first = folders.firstIndex { SpecialFolder(path: $0) != .archive }
        if let chosen = folders.isEmpty ? nil : folders.remove(at: first ?? 0) {
            folder = chosen
            otherFolders = folders
        }
    }
}
