import ArchiveCrypto
import ArchiveFormat
import ArchiveStorage

/// One thread's share of a pass: its memory, its decoders, and what it hashes together.
struct KeyedPassWorker: ~Copyable {
    private let pass: KeyedPass
    private let keys: AppendKeys
    private var stored = ScratchMemory()
    private var opener = RecordOpener()
    private var batch = HashBatch()
    /// What each tag of the batch stands for: an entry of the table and the id it must have.
    private var hashed: [Int] = []
    /// Messages made of parts, until they are hashed.
    private var made: [RecordMemory] = []
    private var room: UnsafeMutableRawBufferPointer?
    private var madeByteCount = 0

    private static let leafTag = 1 << 31
    private static let mostMade = 16 << 20

    init(_ pass: KeyedPass) {
        self.pass = pass
        keys = pass.archive.access.read.append
    }

    /// Checks what one stretch holds.
    mutating func check(_ stretch: SegmentStretch, of segment: SegmentCheck) {
        guard let file = segment.file else { return }
        let block = UInt64(Limits.block)
        // The blocks that begin in it; the last one may reach into the next stretch.
        let first = (stretch.start + block - 1) / block
        let last = (stretch.end + block - 1) / block
        let end = last > first ? max(stretch.end, min(segment.live.length, file.byteCount, last * block)) : stretch.end
        let memory = stored.reserve(Int(end - stretch.start))
        let bytes = UnsafeRawBufferPointer(memory)
        do throws(StorageError) {
            guard try file.read(at: stretch.start, into: memory) == memory.count else {
                segment.fail("cut short")
                return finish(stretch, segment, nil)
            }
        } catch {
            segment.fail(error.message)
            return finish(stretch, segment, nil)
        }
        for index in first..<max(first, last) {
            let start = Int(index * block - stretch.start)
            batch.add(
                leaf: bytes.slice(start, min(Limits.block, bytes.count - start)),
                tag: KeyedPassWorker.leafTag | Int(index)
            )
        }
        var record: OpenedRecord?
        if let header = stretch.header { record = self.record(header, stretch, bytes, segment) }
        hash(segment)
        finish(stretch, segment, record)
    }

    /// Checks the record of a stretch; gives it when it holds objects.
    private mutating func record(
        _ header: RecordHeader,
        _ stretch: SegmentStretch,
        _ bytes: UnsafeRawBufferPointer,
        _ segment: SegmentCheck
    ) -> OpenedRecord? {
        let offset = stretch.record
        let start = Int(offset - stretch.start)
        let head = bytes.slice(start, RecordHeader.byteCount)
        let body = bytes.slice(start + RecordHeader.byteCount, Int(header.storedLength))
        if let gap = bytes.slice(0, Int(stretch.end - stretch.start)).firstNonZero(from: start + header.recordLength) {
            segment.add([Finding(.padding, segment.place(stretch.start + UInt64(gap)))])
        }
        guard (try? RecordHeader(parsing: head)) == header else {
            segment.fail("it changed while it was read")
            return nil
        }
        switch header.recordClass {
        case .opening:
            let isGood = offset == 0 && segment.live.envelope.withUnsafeBytes { body.equals($0) }
            if !isGood { segment.add([Finding(.envelope, segment.place(offset))]) }
        case .footer:
            let isGood: Bool
            if let entries = stretch.entries {
                isGood = (try? Footer.check(body, envelope: segment.live.envelope, entries: entries)) != nil
            } else {
                isGood = (try? Footer(parsing: body))?.envelope == segment.live.envelope
            }
            if !isGood { segment.add([Finding(.footer, segment.place(offset))]) }
        case .table:
            if (try? TablePiece(parsing: body)) == nil {
                segment.add([Finding(.tableRecord, segment.place(offset))])
            }
        case .commit: break
        case .data: return data(head, body, offset, segment)
        }
        return nil
    }

    private mutating func data(
        _ head: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer,
        _ offset: UInt64,
        _ segment: SegmentCheck
    ) -> OpenedRecord? {
        guard let key = segment.key else { return nil }
        let number = segment.live.number
        var memory: RecordMemory?
        let inner: InnerHeader
        do throws(ArchiveError) {
            let pool = pass.pool
            inner = try opener.open(head: head, body: body, key: key, place: (number, offset)) { count in
                let target = pool.memory(count)
                memory = target
                return UnsafeMutableRawBufferPointer(rebasing: target.bytes[0..<count])
            }
        } catch {
            segment.add(error)
            return nil
        }
        if inner.type >= 128 {
            segment.add([Finding(.unknownType, segment.place(offset), "\(inner.type)")])
        }
        guard inner.type == RecordType.objects.rawValue, let memory else { return nil }
        let place = RecordPlace(segment: number, unit: UInt32(offset / 64))
        let record = OpenedRecord(place, type: inner.type, count: inner.decodedLength, memory)
        guard (try? ObjectGroup.check(record.bytes)) != nil else {
            segment.add([Finding(.objectLayout, segment.place(offset))])
            return nil
        }
        objects(record, segment)
        return record
    }

