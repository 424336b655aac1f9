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
    private(set) var length: UInt64 = 0
    private(set) var pointers: [RecordPointer] = []
    private let file: any WritableFile
    private let archiveID: Bytes32
    private var hasher = TreeHasher()
    private var entries: [Footer.Entry] = []
    private var scratch: [UInt8] = []

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

    /// Seals a packed record, opens it again and compares, then appends it.
    ///
    /// Gives its offset.
    func data(_ packed: PackedRecord) throws(ArchiveError) -> UInt64 {
        let offset = length
        let bodyLength = packed.plaintext.count + 16
        var header = RecordHeader(
            .data,
            codec: packed.codec,
            segment: number,
            archiveID: archiveID,
            offset: offset,
            storedLength: UInt32(bodyLength)
        )
        withUnsafeMutableBytes(of: &header.nonce) { Random.fill($0) }
        let total = RecordHeader.byteCount + bodyLength
        if scratch.count < total { scratch = [UInt8](repeating: 0, count: total) }
        var isSame = false
        scratch.withUnsafeMutableBytes { raw in
            let head = UnsafeMutableRawBufferPointer(rebasing: raw[0..<RecordHeader.byteCount])
            let body = UnsafeMutableRawBufferPointer(rebasing: raw[RecordHeader.byteCount..<total])
            header.write(to: head)
            packed.plaintext.withUnsafeBytes { body.copyMemory(from: $0) }
            key.sealRecord(header: UnsafeRawBufferPointer(head), body: body)
            isSame = opensTo(packed.plaintext, UnsafeRawBufferPointer(head), UnsafeRawBufferPointer(body))
        }
        guard isSame else {
            throw ArchiveError(
                .recordSeal,
                ArchiveLayout.segment(number).description,
                "sealed bytes did not open to what they were"
            )
        }
        try scratch.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
            try append(UnsafeRawBufferPointer(buffer).slice(0, total))
        }
        try pad(to: 64)
        entries.append(Footer.Entry(offset: offset, storedLength: header.storedLength, recordClass: .data))
        if packed.type != RecordType.objects.rawValue {
            pointers.append(RecordPointer(type: packed.type, offset: offset, storedLength: header.storedLength))
        }
        return offset
    }

    private var opened: [UInt8] = []

    private func opensTo(_ plaintext: [UInt8], _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> Bool {
        if opened.count < plaintext.count { opened = [UInt8](repeating: 0, count: plaintext.count) }
        return opened.withUnsafeMutableBytes { out in
            let target = UnsafeMutableRawBufferPointer(rebasing: out[0..<plaintext.count])
            guard (try? key.openRecord(header: head, body: body, into: target)) != nil else { return false }
            return plaintext.withUnsafeBytes { $0.equals(UnsafeRawBufferPointer(target)) }
        }
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

/// A record that is packed and checked, ready to be sealed: inner header, encoded bytes, Padmé padding.
struct PackedRecord: Sendable {
    let type: UInt8
    let codec: UInt8
    let plaintext: [UInt8]

    /// Compresses, decompresses again and compares (Spec, format.md, section 5.2).
    init(type: RecordType, _ decoded: [UInt8], codec: Codec, level: Int?) throws(ArchiveError) {
        guard (1...Limits.recordPlaintext).contains(decoded.count) else {
            throw ArchiveError(.recordInner, "packing a record", "\(decoded.count) bytes")
        }
        let overhead = InnerHeader.byteCount
        var encoded = [UInt8](repeating: 0, count: overhead + padme(overhead + decoded.count))
        var used = Codec.stored
        var count = decoded.count
        do throws(CompressionError) {
            if codec != .stored {
                var compressor = try Compressor(codec, level: level)
                let packed = try encoded.withUnsafeMutableBufferPointer { (out) throws(CompressionError) in
                    try decoded.withUnsafeBufferPointer { (bytes) throws(CompressionError) in
                        try compressor.compress(
                            UnsafeRawBufferPointer(bytes),
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: UnsafeMutableRawBufferPointer(out)[overhead..<overhead + decoded.count]
                            ),
                            limit: decoded.count
                        )
                    }
                }
                if let packed {
                    used = codec
                    count = packed
                }
            }
            if used == .stored {
                encoded.replaceSubrange(overhead..<overhead + decoded.count, with: decoded)
            } else {
                var decompressor = Decompressor()
                var again = [UInt8](repeating: 0, count: decoded.count)
                try again.withUnsafeMutableBufferPointer { (out) throws(CompressionError) in
                    try encoded.withUnsafeBufferPointer { (bytes) throws(CompressionError) in
                        try decompressor.decompress(
                            used,
                            UnsafeRawBufferPointer(bytes).slice(overhead, count),
                            into: UnsafeMutableRawBufferPointer(out)
                        )
                    }
                }
                guard again == decoded else { throw .invalidStream }
            }
        } catch {
            throw ArchiveError(error, "packing a record")
        }
        let end = overhead + count
        let total = padme(end)
        if encoded.count > total { encoded.removeLast(encoded.count - total) }
        for index in end..<total { encoded[index] = 0 }
        encoded.withUnsafeMutableBytes {
            InnerHeader(type: type.rawValue, encodedLength: count, decodedLength: decoded.count).write(to: $0)
        }
        self.type = type.rawValue
        self.codec = used.rawValue
        plaintext = encoded
    }
}
