import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats

/// A file of a source on its way through an import.
struct SourceItem: Sendable {
    enum Content: Sendable {
        /// Met on a walk, not opened yet.
        case met(SourceEntry)
        case opened(any RandomAccessBytes)
        /// Not to be had any more.
        case gone(StorageError)
    }

    /// Its number in the run, in the order of the walk.
    let number: UInt64
    /// Its path below the source, name by name; empty when it is the source itself.
    let path: [[UInt8]]
    /// Its name, also when it is the source itself.
    let name: [UInt8]
    let content: Content

    func open() throws(StorageError) -> any RandomAccessBytes {
        switch content {
        case .met(let entry): try entry.open()
        case .opened(let file): file
        case .gone(let error): throw error
        }
    }

    /// What the name promises of the content.
    var hint: MailKind.NameHint {
        let lower = name.suffix(5).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }
        if lower.suffix(4).elementsEqual(".eml".utf8) { return .eml }
        if lower.elementsEqual(".mbox".utf8) { return .mbox }
        return .none
    }

    /// The entry of the manifest; the run is set there (Spec, format.md, section 8.4).
    func entry(_ file: any RandomAccessBytes, kind: SourceFileKind, pieces: UInt64) -> SourceFileEntry {
        var entry = SourceFileEntry(
            run: 0,
            number: number,
            path: path,
            size: file.byteCount,
            hash: nil,
            kind: kind.rawValue,
            pieceCount: pieces
        )
        entry.changed = (file as? SourceFile)?.identity.modifiedSeconds
        return entry
    }
}
