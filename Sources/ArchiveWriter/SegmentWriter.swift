import ArchiveCompression
import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage

/// Appends records to one new segment, and keeps its root and record table (Spec, format.md, sections 5 and 6).
final class SegmentWriter {
    let number: UInt32
    let key: SegmentKey
    let envelope: [UInt8]
    /// Bytes that have their place, whether they are written yet or not.
    private(set) var length: UInt64 = 0
    private(set) var pointers: [RecordPointer] = []
    private let file: any WritableFile
    private let archiveID: Bytes32
    private var hasher = TreeHasher()
    private var entries: [Footer.Entry] = []

    init(_ storage: any Storage, number: UInt32, archiveID: Bytes32, access: WriterAccess) throws(ArchiveError) {
        self.number = number
        self.archiveID = archiveID
        do throws(CryptoError) {
            (key, envelope) = try access.keys.makeSegmentKey(
                archiveID: archiveID,
                segment: number,
                writerKey: access.signing.publicKey
            )
        } catch {
            throw ArchiveError(error, ArchiveLayout.segment(number).description)
        }
        let path = ArchiveLayout.segment(number)
        file = try storing { () throws(StorageError) in
            for directory in try storage.createDirectories(path.parent) { try storage.syncDirectory(directory) }
            let file = try storage.createFile(path)
            try storage.syncDirectory(path.parent)
            return file
        }
        try clear(.opening, envelope)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        try storing { () throws(StorageError) in try file.append(bytes) }
        hasher.update(bytes)
        length += UInt64(bytes.count)
    }

    private func pad(to unit: Int) throws(ArchiveError) {
        let count = roundUp(Int(length), to: unit) - Int(length)
        guard count > 0 else { return }
        let zeros = [UInt8](repeating: 0, count: count)
        try zeros.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            try append(UnsafeRawBufferPointer(buffer))
        }
    }

    /// A record that is not sealed: opening, footer, table.
    func clear(_ recordClass: RecordClass, _ body: [UInt8]) throws(ArchiveError) {
        let header = RecordHeader(
            recordClass,
            segment: number,
            archiveID: archiveID,
            offset: length,
            storedLength: UInt32(body.count)
        )
        let record = header.encoded + body
        entries.append(Footer.Entry(offset: length, storedLength: header.storedLength, recordClass: recordClass))
        try record.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            try append(UnsafeRawBufferPointer(buffer))
        }
        try pad(to: 64)
    }

    /// Gives a packed record its place, behind what was placed before it, and a header with a fresh nonce.
    func place(_ packed: PackedRecord) -> RecordHeader {
        var header = RecordHeader(
            .data,
            codec: packed.codec.rawValue,
            segment: number,
            archiveID: archiveID,
            offset: length,
            storedLength: UInt32(packed.bodyCount)
        )
        withUnsafeMutableBytes(of: &header.nonce) { Random.fill($0) }
        length += UInt64(roundUp(packed.byteCount, to: 64))
        entries.append(Footer.Entry(offset: header.offset, storedLength: header.storedLength, recordClass: .data))
        if packed.type != RecordType.objects.rawValue {
            pointers.append(
                RecordPointer(type: packed.type, offset: header.offset, storedLength: header.storedLength)
            )
        }
        return header
    }

    /// Appends the next of the placed records.
    func append(_ sealed: SealedRecord) throws(ArchiveError) {
        guard sealed.header.offset == file.byteCount else {
            throw ArchiveError(.recordPlace, ArchiveLayout.segment(number).description, "records out of order")
        }
        let bytes = sealed.record.slice(0, sealed.byteCount)
        try storing { () throws(StorageError) in try file.append(bytes) }
        // The blocks that lie in the record were hashed on a worker thread.
        var from = 0
        if !sealed.leaves.isEmpty {
            from = RecordCoder.bytesBeforeBlock(sealed.header.offset)
            hasher.update(bytes.slice(0, from))
            for leaf in sealed.leaves { hasher.append(leaf: leaf) }
            from += sealed.leaves.count * TreeHasher.blockByteCount
        }
        hasher.update(bytes.slice(from, bytes.count - from))
    }

    /// Writes the footer, pads to a page, makes all durable.
    ///
    /// Gives the committed length and its root.
    func seal() throws(ArchiveError) -> (length: UInt64, root: Bytes32) {
        try clear(.footer, Footer(envelope: envelope, entries: entries).encoded)
        try pad(to: Limits.page)
        try storing { () throws(StorageError) in try file.sync() }
        return (length, hasher.root())
    }

    /// Copy S of the commit, behind the committed length.
    func commit(_ padded: [UInt8]) throws(ArchiveError) {
        try storing { () throws(StorageError) in
            try file.append(padded)
            try file.sync()
            try file.close()
        }
    }
}
