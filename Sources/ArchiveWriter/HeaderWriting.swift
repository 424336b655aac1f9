import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage

/// Builds, signs and places header files (Spec, format.md, sections 4 and 7.9).
enum HeaderWriting {
    /// The 16,384 bytes of a header, signed by the root.
    static func file(_ header: ArchiveHeader, _ root: RootKeys) throws(ArchiveError) -> [UInt8] {
        do throws(FormatError) {
            let part = try HeaderFrame.signedPart(body: header.encoded)
            let signature = root.signing.sign(.header, archiveID: root.archiveID, body: part)
            return HeaderFrame.file(signedPart: part, signature: signature)
        } catch {
            throw ArchiveError(error, "header")
        }
    }

    /// Replaces the three replicas one after the other, each durable before the next is touched.
    static func replaceAll(_ storage: any Storage, _ file: [UInt8]) throws(ArchiveError) {
        for path in ArchiveLayout.headers {
            try replace(storage, path, file)
        }
    }

    /// Writes `.new`, then old → `.bad`, `.new` → name (format.md, section 7.9).
    static func replace(_ storage: any Storage, _ path: ArchivePath, _ bytes: [UInt8]) throws(ArchiveError) {
        guard let new = path.parent.appending(path.name + ".new"), let bad = path.parent.appending(path.name + ".bad")
        else { throw ArchiveError(.inputOutput, path.description) }
        try storing { () throws(StorageError) in
            if try storage.exists(new) { try storage.remove(new) }
            let file = try storage.createFile(new)
            try file.append(bytes)
            try file.sync()
            try file.close()
            if try storage.exists(path) { try storage.rename(path, to: bad, replacing: true) }
            try storage.rename(new, to: path, replacing: true)
            try storage.syncDirectory(path.parent)
        }
    }

    /// Overwrites and removes the `.bad` files of the header: they hold old slots.
    static func removeOld(_ storage: any Storage) throws(ArchiveError) {
        try storing { () throws(StorageError) in
            for path in ArchiveLayout.headers {
                guard let bad = path.parent.appending(path.name + ".bad"), try storage.exists(bad) else { continue }
                let file = try storage.openForOverwriting(bad)
                try file.write([UInt8](repeating: 0, count: Int(clamping: file.byteCount)), at: 0)
                try file.sync()
                try file.close()
                try storage.remove(bad)
                try storage.syncDirectory(path.parent)
            }
        }
    }
}
