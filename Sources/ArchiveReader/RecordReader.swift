import ArchiveCompression
package import ArchiveCrypto
package import ArchiveFormat
package import ArchiveStorage
import Synchronization

/// Opens data records of an archive with its read keys: seal, padding, codec (Spec, format.md, section 5.2).
///
/// Safe to use from many threads; keeps the segment keys and a few decoded records.
package final class RecordReader: Sendable {
    package let storage: any Storage
    package let archiveID: Bytes32
    private let keys: ReadKeys
    private let envelopes: [UInt32: [UInt8]]
    private let state: Mutex<Cache>

    private struct Cache {
        var segmentKeys: [UInt32: SegmentKey] = [:]
        var files: [UInt32: any ReadableFile] = [:]
        var records: [Decoded] = []
    }

    /// A decoded record.
    package final class Decoded: Sendable {
        package let segment: UInt32
        package let offset: UInt64
        package let type: UInt8
        package let bytes: [UInt8]

        init(segment: UInt32, offset: UInt64, type: UInt8, bytes: [UInt8]) {
            self.segment = segment
            self.offset = offset
            self.type = type
            self.bytes = bytes
        }

        /// The record must be of a type, or at least of one that a reader may meet (E312).
        package func require(type wanted: UInt8?) throws(ArchiveError) {
            guard wanted ?? type == type, type >= 128 || RecordType(rawValue: type) != nil else {
                throw ArchiveError(.recordType, "\(ArchiveLayout.segment(segment)) at \(offset)")
            }
        }
    }

    package init(log: ArchiveLog, keys: ReadKeys) {
        storage = log.storage
        archiveID = log.archiveID
        self.keys = keys
        var envelopes: [UInt32: [UInt8]] = [:]
        for file in log.state.files where file.kind == .segment && !file.envelope.isEmpty {
            envelopes[file.number] = file.envelope
        }
        self.envelopes = envelopes
        state = Mutex(Cache())
    }

    /// The key of a segment (E506 if it does not open).
    package func segmentKey(_ segment: UInt32) throws(ArchiveError) -> SegmentKey {
        if let key = state.withLock({ $0.segmentKeys[segment] }) { return key }
        let place = ArchiveLayout.segment(segment).description
        guard let envelope = envelopes[segment] else { throw ArchiveError(.segmentKey, place, "not a live segment") }
        do throws(CryptoError) {
            let key = try envelope.withUnsafeBufferPointer { (buffer) throws(CryptoError) in
                try keys.openSegmentKey(
                    envelope: UnsafeRawBufferPointer(buffer),
                    archiveID: archiveID,
                    segment: segment
                )
            }
            state.withLock { $0.segmentKeys[segment] = key }
            return key
        } catch {
            throw ArchiveError(error, place)
        }
    }

    private func file(_ segment: UInt32) throws(ArchiveError) -> any ReadableFile {
        if let file = state.withLock({ $0.files[segment] }) { return file }
        let path = livePath(storage, .segment, segment)
        guard try storing({ () throws(StorageError) in try storage.exists(path) }) else {
            throw ArchiveError(.fileMissing, path.description)
        }
        let file = try storing { () throws(StorageError) in
            try storage.openForReading(path, expecting: .random)
        }
        state.withLock { cache in
            if cache.files.count >= 64 { cache.files.removeAll() }
            cache.files[segment] = file
        }
        return file
    }

    /// The pointers that a commit added to a segment.
    package func pointers(_ segment: UInt32, _ blob: PointerBlob) throws(ArchiveError) -> [RecordPointer] {
        let key = try segmentKey(segment)
        let place = "\(ArchiveLayout.segment(segment)), generation \(blob.generation)"
        let plaintext: [UInt8]
        do throws(CryptoError) {
            plaintext = try blob.blob.withUnsafeBufferPointer { (buffer) throws(CryptoError) in
                try key.openPointers(
                    UnsafeRawBufferPointer(buffer),
                    archiveID: archiveID,
                    segment: segment,
                    generation: blob.generation
                )
            }
        } catch {
            throw ArchiveError(error, place)
        }
        do throws(FormatError) {
            return try plaintext.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                try PointerList.parse(cbor: UnsafeRawBufferPointer(buffer))
            }
        } catch {
            throw ArchiveError(error, place)
        }
    }

    /// Reads, opens and decodes one data record.
    ///
    /// `caching` keeps it for the next call.
    package func record(
        segment: UInt32,
        offset: UInt64,
        type: UInt8?,
        caching: Bool
    ) throws(ArchiveError) -> Decoded {
        if caching {
            let hit = state.withLock { cache -> Decoded? in
                guard let index = cache.records.firstIndex(where: { $0.segment == segment && $0.offset == offset })
                else { return nil }
                let record = cache.records.remove(at: index)
                cache.records.append(record)
                return record
            }
            if let hit {
                try hit.require(type: type)
                return hit
            }
        }
        let decoded = try load(segment, offset)
        try decoded.require(type: type)
        if caching {
            state.withLock { cache in
                cache.records.append(decoded)
                var total = cache.records.reduce(0) { $0 + $1.bytes.count }
                while total > 48 << 20, cache.records.count > 1 {
                    total -= cache.records.removeFirst().bytes.count
                }
            }
        }
        return decoded
    }

    private func place(_ segment: UInt32, _ offset: UInt64) -> String {
        "\(ArchiveLayout.segment(segment)) at \(offset)"
    }

    private func load(_ segment: UInt32, _ offset: UInt64) throws(ArchiveError) -> Decoded {
        let key = try segmentKey(segment)
        let file = try file(segment)
        let head = try storing { () throws(StorageError) in
            try file.read(at: offset, count: RecordHeader.byteCount)
        }
        // What points at bytes that never were a record is wrong itself; a damaged record has its own code.
        guard head.count < RecordHeader.byteCount || RecordReader.beginsRecord(head, archiveID: archiveID) else {
            throw ArchiveError(.pointers, place(segment, offset), "no record begins here")
        }
        let header = try RecordReader.header(head, archiveID: archiveID, place: (segment, offset), class: .data)
        let length = Int(header.storedLength)
        let body = try storing { () throws(StorageError) in
            try file.read(at: offset + UInt64(RecordHeader.byteCount), count: length)
        }
        return try RecordReader.decode(head: head, body: body, key: key, place: (segment, offset))
    }

    /// Reads, opens and decodes one record of objects into memory of a pool.
    func open(
        _ place: RecordPlace,
        _ opener: inout RecordOpener,
        _ pool: MemoryPool
    ) throws(ArchiveError) -> OpenedRecord {
        let key = try segmentKey(place.segment)
        let file = try file(place.segment)
        let head = try storing { () throws(StorageError) in
            try file.read(at: place.offset, count: RecordHeader.byteCount)
        }
        let at = (segment: place.segment, offset: place.offset)
        let header = try RecordReader.header(head, archiveID: archiveID, place: at, class: .data)
        let stored = opener.stored.reserve(Int(header.storedLength))
        let count = try storing { () throws(StorageError) in
            try file.read(at: place.offset + UInt64(RecordHeader.byteCount), into: stored)
        }
        guard count == stored.count else {
            throw ArchiveError(.recordTruncated, self.place(place.segment, place.offset))
        }
        var memory: RecordMemory?
        let inner = try head.withUnsafeBufferPointer { (head) throws(ArchiveError) in
            try opener.open(
                head: UnsafeRawBufferPointer(head),
                body: UnsafeRawBufferPointer(stored),
                key: key,
                place: at
            ) { count in
                let target = pool.memory(count)
                memory = target
                return UnsafeMutableRawBufferPointer(rebasing: target.bytes[0..<count])
            }
        }
        guard inner.type == RecordType.objects.rawValue, let memory else {
            throw ArchiveError(.recordType, self.place(place.segment, place.offset))
        }
        return OpenedRecord(place, type: inner.type, count: inner.decodedLength, memory)
    }

    /// The header of a record, which must be of a class and stand where it was looked for.
    package static func header(
        _ head: [UInt8],
        archiveID: Bytes32,
        place: (segment: UInt32, offset: UInt64),
        class wanted: RecordClass
    ) throws(ArchiveError) -> RecordHeader {
        do throws(FormatError) {
            let header = try head.withUnsafeBufferPointer { (buffer) throws(FormatError) in
                try RecordHeader(parsing: UnsafeRawBufferPointer(buffer))
            }
            try header.require(archiveID: archiveID, segment: place.segment, offset: place.offset)
            guard header.recordClass == wanted else { throw FormatError(.recordField, at: 10) }
            return header
        } catch {
            throw ArchiveError(error, "\(ArchiveLayout.segment(place.segment)) at \(place.offset)")
        }
    }

    /// Whether a record begins here though its magic is damaged: its archive id stands in its place.
    package static func beginsRecord(_ head: [UInt8], archiveID: Bytes32) -> Bool {
        head.withUnsafeBytes { raw in
            raw.hasPrefix(RecordHeader.magic) || raw.count >= 48 && Bytes32(at: raw, 16) == archiveID
        }
    }

    /// Opens and decodes a record whose header has been checked for its place; the body must be there whole.
    package static func decode(
        head: [UInt8],
        body: [UInt8],
        key: SegmentKey,
        place: (segment: UInt32, offset: UInt64)
    ) throws(ArchiveError) -> Decoded {
        var opener = RecordOpener()
        return try decode(&opener, head: head, body: body, key: key, place: place)
    }

    private static func decode(
        _ opener: inout RecordOpener,
        head: [UInt8],
        body: [UInt8],
        key: SegmentKey,
        place: (segment: UInt32, offset: UInt64)
    ) throws(ArchiveError) -> Decoded {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let inner = try head.withUnsafeBufferPointer { (head) throws(ArchiveError) in
            try body.withUnsafeBufferPointer { (body) throws(ArchiveError) in
                try opener.open(
                    head: UnsafeRawBufferPointer(head),
                    body: UnsafeRawBufferPointer(body),
                    key: key,
                    place: place
                ) { count in
                    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
                    memory = target
                    return target
                }
            }
        }
        let bytes = memory.map { Array($0) } ?? []
        return Decoded(segment: place.segment, offset: place.offset, type: inner.type, bytes: bytes)
    }
}
