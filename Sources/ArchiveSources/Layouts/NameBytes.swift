/// Names of files are bytes: what they begin and end with, without making text of them.
extension Collection where Element == UInt8 {
    func isName(_ text: String) -> Bool { count == text.utf8.count && elementsEqual(text.utf8) }

    func begins(with text: String) -> Bool {
        count >= text.utf8.count && prefix(text.utf8.count).elementsEqual(text.utf8)
    }

    /// Whether all are decimal digits, and there is one at least.
    var isNumber: Bool { !isEmpty && allSatisfy { $0 &- 0x30 < 10 } }
}

extension BidirectionalCollection where Element == UInt8 {
    func ends(with text: String) -> Bool {
        count >= text.utf8.count && suffix(text.utf8.count).elementsEqual(text.utf8)
    }

    /// What stands before an ending; nil when it does not end so, or nothing else stands there.
    func dropping(suffix text: String) -> [UInt8]? {
        guard count > text.utf8.count, ends(with: text) else { return nil }
        return Array(dropLast(text.utf8.count))
    }
}
