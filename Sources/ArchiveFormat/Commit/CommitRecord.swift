/// A whole commit record: header, CBOR, signature (format.md, section 7.1).
public struct CommitRecord: Equatable, Sendable {
    /// The record header: it names the place of copy S.
    public let header: RecordHeader
    /// What it says.
    public let commit: Commit
    /// Header and body with signature, without padding.
    public let bytes: [UInt8]

    /// Bytes with the padding to a page.
    public var paddedLength: Int { roundUp(bytes.count, to: Limits.page) }

    /// Where copy S stands and how many pages it takes.
    package var place: ArchiveState.CommitPlace {
        ArchiveState.CommitPlace(
            segment: header.segment,
            offset: header.offset,
            pages: UInt8(clamping: paddedLength / Limits.page)
        )
    }

    /// Reads the record at the start of the bytes.
    ///
    /// Its certificate and signature are the caller's to check.
    package init(parsing bytes: UnsafeRawBufferPointer, archiveID: Bytes32) throws(FormatError) {
        let header = try RecordHeader(parsing: bytes)
        guard header.recordClass == .commit else { throw FormatError(.recordField, at: 10) }
        guard header.archiveID == archiveID else { throw FormatError(.recordPlace, at: 16) }
        guard bytes.count >= header.recordLength else { throw FormatError(.recordTruncated, at: bytes.count) }
        guard header.storedLength > 64 else { throw FormatError(.recordLength, at: 56) }
        let body = bytes.slice(RecordHeader.byteCount, Int(header.storedLength) - 64)
        do throws(FormatError) {
            commit = try Commit(parsing: body)
        } catch {
            throw FormatError(error.code, at: error.offset + RecordHeader.byteCount)
        }
        self.header = header
        self.bytes = Array(bytes.slice(0, header.recordLength))
    }

    /// Reads it where the bytes go on to the next page or further: the padding must be zero.
    package init(parsingPadded bytes: UnsafeRawBufferPointer, archiveID: Bytes32) throws(FormatError) {
        try self.init(parsing: bytes, archiveID: archiveID)
        guard bytes.count >= paddedLength else { throw FormatError(.recordTruncated, at: bytes.count) }
        if let place = bytes.slice(0, paddedLength).firstNonZero(from: self.bytes.count) {
            throw FormatError(.padding, at: place)
        }
    }

    /// Reads a head file: exactly 65,536 bytes, zero behind the record.
    package init(parsingHead file: UnsafeRawBufferPointer, archiveID: Bytes32) throws(FormatError) {
        guard file.count == Limits.headFile else { throw FormatError(.headFraming, at: file.count) }
        try self.init(parsing: file, archiveID: archiveID)
        if let place = file.firstNonZero(from: self.bytes.count) { throw FormatError(.headFraming, at: place) }
    }

    /// Puts a record together from what was encoded and signed.
    package init(header: RecordHeader, commit: Commit, body: [UInt8], signature: [UInt8]) {
        self.header = header
        self.commit = commit
        bytes = header.encoded + body + signature
    }

    /// What the signature covers, behind label and archive id: record header and CBOR.
    package var signedLength: Int { bytes.count - 64 }

    /// The bytes with zeros up to a length.
    package func padded(to length: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: max(0, length - bytes.count))
    }
}
