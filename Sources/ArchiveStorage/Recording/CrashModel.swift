/// What a crash may do to bytes and names that were not yet durable.
///
/// POSIX promises nothing of them: each sector of each write since the last sync of its file may be there or not, the
/// file may have its new length with or without the bytes, and each name that was created, renamed or removed since the
/// last sync of its directory may be as before or as after. A rename inside one directory is one step; one between two
/// directories is two.
package struct CrashModel: Sendable {
    /// Which changes of names survive.
    package enum NameOrder: Sendable {
        /// Each for itself, as POSIX allows.
        case any
        /// In each directory those up to some point, as journaling file systems do.
        case inOrder
    }

    /// What a file reads as where it has length but never got its bytes.
    package enum Unwritten: Sendable {
        case zeros
        /// What lay on the medium before, as on file systems without unwritten extents (FAT).
        case garbage
    }

    /// The unit that is written wholly or not at all.
    package var sectorByteCount: Int
    package var nameOrder: NameOrder
    package var unwritten: Unwritten
    /// Whether the sector that was just being written may hold neither old nor new bytes.
    package var mayGarbleSector: Bool

    package init(
        sectorByteCount: Int = 512,
        nameOrder: NameOrder = .any,
        unwritten: Unwritten = .zeros,
        mayGarbleSector: Bool = false
    ) {
        self.sectorByteCount = max(1, sectorByteCount)
        self.nameOrder = nameOrder
        self.unwritten = unwritten
        self.mayGarbleSector = mayGarbleSector
    }
}

/// One thing a crash could have left behind.
package struct CrashState: Sendable, CustomStringConvertible {
    /// The place of this state in its enumeration; the same for the same record, model, seed and count.
    package let ordinal: Int
    /// How many events of the record had happened.
    package let eventCount: Int
    /// The marks among those events, in order.
    package let marks: [String]
    /// What is found after the crash, all of it durable.
    package let storage: MemoryStorage
    let nameFates: [Bool]
    let fileFates: [MemoryTree.Node: FileFate]

    package var description: String {
        let names = nameFates.map { $0 ? "+" : "-" }.joined()
        let files = fileFates.sorted { $0.key < $1.key }.map { " file \($0.key): \($0.value)" }.joined(separator: ",")
        return "state \(ordinal) after \(eventCount) events; names \(names.isEmpty ? "settled" : names);\(files)"
    }
}

/// What a crash left of the changes of one file.
struct FileFate: Sendable, CustomStringConvertible {
    /// One for each change since the last sync, in order.
    var changes: [ChangeFate]
    /// The file is at least as long as after so many of its changes, whatever became of their bytes; 0: only as long as what is left of them makes it.
    var lengthAfter: Int

    var description: String {
        changes.map(\.description).joined(separator: " ")
            + (lengthAfter > 0 ? " at the length after \(lengthAfter)" : "")
    }
}

/// What a crash left of one write: which of its sectors; a truncation is kept whole or dropped.
enum ChangeFate: Sendable, Equatable, CustomStringConvertible {
    case kept
    case dropped
    case first(Int)
    case allButFirst(Int)
    case allButOne(Int)
    /// Sectors whose bit is set; for writes of few sectors.
    case mask(UInt64)
    /// Each sector by chance, `density` of 256.
    case scattered(seed: UInt64, density: UInt8)
    /// The first sectors, then one that holds neither old nor new bytes.
    case garbled(after: Int)

    enum SectorFate { case old, new, garbage }

    func sector(_ index: Int) -> SectorFate {
        switch self {
        case .kept: .new
        case .dropped: .old
        case .first(let count): index < count ? .new : .old
        case .allButFirst(let count): index < count ? .old : .new
        case .allButOne(let lost): index == lost ? .old : .new
        case .mask(let mask): index < 64 && mask >> UInt64(index) & 1 == 1 ? .new : .old
        case .scattered(let seed, let density): Self.chance(seed, index) < density ? .new : .old
        case .garbled(let count): index < count ? .new : index == count ? .garbage : .old
        }
    }

    private static func chance(_ seed: UInt64, _ index: Int) -> UInt8 {
        var random = SeededRandom(seed: seed &+ UInt64(index))
        return UInt8(truncatingIfNeeded: random.next())
    }

    var description: String {
        switch self {
        case .kept: "kept"
        case .dropped: "dropped"
        case .first(let count): "first \(count) sectors"
        case .allButFirst(let count): "all but first \(count) sectors"
        case .allButOne(let index): "all but sector \(index)"
        case .mask(let mask): "sectors 0b\(String(mask, radix: 2))"
        case .scattered(let seed, let density): "scattered \(density)/256 by \(seed)"
        case .garbled(let count): "garbled after \(count) sectors"
        }
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