    private mutating func objects(_ record: OpenedRecord, _ segment: SegmentCheck) {
        for index in pass.table.range(of: record.place) {
            let entry = pass.table.entries[index]
            guard let bytes = record.object(at: entry.place) else {
                segment.add([Finding(.objectLayout, segment.place(record.place.offset), entry.key.id.hex)])
                continue
            }
            if entry.key.kind == .content {
                content(bytes, index, record)
            } else {
                add(bytes, index)
            }
            if madeByteCount > KeyedPassWorker.mostMade { hash(segment) }
        }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ entry: Int) {
        batch.add(content: bytes, tag: hashed.count)
        hashed.append(entry)
    }

    /// Makes the message of a content object, if its parts are at hand, and has it hashed.
    private mutating func content(_ object: UnsafeRawBufferPointer, _ index: Int, _ record: OpenedRecord?) {
        let key = pass.table.entries[index].key
        guard let assembly = MessageAssembly(object),
            pass.archive.expectedSize(key.id) ?? assembly.size == assembly.size
        else { return pass.isDoubtful(index) }
        guard assembly.recipe != nil else { return add(assembly.literals, index) }
        guard assembly.size <= UInt64(Limits.recordPlaintext) else { return pass.isApart(index) }
        var held: [OpenedRecord] = []
        var parts: [UnsafeRawBufferPointer] = []
        var missing: PartShelf.Answer?
        assembly.forEachPart { part in
            guard missing == nil else { return }
            guard let place = place(of: part, near: record) else {
                missing = .gone
                return
            }
            let wanted = RecordPlace(segment: place.segment, unit: place.recordUnit)
            var source = record?.place == wanted ? record : nil
            if source == nil {
                let answer = pass.shelf.record(wanted) { PartShelf.Waiting(entry: index, object: Array(object)) }
                guard case .here(let found) = answer else {
                    missing = answer
                    return
                }
                source = found
                held.append(found)
            }
            if let bytes = source?.object(at: place) { parts.append(bytes) } else { missing = .gone }
        }
        switch missing {
        case .waiting: return
        case .gone, .here: return pass.isApart(index)
        case nil: break
        }
        let memory = memory(for: assembly.capacity)
        let isMade = assembly.make(parts, into: memory)
        withExtendedLifetime(held) {}
        guard isMade else { return pass.isDoubtful(index) }
        add(UnsafeRawBufferPointer(memory).slice(0, Int(assembly.size)), index)
    }

    /// The place of a part: in this record, if it has one there.
    private func place(of part: Recipe.Part, near record: OpenedRecord?) -> ObjectPlace? {
        let places = pass.archive.places[ObjectKey(part.id, .part)]
        guard places.count > 1, let record else { return places.first }
        return places.first { RecordPlace(segment: $0.segment, unit: $0.recordUnit) == record.place } ?? places.first
    }

    /// Memory that stays until the next `hash`.
    private mutating func memory(for count: Int) -> UnsafeMutableRawBufferPointer {
        if let room, room.count >= count {
            self.room = UnsafeMutableRawBufferPointer(rebasing: room[count...])
            madeByteCount += count
            return UnsafeMutableRawBufferPointer(rebasing: room[0..<count])
        }
        let memory = pass.pool.memory(max(count, 4 << 20))
        made.append(memory)
        room = memory.bytes
        return self.memory(for: count)
    }

    /// Hashes what was gathered, and compares.
    private mutating func hash(_ segment: SegmentCheck) {
        guard !batch.isEmpty else { return }
        var leaves: [(index: Int, leaf: Bytes32)] = []
        let (pass, hashed) = (pass, hashed)
        batch.run(keys) { tag, hash in
            if tag & KeyedPassWorker.leafTag != 0 {
                leaves.append((tag & ~KeyedPassWorker.leafTag, hash))
                return
            }
            let entry = hashed[tag]
            if pass.table.entries[entry].key.id == hash { pass.table.markGood(entry) } else { pass.isDoubtful(entry) }
        }
        segment.set(leaves)
        self.hashed.removeAll(keepingCapacity: true)
        made.removeAll()
        room = nil
        madeByteCount = 0
    }

    /// Lets others have the parts of a record, and makes the messages that waited for it.
    private mutating func finish(_ stretch: SegmentStretch, _ segment: SegmentCheck, _ record: OpenedRecord?) {
        guard stretch.header?.recordClass == .data else { return }
        let place = RecordPlace(segment: segment.live.number, unit: UInt32(stretch.record / 64))
        let hasParts = pass.table.range(of: place).contains { pass.table.entries[$0].key.kind == .part }
        for waiting in pass.shelf.finished(place, hasParts ? record : nil) {
            waiting.object.withUnsafeBytes { content($0, waiting.entry, nil) }
            if madeByteCount > KeyedPassWorker.mostMade { hash(segment) }
        }
        hash(segment)
    }
}

extension OpenedRecord {
    /// The bytes of an object, if they lie within the record and behind its count.
    func object(at place: ObjectPlace) -> UnsafeRawBufferPointer? {
        let start = Int(place.position)
        guard start >= 4, start + Int(place.size) <= count else { return nil }
        return bytes.slice(start, Int(place.size))
    }
}

extension Archive {
    /// The size that the catalogue gives for a message.
    func expectedSize(_ content: Bytes32) -> UInt64? {
        catalogue.positions[content].map { catalogue.messages[$0].size }
    }
}
