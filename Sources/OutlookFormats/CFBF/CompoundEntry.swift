/// An entry of a compound file's directory (MS-CFB §2.6).
package struct CompoundEntry: Sendable {
    /// What an entry stands for.
    package enum Kind: UInt8, Sendable {
        /// Holds storages and streams.
        case storage = 1
        /// Holds bytes.
        case stream = 2
        /// The storage that holds all others.
        case root = 5
    }

    static let byteCount = 128
    /// The number that stands for no entry.
    static let none: UInt32 = 0xFFFF_FFFF

    /// Its number in the directory.
    package let id: UInt32
    /// Its name within its storage.
    package let name: String
    /// What it is.
    package let kind: Kind
    /// The length of a stream in bytes.
    package let byteCount: UInt64
    let start: UInt32
    let left: UInt32
    let right: UInt32
    let child: UInt32
    /// Class id, state bits and times, 36 bytes as they are stored.
    let marks: [UInt8]

    /// Whether it holds others.
    package var isStorage: Bool { kind != .stream }

    /// Nil for an entry that is free or of no known kind.
    init?(_ directory: [UInt8], id: UInt32, version: UInt16) {
        let place = Int(id) * Self.byteCount
        guard place <= directory.count - Self.byteCount, let kind = Kind(rawValue: directory[place + 66]) else {
            return nil
        }
        func number(_ offset: Int) -> UInt32 { directory.number32(at: place + offset) ?? 0 }
        self.id = id
        self.kind = kind
        let units = (0..<32).map { directory.number16(at: place + 2 * $0) ?? 0 }
        name = String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
        left = number(68)
        right = number(72)
        child = number(76)
        marks = Array(directory[place + 80..<place + 116])
        start = number(116)
        let size = directory.number64(at: place + 120) ?? 0
        // Writers of version 3 leave anything in the upper half (MS-CFB §2.6.3).
        byteCount = version == 3 ? size & 0xFFFF_FFFF : size
    }
}
