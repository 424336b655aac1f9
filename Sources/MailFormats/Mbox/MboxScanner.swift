/// Cuts an MBOX file into messages, reading it once from start to end in bounded memory.
///
/// Messages come in blocks of about 1 MiB that hold their bytes, so that a block can be given to another thread as it is. A
/// message longer than `Sizes.residentByteLimit` comes as a block of its own without bytes.
///
/// ```swift
/// let dialect = MboxDialect(try MboxEvidence.gather(source))
/// var scanner = try MboxScanner(source, dialect: dialect)
/// while let block = try scanner.nextBlock() { … }
/// let rest = scanner.tail
/// ```
package struct MboxScanner: Sendable {
    /// How much is read and held at once.
    package struct Sizes: Sendable {
        /// How many bytes are read at once, and so about the length of a block.
        package var blockByteCount = 1 << 20
        /// The longest message whose bytes are handed out.
        package var residentByteLimit = 16 << 20

        /// The sizes that suit most machines.
        package init() {}
    }

    /// How many bytes before the current place are kept of a message that is not handed out.
    static let contextByteCount = 1 << 16

    private let source: any ByteSource
    private let sizes: Sizes
    private let keepsBytes: Bool
    private var walk: MboxWalk
    private var window: [UInt8] = []
    private var windowOffset: UInt64 = 0
    private var isFinished = false
    /// Met behind messages that were handed out first.
    private var failure: ByteSourceError?
    /// Whether the current message is too long to be handed out.
    private var isLong = false
    /// Whether the window was handed out and has to be replaced before the next step.
    private var isHandedOut = false

    /// What follows the last message: empty lines, a separator without a message.
    ///
    /// Valid once `nextBlock` returned `nil`.
    package private(set) var tail: Range<UInt64> = 0..<0

    /// What was seen so far.
    package var evidence: MboxEvidence {
        var evidence = walk.evidence
        evidence.isComplete = isFinished
        evidence.scannedByteCount = windowEnd
        return evidence
    }

    /// Begins without a dialect: where messages end does not depend on it, and `evidence` tells it in the end.
    ///
    /// Only messages that hold `From ` lines (`MboxMessage.Traits.holdsFromLines`) have to wait for it.
    package init(_ source: any ByteSource, sizes: Sizes = Sizes()) throws(ByteSourceError) {
        try self.init(source, dialect: nil, sizes: sizes, keepsBytes: true)
    }

    /// Begins with a dialect that was decided before.
    package init(
        _ source: any ByteSource,
        dialect: MboxDialect,
        sizes: Sizes = Sizes()
    ) throws(ByteSourceError) {
        try self.init(source, dialect: dialect, sizes: sizes, keepsBytes: true)
    }

    init(evidenceOf source: any ByteSource) throws(ByteSourceError) {
        try self.init(source, dialect: nil, sizes: Sizes(), keepsBytes: false)
    }

    private init(
        _ source: any ByteSource,
        dialect: MboxDialect?,
        sizes: Sizes,
        keepsBytes: Bool
    ) throws(ByteSourceError) {
        self.source = source
        self.sizes = sizes
        self.keepsBytes = keepsBytes
        walk = MboxWalk(byteCount: source.byteCount, honoursContentLength: dialect?.honoursContentLength ?? true)
        isLong = !keepsBytes
        try refill(keeping: 0)
        walk.begin(lineEnds: dialect?.lineEnds ?? window.withUnsafeBytes { LineEndStyle.detect($0) })
    }

    /// The next messages in the order of the file; `nil` when there are no more.
    package mutating func nextBlock() throws(ByteSourceError) -> MboxBlock? {
        var messages: [MboxMessage] = []
        if let failure { throw failure }
        while !isFinished {
            if isHandedOut {
                isHandedOut = false
                try refill(keeping: walk.leadStart)
            }
            switch step() {
            case .message(let message):
                messages.append(message)
                if isLong {
                    isLong = !keepsBytes
                    return MboxBlock(messages, bytes: nil, at: windowOffset)
                }
            case .checkLength(let end):
                do throws(ByteSourceError) {
                    walk.finishLength(end, landing: try landing(at: end))
                } catch {
                    guard !messages.isEmpty else { throw error }
                    failure = error
                    return MboxBlock(messages, bytes: window, at: windowOffset)
                }
            case .needsMore:
                if !messages.isEmpty {
                    isHandedOut = true
                    return MboxBlock(messages, bytes: window, at: windowOffset)
                }
                if !isLong, windowEnd - walk.leadStart >= UInt64(sizes.residentByteLimit) { isLong = true }
                try refill(keeping: isLong ? walk.contextStart : walk.leadStart)
            case .end(let tail):
                isFinished = true
                self.tail = tail
                guard !messages.isEmpty else { return nil }
                return MboxBlock(messages, bytes: window, at: windowOffset)
            }
        }
        return nil
    }

    /// Goes through the file without keeping anything.
    mutating func gatherEvidence(byteLimit: UInt64) throws(ByteSourceError) -> MboxEvidence {
        while !isFinished, windowOffset < byteLimit {
            guard try nextBlock() != nil else { break }
        }
        return evidence
    }

    private var windowEnd: UInt64 { windowOffset + UInt64(window.count) }

    private mutating func step() -> MboxWalk.Step {
        let bytes = window
        let isAtEnd = windowEnd >= source.byteCount
        return bytes.withUnsafeBytes { walk.step($0, offset: windowOffset, isAtEnd: isAtEnd) }
    }

    /// Replaces the window by one that starts at `start` and goes further than the old one.
    private mutating func refill(keeping start: UInt64) throws(ByteSourceError) {
        let kept = Int(min(max(start, windowOffset), windowEnd) - windowOffset)
        let keptCount = window.count - kept
        // Doubling keeps the copying of a message that grows linear.
        let more = max(sizes.blockByteCount, 1, min(keptCount, sizes.residentByteLimit - keptCount))
        let wanted = min(UInt64(more), source.byteCount - windowEnd)
        var failure: ByteSourceError?
        let end = windowEnd
        let old = window
        let source = source
        let fresh = [UInt8](unsafeUninitializedCapacity: keptCount + Int(wanted)) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            old.withUnsafeBytes { raw.copyMemory(from: $0.part(kept..<kept + keptCount)) }
            count = keptCount
            do throws(ByteSourceError) {
                let place = UnsafeMutableRawBufferPointer(rebasing: raw[keptCount..<keptCount + Int(wanted)])
                let filled = try source.read(at: end, into: place)
                if filled < Int(wanted) { failure = ByteSourceError(.endedEarly, at: end + UInt64(filled)) }
                count += min(filled, Int(wanted))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        windowOffset += UInt64(kept)
        window = fresh
    }

    /// Where the separator starts on which a Content-Length lands, if it does.
    private func landing(at end: UInt64) throws(ByteSourceError) -> UInt64? {
        guard end > 0, end <= source.byteCount else { return nil }
        if end == source.byteCount { return end }
        let first = end - 1
        let wanted = min(
            UInt64(2 + MboxSeparatorLine.maximumByteCount + MboxSeparatorLine.lookahead),
            source.byteCount - first
        )
        let isAtEnd = first + wanted == source.byteCount
        if first >= windowOffset, first + wanted <= windowEnd {
            let start = Int(first - windowOffset)
            return window.withUnsafeBytes { bytes in
                walk.landing(bytes.part(start..<start + Int(wanted)), offset: first, isAtEnd: isAtEnd)
            }
        }
        var failure: ByteSourceError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(wanted)) { buffer, count in
            do throws(ByteSourceError) {
                count = try source.read(at: first, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes.withUnsafeBytes { walk.landing($0, offset: first, isAtEnd: isAtEnd) }
    }
}
