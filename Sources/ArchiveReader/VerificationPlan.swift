package import ArchiveFormat

/// Which segments a verification looks at.
package struct VerificationPlan: Sendable {
    /// How much is to be verified.
    package enum Extent: Equatable, Sendable {
        /// Everything.
        case all
        /// What an earlier verification of everything did not come to; everything when none broke off.
        case rest
        /// So many bytes, at least one segment: those first that were never verified, or not for the longest time.
        case bytes(UInt64)
        /// So many percent of the bytes, in the same way.
        case percent(Double)
    }

    /// The numbers of the segments to verify.
    package let chosen: Set<UInt32>
    /// Segments with bytes.
    package let total: Int
    /// Segments that an earlier part of the same verification has found good.
    package let earlier: Int
    /// When the first part of this verification began: seconds since 1970; nil for a sample.
    package let start: UInt64?

    /// Chooses among the live segments.
    ///
    /// - Parameter now: seconds since 1970.
    package init(
        _ files: [LiveFile],
        _ ledger: VerificationLedger,
        _ level: VerificationLedger.Level,
        _ extent: Extent,
        now: UInt64
    ) {
        let segments = files.filter { $0.kind == .segment && $0.length > 0 }
        total = segments.count
        var earlier = 0
        switch extent {
        case .all:
            chosen = Set(segments.map(\.number))
            start = now
        case .rest:
            let begun = ledger.unfinishedRound(level)
            start = begun ?? now
            let rest = segments.filter { segment in
                guard let begun, let time = ledger.time(of: segment, level) else { return true }
                return time < begun
            }
            chosen = Set(rest.map(\.number))
            earlier = segments.count - rest.count
        case .bytes, .percent:
            start = nil
            var left: UInt64
            switch extent {
            case .bytes(let count): left = count
            case .percent(let percent):
                let sum = segments.reduce(0) { $0 + Double($1.length) }
                left = UInt64(max(0, min(sum * percent / 100, 1e18)))
            default: left = 0
            }
            let known = segments.map { (time: ledger.time(of: $0, level) ?? 0, file: $0) }
            var numbers: Set<UInt32> = []
            for (_, file) in known.sorted(by: { ($0.time, $0.file.number) < ($1.time, $1.file.number) }) {
                guard left > 0 || numbers.isEmpty else { break }
                numbers.insert(file.number)
                left -= min(left, file.length)
            }
            chosen = numbers
        }
        self.earlier = earlier
    }

    /// Whether all segments are looked at, in this part or an earlier one.
    package var isWhole: Bool { chosen.count + earlier == total }
}

/// What a verification looks at, whom it tells, and when it stops.
package struct VerificationScope: Sendable {
    /// Whether nothing is left out but what an earlier part of the same verification has found good.
    ///
    /// Only then are imported files made again.
    package var isWhole: Bool
    /// Whether a segment is looked at; all other files are, in each verification.
    package var includes: @Sendable (LiveFile) -> Bool
    /// Called, from any thread, when a segment was found good.
    package var isGood: @Sendable (LiveFile) -> Void
    /// Asked often; true ends the verification early.
    package var shouldStop: @Sendable () -> Bool

    /// Everything, to its end.
    package static var all: VerificationScope { VerificationScope() }

    package init(
        isWhole: Bool = true,
        includes: @escaping @Sendable (LiveFile) -> Bool = { _ in true },
        isGood: @escaping @Sendable (LiveFile) -> Void = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.isWhole = isWhole
        self.includes = includes
        self.isGood = isGood
        self.shouldStop = shouldStop
    }
}
