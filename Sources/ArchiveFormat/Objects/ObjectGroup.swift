/// The kind of an object (format.md, section 8.1).
public enum ObjectKind: UInt8, Sendable {
    /// A message's bytes, with parts cut out, and the recipe that puts them back.
    case content = 1
    /// Decoded bytes that contents share.
    case part = 2
    /// Bytes kept aside: rejects, reports.
    case blob = 3
}

/// An object's id together with its kind, which is what objects are looked up by.
public struct ObjectKey: Hashable, Comparable, Sendable {
    /// The id: keyed BLAKE2b-256.
    public var id: Bytes32
    /// The kind.
    public var kind: ObjectKind

    /// Makes a key.
    public init(_ id: Bytes32, _ kind: ObjectKind) {
        self.id = id
        self.kind = kind
    }

    /// Orders by id, then kind.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.id == right.id ? left.kind.rawValue < right.kind.rawValue : left.id < right.id
    }
}

/// The layout of a record of objects (format.md, section 8.1).
package enum ObjectGroup {
    package static let entryByteCount = 5
    package static let mostObjects = 1_000_000

    package struct Entry: Equatable, Sendable {
        package var kind: ObjectKind
        package var position: Int
        package var size: Int
    }

    /// Bytes before the first object.
    package static func tableByteCount(_ count: Int) -> Int { 4 + count * entryByteCount }

    package static func parse(_ record: UnsafeRawBufferPointer) throws(FormatError) -> [Entry] {
        var entries: [Entry] = []
        try check(record) { entries.append($0) }
        return entries
    }

    /// Checks the layout of a record, and gives each object's place in it.
    package static func check(
        _ record: UnsafeRawBufferPointer,
        _ body: (Entry) -> Void = { _ in }
    ) throws(FormatError) {
        guard record.count >= 4 else { throw FormatError(.objectLayout) }
        let count = Int(record.u32(0))
        guard (1...mostObjects).contains(count), tableByteCount(count) <= record.count else {
            throw FormatError(.objectLayout)
        }
        var position = tableByteCount(count)
        for index in 0..<count {
            let place = 4 + index * entryByteCount
            guard let kind = ObjectKind(rawValue: record[place]) else { throw FormatError(.objectLayout, at: place) }
            let size = Int(record.u32(place + 1))
            guard size <= record.count - position else { throw FormatError(.objectLayout, at: place) }
            body(Entry(kind: kind, position: position, size: size))
            position += size
        }
        guard position == record.count else { throw FormatError(.objectLayout, at: position) }
    }
}

/// Where an object is stored.
public struct ObjectPlace: Equatable, Sendable {
    /// The segment.
    public var segment: UInt32
    /// Offset of the record in the segment, divided by 64.
    public var recordUnit: UInt32
    /// Offset of the object in the decoded record.
    public var position: UInt32
    /// Bytes of the object.
    public var size: UInt32

    package init(segment: UInt32, recordUnit: UInt32, position: UInt32, size: UInt32) {
        self.segment = segment
        self.recordUnit = recordUnit
        self.position = position
        self.size = size
    }
}

/// The layout of an index record: columns, ascending by id and kind (format.md, section 8.3).
package enum ObjectIndex {
    package static let entryByteCount = 49

    package static func parse(
        _ record: UnsafeRawBufferPointer,
        _ body: (ObjectKey, ObjectPlace) -> Void
    ) throws(FormatError) {
        guard record.count >= 4 else { throw FormatError(.objectLayout) }
        let count = Int(record.u32(0))
        guard record.count - 4 == count * entryByteCount else { throw FormatError(.objectLayout) }
        let kinds = 4 + 32 * count
        let segments = kinds + count
        let units = segments + 4 * count
        let positions = units + 4 * count
        let sizes = positions + 4 * count
        var last: ObjectKey?
        for index in 0..<count {
            guard let kind = ObjectKind(rawValue: record[kinds + index]) else {
                throw FormatError(.objectLayout, at: kinds + index)
            }
            let key = ObjectKey(Bytes32(at: record, 4 + 32 * index), kind)
            if let last, !(last < key) { throw FormatError(.objectLayout, at: 4 + 32 * index) }
            last = key
            body(
                key,
                ObjectPlace(
                    segment: record.u32(segments + 4 * index),
                    recordUnit: record.u32(units + 4 * index),
                    position: record.u32(positions + 4 * index),
                    size: record.u32(sizes + 4 * index)
                )
            )
        }
    }

    /// Encodes entries, which must be sorted by key.
    package static func encode(_ entries: ArraySlice<(ObjectKey, ObjectPlace)>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(4 + entries.count * entryByteCount)
        out.append(littleEndian: UInt32(entries.count))
        for entry in entries { out.append(entry.0.id) }
        for entry in entries { out.append(entry.0.kind.rawValue) }
        for entry in entries { out.append(littleEndian: entry.1.segment) }
        for entry in entries { out.append(littleEndian: entry.1.recordUnit) }
        for entry in entries { out.append(littleEndian: entry.1.position) }
        for entry in entries { out.append(littleEndian: entry.1.size) }
        return out
    }
}
