import Foundation

/// Ways to damage a file, the same in each run.
enum Damage {
    /// Everything where `FULL` is set, a share of it elsewhere.
    static let isFull = ProcessInfo.processInfo.environment["FULL"] != nil

    /// The file cut at some places, evenly over its length.
    static func cuts(_ bytes: [UInt8], _ count: Int) -> [[UInt8]] {
        (0..<count).map { Array(bytes[..<(bytes.count * $0 / count)]) }
    }

    /// The file with one to four bytes changed.
    static func changes(_ bytes: [UInt8], _ count: Int) -> [[UInt8]] {
        guard !bytes.isEmpty else { return [] }
        var state = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        return (0..<count).map { _ in
            var changed = bytes
            for _ in 0...next() % 4 {
                // Where the structure is, most of the time: content of attachments has no damage to be found.
                let range = next() % 3 == 0 ? bytes.count : min(bytes.count, 4096)
                changed[Int(next() % UInt64(range))] ^= UInt8(1 + next() % 255)
            }
            return changed
        }
    }
}
