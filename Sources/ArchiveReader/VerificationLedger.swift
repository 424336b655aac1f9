package import ArchiveFormat

/// What is known of earlier verifications of one archive on this computer: kept outside of the archive.
///
/// An archive may lie on a medium that cannot be written, and nothing but commits is ever added to it. A ledger holds no
/// secret and nothing of the mail; one that is lost or damaged only means that verification begins anew.
package struct VerificationLedger: Equatable, Sendable {
    /// How thoroughly a segment was verified; each level includes those before.
    package enum Level: UInt8, Comparable, Sendable {
        /// All its bytes were hashed.
        case keyless = 1
        /// Besides, all its records were opened, and all its messages rebuilt.
        case full = 2

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// When a segment was last found good.
    package struct Entry: Equatable, Sendable {
        /// Seconds since 1970.
        package var time: UInt64
        package var level: Level
        /// The root that its bytes had: another one is another segment.
        package var root: Bytes32
    }

    package let archiveID: Bytes32
    private var entries: [UInt32: [Level: Entry]] = [:]
    /// When the whole verification began that has not come to its end.
    private var rounds: [Level: UInt64] = [:]

    package init(archiveID: Bytes32) { self.archiveID = archiveID }

    /// When a segment was last verified at least at a level; nil when never, or when it has changed since.
    package func time(of file: LiveFile, _ level: Level) -> UInt64? {
        (entries[file.number] ?? [:]).values.filter { $0.level >= level && $0.root == file.root }.map(\.time).max()
    }

    /// Notes that a segment was found good.
    package mutating func note(_ file: LiveFile, _ level: Level, at time: UInt64) {
        entries[file.number, default: [:]][level] = Entry(time: time, level: level, root: file.root)
    }

    /// Forgets the segments that are no longer live.
    package mutating func keep(_ files: [LiveFile]) {
        let live = Set(files.lazy.filter { $0.kind == .segment }.map(\.number))
        entries = entries.filter { live.contains($0.key) }
    }

    /// When the whole verification at a level began that was not ended; nil when there is none.
    package func unfinishedRound(_ level: Level) -> UInt64? { rounds[level] }

    /// A verification of everything begins, or (nil) has come to its end.
    package mutating func setRound(_ level: Level, _ start: UInt64?) { rounds[level] = start }
}

extension VerificationLedger {
    private static let version: UInt8 = 1

    /// The ledger as bytes: deterministic CBOR.
    ///
    /// An array of version, archive id, rounds [level, start], entries [segment, level, time, root].
    package var encoded: [UInt8] {
        var writer = CBORWriter()
        writer.array(4)
        writer.unsigned(VerificationLedger.version)
        writer.data(archiveID)
        writer.array(rounds.count)
        for (level, start) in rounds.sorted(by: { $0.key < $1.key }) {
            writer.array(2)
            writer.unsigned(level.rawValue)
            writer.unsigned(start)
        }
        writer.array(entries.values.reduce(0) { $0 + $1.count })
        for (segment, levels) in entries.sorted(by: { $0.key < $1.key }) {
            for (level, entry) in levels.sorted(by: { $0.key < $1.key }) {
                writer.array(4)
                writer.unsigned(segment)
                writer.unsigned(level.rawValue)
                writer.unsigned(entry.time)
                writer.data(entry.root)
            }
        }
        return writer.bytes
    }

    /// Reads the ledger of an archive; nil when the bytes are not one.
    package init?(_ bytes: [UInt8], archiveID: Bytes32) {
        self.init(archiveID: archiveID)
        do throws(FormatError) {
            try bytes.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                try read(UnsafeRawBufferPointer(buffer))
            }
        } catch {
            return nil
        }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = CBORReader(bytes)
        try reader.tuple(4)
        _ = try reader.unsigned(UInt64(VerificationLedger.version)...UInt64(VerificationLedger.version))
        guard try reader.bytes32() == archiveID else { throw FormatError(.cborSchema) }
        for _ in 0..<(try reader.array(0...2)) {
            try reader.tuple(2)
            let level = try VerificationLedger.level(&reader)
            rounds[level] = try reader.unsigned()
        }
        for _ in 0..<(try reader.array(0...Int(Limits.fileNumber) * 2)) {
            try reader.tuple(4)
            let segment = UInt32(try reader.unsigned(1...UInt64(Limits.fileNumber)))
            let level = try VerificationLedger.level(&reader)
            let time = try reader.unsigned()
            entries[segment, default: [:]][level] = Entry(time: time, level: level, root: try reader.bytes32())
        }
        try reader.finish()
    }

    private static func level(_ reader: inout CBORReader) throws(FormatError) -> Level {
        guard let level = Level(rawValue: UInt8(try reader.unsigned(1...2))) else { throw FormatError(.cborSchema) }
        return level
    }
}
