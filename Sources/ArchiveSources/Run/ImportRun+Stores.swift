import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import ArchiveWriter
import MailFormats

/// Files of many messages other than MBOX: stores and containers.
extension ImportRun {
    /// Stores and containers within each other are followed so deep.
    static let mostNesting = 8

    /// Takes all of a store or container; `false` when asked to stop.
    func importStore(
        _ item: SourceItem,
        _ file: any RandomAccessBytes,
        _ kind: SourceKind
    ) throws(ArchiveError) -> Bool {
        guard item.surroundings.nesting < ImportRun.mostNesting else {
            try rejectWhole(item, file, .overLimit, "within more than \(ImportRun.mostNesting) containers")
            return true
        }
        switch kind {
        default:
            try rejectWhole(item, file, .notMail, "\(kind.rawValue): not supported")
            return true
        }
    }
}
