import MailDisplay

/// The labels of `X-Gmail-Labels` as Google Takeout writes it: a comma list with quotes as in CSV.
enum GmailLabels {
    /// The most labels that are taken from one message.
    static let maximumCount = 256

    /// The text of a raw value: encoded words of any length, folds between them.
    static func decoded(_ value: [UInt8]) -> String { HeaderText.decode(value) }

    /// Splits a decoded value; labels in order, each once.
    static func split(_ text: String) -> [String] {
        var labels: [String] = []
        var known: Set<String> = []
        var label = ""
        var isQuoted = false
        var wasQuote = false
        func end() {
            let trimmed = label.trimmingBlanks()
            if !trimmed.isEmpty, labels.count < maximumCount, known.insert(trimmed).inserted { labels.append(trimmed) }
            label = ""
        }
        for character in text.unicodeScalars {
            if isQuoted {
                if character != "\"" {
                    label.unicodeScalars.append(character)
                    continue
                }
                isQuoted = false
                wasQuote = true
                continue
            }
            if character == "\"" {
                // Two quotes within quotes are one.
                if wasQuote { label.unicodeScalars.append(character) }
                isQuoted = true
            } else if character == "," {
                end()
            } else {
                label.unicodeScalars.append(character)
            }
            wasQuote = false
        }
        end()
        return labels
    }

    /// What Google's own labels say of the state of a message.
    enum State {
        case unread, opened, starred
    }

    /// What a label says, in the languages of Gmail; nil for a label of a person or of a folder.
    static func state(_ label: String) -> State? {
        let key = label.lowercased()
        if unread.contains(key) { return .unread }
        if opened.contains(key) { return .opened }
        if starred.contains(key) { return .starred }
        return nil
    }

    /// Whether Google made it for itself, so that it is no folder: importance, categories, chats.
    static func isSystemLabel(_ label: String) -> Bool {
        let key = label.lowercased()
        return important.contains(key) || categories.contains { key.hasPrefix($0) }
    }

    private static let unread: Set<String> = [
        "unread", "ungelesen", "non lus", "non lu", "no leídos", "no leído", "non letti", "da leggere", "não lidas",
        "não lida",
        "não lidos", "por ler", "ongelezen", "oläst", "olästa", "ulest", "uleste", "ulæst", "ulæste", "lukematon",
        "lukemattomat", "nieprzeczytane", "nieprzeczytana", "nepřečtené", "neprečítané", "olvasatlan", "necitite",
        "непрочитанные", "непрочитані", "непрочетени", "μη αναγνωσμένα", "okunmamış", "okunmadı", "未読", "未读", "未讀",
        "읽지않음", "읽지 않음", "אימיילים שלא נקראו", "לא נקרא", "غير مقروءة", "غير مقروء", "chưa đọc", "belum dibaca",
        "ยังไม่ได้อ่าน", "no llegits", "neprebrano", "nepročitano",
    ]
    private static let opened: Set<String> = [
        "opened", "geöffnet", "ouvert", "ouverts", "ouverte", "messages ouverts", "abierto", "abiertos", "aperto",
        "aperti",
        "già aperti", "aberto", "abertos", "abertas", "aberta", "geopend", "öppnad", "öppnade", "öppnat", "åpnet",
        "åbnet",
        "avattu", "avatut", "otwarte", "otworzone", "otevřené", "otevřeno", "otvorené", "megnyitott", "megnyitva",
        "deschise",
        "открытые", "открыто", "открытое", "відкриті", "відкрито", "отворени", "ανοιγμένα", "άνοιξε", "açıldı",
        "açılmış",
        "açılanlar", "開封済み", "已打开", "已打開", "已開啟", "已開封", "열림", "열어본 메일", "נפתח", "נפתחו", "مفتوحة",
        "تم فتحها", "đã mở", "dibuka", "เปิดแล้ว", "oberts", "odprto", "otvoreno",
    ]
    private static let starred: Set<String> = [
        "starred", "markiert", "suivis", "suivi", "messages suivis", "destacados", "destacado", "speciali", "speciale",
        "con estrella", "com estrela", "marcados com estrela", "met ster", "stjärnmärkt", "stjärnmärkta",
        "stjernemerket",
        "stjernemarkeret", "stjernemarkerede", "tähdellä merkitty", "tähdellä merkityt", "oznaczone gwiazdką",
        "s hvězdičkou", "s hviezdičkou", "csillagozott", "cu stea", "помеченные", "із зірочкою", "със звезда",
        "με αστέρι",
        "yıldızlı", "スター付き", "已加星标", "已加星號", "별표편지함", "별표", "מסומן בכוכב", "المميّزة بنجمة", "مميّزة بنجمة",
        "có gắn dấu sao", "berbintang", "ที่ติดดาว", "destacats",
    ]
    private static let important: Set<String> = [
        "important", "importants", "wichtig", "importante", "importantes", "importanti", "belangrijk", "viktigt",
        "viktig",
        "vigtigt", "tärkeät", "tärkeä", "ważne", "důležité", "dôležité", "fontos", "важные", "важное", "важливо",
        "важливі",
        "σημαντικά", "önemli", "重要", "重要邮件", "重要郵件", "중요편지함", "중요", "חשוב", "مهم", "مهمة", "quan trọng", "penting",
        "สำคัญ",
    ]
    private static let categories = [
        "category ", "kategorie", "catégorie", "categoría", "categoria", "categorie", "kategori", "luokka", "kategoria",
        "kategória", "категория", "категорія", "κατηγορία", "カテゴリ", "类别", "類別", "카테고리", "קטגוריה", "danh mục",
    ]
}

extension String {
    fileprivate func trimmingBlanks() -> String {
        var view = unicodeScalars[...]
        while let first = view.first, first.value <= 0x20 { view.removeFirst() }
        while let last = view.last, last.value <= 0x20 { view.removeLast() }
        return String(view)
    }
}
