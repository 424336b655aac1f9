import ArchiveStorage

/// Names of files that mail programs and systems make for themselves: surely theirs, and never mail.
enum OwnNames {
    /// What may lie in any directory.
    static func reason(_ name: ArraySlice<UInt8>, beside names: SourceDirectoryNames) -> SkipReason? {
        switch name.first {
        case UInt8(ascii: "."):
            if name.isName(".DS_Store") { return .index }
            if name.isName(".noindex") || name.isName(".noupdate") || name.isName(".nomedia") { return .marker }
            if name.isName(".mboxCache.plist") { return .index }
            if name.begins(with: "._"), names.contains(name.dropFirst(2)) { return .resourceFork }
            if let owner = kmailIndexOwner(name), names.contains(owner) { return .index }
        case UInt8(ascii: "T") where name.isName("Thumbs.db"): return .index
        case UInt8(ascii: "d") where name.isName("desktop.ini"): return .index
        case UInt8(ascii: "I") where name.isName("Icon\r"): return .marker
        default: break
        }
        return nil
    }

    // MARK: Maildir

    static func maildirReason(_ name: ArraySlice<UInt8>, isEvolution: Bool) -> SkipReason? {
        if name.isName("maildirfolder") || name.isName("..maildir++") { return .marker }
        if name.isName("maildirsize") || name.isName("subscriptions") || name.begins(with: "dovecot.index")
            || name.begins(with: "dovecot.list.index") || name.begins(with: "dovecot.mailbox.log")
            || name.begins(with: "dovecot-uid") || name.begins(with: "dovecot-keywords")
            || name.begins(with: "dovecot-acl")
            || name.begins(with: "courierimap") || name.isName(".uidvalidity") || name.begins(with: ".mbsyncstate")
            || name.isName(".isyncuidmap.db")
        {
            return .index
        }
        return isEvolution && isEvolutionIndex(name) ? .index : nil
    }

    static func isMaildirDirectory(_ name: ArraySlice<UInt8>) -> Bool {
        name.begins(with: "courierimap") || name.isName(".notmuch") || name.isName(".nnmaildir")
            || name.isName(".#evolution")
    }

    private static func isEvolutionIndex(_ name: ArraySlice<UInt8>) -> Bool {
        name.ends(with: ".cmeta") || name.ends(with: ".cmeta~") || name.ends(with: ".ev-summary")
            || name.ends(with: ".ev-summary-meta") || name.ends(with: ".ibex.index")
            || name.ends(with: ".ibex.index.data")
            || name.begins(with: "folders.db")
    }

    // MARK: MH

    static func isMHIndex(_ name: ArraySlice<UInt8>) -> Bool {
        let list = [
            ".mh_sequences", ".xmhcache", ".sylpheed_cache", ".sylpheed_mark", ".claws_cache", ".claws_mark",
            ".claws_tags",
            ".overview", ".marks", ".nov",
        ]
        return name.first == UInt8(ascii: ".") && list.contains { name.isName($0) }
    }

    // MARK: KMail

    /// X of `.X.index`, `.X.index.ids`, `.X.index.sorted`, `.X.index.search`.
    private static func kmailIndexOwner(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        for suffix in [".index", ".index.ids", ".index.sorted", ".index.search"] {
            if let owner = name.dropFirst().dropping(suffix: suffix) { return owner }
        }
        return nil
    }

    // MARK: Thunderbird

    static func isMailFileIndex(_ name: ArraySlice<UInt8>) -> Bool { name.ends(with: ".msf") || isEvolutionIndex(name) }

    static func isThunderbirdMailData(_ name: ArraySlice<UInt8>) -> Bool {
        let list = [
            "popstate.dat", "msgFilterRules.dat", "filterlog.html", "junklog.html", "rules.dat", "virtualFolders.dat",
            "folderTree.json", "panacea.dat", "training.dat", "traits.dat", ".parentlock", "feeds.json",
            "feeditems.json",
        ]
        return list.contains { name.isName($0) }
    }

    static func isThunderbirdFile(_ name: ArraySlice<UInt8>) -> Bool {
        if isThunderbirdMailData(name) || isMailFileIndex(name) { return true }
        let suffixes = [
            ".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".json", ".json.mozlz4", ".jsonlz4", ".js",
            ".ini",
            ".txt", ".db", ".mab", ".mfasl", ".dat", ".rdf", ".lock", ".bak", ".corrupt",
        ]
        return name.isName("parent.lock") || name.isName("lock") || suffixes.contains { name.ends(with: $0) }
    }

    static func isThunderbirdDirectory(_ name: ArraySlice<UInt8>) -> Bool {
        let list = [
            "extensions", "storage", "calendar-data", "crashes", "datareporting", "minidumps", "saved-telemetry-pings",
            "chrome", "chrome_debugger_profile", "security_state", "sessionstore-backups", "settings", "startupCache",
            "weave", "OfflineCache", "Cache", "cache2", "shader-cache", "safebrowsing", "thumbnails", "bookmarkbackups",
            "browser-extension-data", "features", "gmp", "gmp-gmpopenh264", "minidump", "pepmda", "indexedDB",
            "webapps",
            "blocklists", "searchplugins",
        ]
        return list.contains { name.isName($0) }
    }

    // MARK: Apple Mail

    static func isAppleFile(_ name: ArraySlice<UInt8>) -> Bool {
        name.begins(with: "table_of_contents") || name.begins(with: "content_index") || name.ends(with: ".plist")
            || name.begins(with: "Envelope Index") || name.begins(with: "mbox.SKindex")
    }
}
