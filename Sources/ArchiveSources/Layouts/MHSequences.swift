import ArchiveFormat

/// The sequences of an MH folder: names, each for a set of message numbers (`.mh_sequences`).
///
/// `unseen`, `replied`, `flagged` and `forwarded` are flags, as Python's `mailbox` and Claws Mail take them; `cur` and
/// `pseq` are where the program stood; any other is a label.
struct MHSequences {
    /// The longest file that is read, in bytes.
    static let maximumByteCount = 1 << 20

    private var flags: [(flag: MessageFlags, ranges: [ClosedRange<UInt64>])] = []
    private var labels: [(name: [UInt8], ranges: [ClosedRange<UInt64>])] = []
    private var unseen: [ClosedRange<UInt64>] = []

    init(_ text: [UInt8]) {
        for line in text.split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { continue }
            let name = line[..<colon]
            let ranges = Self.ranges(line[(colon + 1)...])
            if name.isName("unseen") {
                unseen += ranges
            } else if name.isName("replied") {
                flags.append((.answered, ranges))
            } else if name.isName("flagged") {
                flags.append((.flagged, ranges))
            } else if name.isName("forwarded") {
                flags.append((.forwarded, ranges))
            } else if !name.isName("cur"), !name.isName("pseq"), labels.count < 64, name.count <= 255 {
                labels.append((Array(name), ranges))
            }
        }
    }

    /// What the sequences tell of a message.
    func state(of number: UInt64) -> (flags: MessageFlags, labels: [[UInt8]]) {
        var found: MessageFlags = Self.holds(unseen, number) ? [] : .seen
        for (flag, ranges) in flags where Self.holds(ranges, number) { found.insert(flag) }
        return (found, labels.filter { Self.holds($0.ranges, number) }.map(\.name))
    }

    /// Ranges are sorted as MH writes them; others are sorted here.
    private static func ranges(_ text: ArraySlice<UInt8>) -> [ClosedRange<UInt64>] {
        var ranges: [ClosedRange<UInt64>] = []
        for word in text.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            let ends = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            guard let low = ends.first.flatMap(number), let high = ends.last.flatMap(number), ends.count <= 2,
                low <= high
            else { continue }
            ranges.append(low...high)
        }
        return ranges.sorted { $0.lowerBound < $1.lowerBound }
    }

    static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard digits.isNumber, digits.count <= 18 else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }

    private static func holds(_ ranges: [ClosedRange<UInt64>], _ number: UInt64) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = low + (high - low) / 2
            if ranges[middle].lowerBound <= number { low = middle + 1 } else { high = middle }
        }
        return low > 0 && ranges[low - 1].contains(number)
    }
}
