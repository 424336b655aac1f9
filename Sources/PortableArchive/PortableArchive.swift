@_exported public import ArchiveFormat
@_exported public import ArchiveReader
import ArchiveCrypto
import ArchiveSources
import ArchiveStorage
import ArchiveWriter

/// The library in four calls: create an archive, import mail, open it, verify it.
///
/// What an opened ``Archive`` gives: its catalogue of messages, each message's bytes, and each imported
/// file made again. Spec: format.md, cryptography.md.
public enum PortableArchive {
    /// Makes a new archive that opens with a passphrase.
    ///
    /// - Parameters:
    ///   - path: the directory to make; it must not exist.
    ///   - passphrase: any text; it is normalised to NFC (cryptography.md, section 3).
    /// - Returns: the recovery code: 18 words that open the archive without the passphrase. Show it once.
    /// - Throws: `exists` (E013), `noSpace` (E007), `inputOutput` (E005).
    public static func create(at path: String, passphrase: String) throws(ArchiveError) -> String {
        let root = try ArchiveCreation.create(
            at: path,
            slots: [SlotRequest(.passphrase(Passphrase(passphrase), .standard))]
        )
        return unsafe RecoveryCode.encode(root.rootSecret).withUnsafeBytes {
            unsafe String(decoding: $0, as: UTF8.self)
        }
    }

    /// Imports EML files, MBOX files and folders of them; what the archive has already is not stored again.
    ///
    /// - Parameters:
    ///   - sources: paths; each becomes one run.
    ///   - path: the archive.
    ///   - passphrase: one with all rights.
    /// - Returns: the account: found = stored + already there + rejected.
    /// - Throws: `secretDoesNotOpen` (E004), `rightMissing` (E010), `source` (E014), `locked` (E008) and what storage says.
    public static func `import`(
        _ sources: [String],
        into path: String,
        passphrase: String
    ) throws(ArchiveError) -> ImportCounts {
        let storage = try storing { () throws(StorageError) in try PosixStorage(opening: path) }
        let archive = try Archive(opening: storage, with: .passphrase(Passphrase(passphrase)))
        guard let root = archive.access.root else { throw ArchiveError(.rightMissing, path) }
        return try Importer.run(storage, as: .root(root), sources: sources, options: ImportOptions()).counts
    }

    /// Opens an archive for reading.
    ///
    /// - Throws: `notAnArchive` (E001), `newerVersion` (E002), `secretDoesNotOpen` (E004), `noHeader` (E101).
    public static func open(_ path: String, passphrase: String) throws(ArchiveError) -> Archive {
        let storage = try storing { () throws(StorageError) in try PosixStorage(opening: path) }
        return try Archive(opening: storage, with: .passphrase(Passphrase(passphrase)))
    }

    /// Verifies an archive without any key: every byte hashed, every signature checked (format.md, section 7.8).
    ///
    /// - Parameters:
    ///   - path: the archive.
    ///   - threads: how many threads hash.
    /// - Throws: only when the verification could not run; damage is in the report.
    public static func verify(_ path: String, threads: Int = 2) throws(ArchiveError) -> VerificationReport {
        let storage = try storing { () throws(StorageError) in try PosixStorage(opening: path) }
        return try KeylessVerification.run(storage, level: .keyless, threads: threads)
    }
}
