/// What a folder is by its name, in the languages of Outlook, Thunderbird, Apple Mail and Gmail.
///
/// Only a help for people: the name that is stored stays as it is.
package enum SpecialFolder: String, CaseIterable, Sendable {
    case inbox, sent, drafts, trash, junk, archive, outbox

    /// Knows a folder by the last of its names.
    package init?(path: [[UInt8]]) {
        guard let last = path.last, last.count <= 64 else { return nil }
        self.init(name: String(decoding: last, as: UTF8.self))
    }

    /// Knows a folder by its name, whatever its case and however its accents are composed.
    package init?(name: String) {
        guard name.utf8.count <= 64, let found = Self.table[name.lowercased()] else { return nil }
        self = found
    }

    private static let table: [String: SpecialFolder] = {
        var table: [String: SpecialFolder] = [:]
        for (kind, names) in names {
            for name in names { table[name] = kind }
        }
        return table
    }()
}
