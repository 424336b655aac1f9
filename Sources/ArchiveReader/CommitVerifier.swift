import ArchiveCrypto
package import ArchiveFormat
import Dispatch
import Synchronization

/// Checks what makes a commit record valid: certificates, writer key, signature (Spec, format.md, section 7.1).
package struct CommitVerifier {
    private let header: ArchiveHeader
    package let archiveID: Bytes32
    private var good: Set<[UInt8]> = []
    /// Records that were checked one by one: what heads hold stands in the journal, too.
    private var goodRecords: Set<[UInt8]> = []

    package init(header: ArchiveHeader, archiveID: Bytes32) {
        self.header = header
        self.archiveID = archiveID
    }

    package mutating func verify(_ record: CommitRecord) throws(FormatError) {
        if goodRecords.contains(record.bytes) { return }
        try verifyCertificates(of: record)
        guard CommitVerifier.signatureHolds(of: record, archiveID) else {
            throw FormatError(.commitSignature, at: record.signedLength)
        }
        goodRecords.insert(record.bytes)
    }

    /// Checks all but the signature of the commit itself.
    mutating func verifyCertificates(of record: CommitRecord) throws(FormatError) {
        _ = try verify(certificate: record.commit.certificate)
        for other in record.commit.certificates {
            _ = try verify(certificate: other)
        }
        for revocation in record.commit.revocations {
            _ = try verify(revocation: revocation)
        }
    }

    /// Which of the commits, whose certificates are checked, are signed by their writers; on all cores when there are many.
    func signaturesHold(of records: [CommitRecord]) -> [Bool] {
        let id = archiveID
        if records.count < 16 {
            return records.map { goodRecords.contains($0.bytes) || CommitVerifier.signatureHolds(of: $0, id) }
        }
        let share = 64
        let bad = Mutex<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: (records.count + share - 1) / share) { part in
            for index in part * share..<min(records.count, (part + 1) * share)
            where !CommitVerifier.signatureHolds(of: records[index], id) {
                bad.withLock { $0.append(index) }
            }
        }
        var good = [Bool](repeating: true, count: records.count)
        for index in bad.withLock({ $0 }) { good[index] = false }
        return good
    }

    private static func signatureHolds(of record: CommitRecord, _ archiveID: Bytes32) -> Bool {
        guard let certificate = try? Certificate(parsingSigned: record.commit.certificate) else { return false }
        return record.bytes.withUnsafeBytes { bytes in
            Ed25519.verify(
                signature: bytes.slice(record.signedLength, 64),
                label: .commit,
                archiveID: archiveID,
                body: bytes.slice(0, record.signedLength),
                key: certificate.writerKey
            )
        }
    }

    /// Checks revocation ‖ signature (E402).
    package func verify(revocation bytes: [UInt8]) throws(FormatError) -> Revocation {
        let revocation = try Revocation(parsingSigned: bytes)
        guard revocation.rootSigningKey == header.rootSigningKey else { throw FormatError(.certificate) }
        try verify(signed: bytes, .revocation)
        return revocation
    }

    /// Checks certificate ‖ signature (E402; E414 for the writer key).
    package mutating func verify(certificate bytes: [UInt8]) throws(FormatError) -> Certificate {
        let certificate = try Certificate(parsingSigned: bytes)
        if good.contains(bytes) { return certificate }
        guard certificate.rootSigningKey == header.rootSigningKey, certificate.contentKey == header.contentKey else {
            throw FormatError(.certificate)
        }
        guard Ed25519.isAcceptable(certificate.writerKey) else { throw FormatError(.writerKey) }
        try verify(signed: bytes, .certificate)
        good.insert(bytes)
        return certificate
    }

    private func verify(signed bytes: [UInt8], _ label: Label) throws(FormatError) {
        let isGood = bytes.withUnsafeBytes { raw in
            Ed25519.verify(
                signature: raw.slice(raw.count - 64, 64),
                label: label,
                archiveID: archiveID,
                body: raw.slice(0, raw.count - 64),
                key: header.rootSigningKey
            )
        }
        guard isGood else { throw FormatError(.certificate) }
    }
}

extension CommitRecord {
    /// The hash by which the next commit names this one.
    package var hash: Bytes32 {
        bytes.withUnsafeBytes { ArchiveIdentity.commitHash(of: $0) }
    }
}
