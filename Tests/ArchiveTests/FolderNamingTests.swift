import ArchiveFormat
import Testing

@testable import ArchiveSources

@Suite("Folders of a source")
struct FolderNamingTests {
    private static func names(_ text: String) -> [[UInt8]] { text.split(separator: "/").map { Array($0.utf8) } }

    @Test("of 200 folders within each other every name is kept, within the limits of the format")
    func deep() {
        let deep = (0..<200).map { Array("folder \($0)".utf8) }
        let path = FolderNaming(options: ImportOptions()).folder(deep).path
        #expect(path.count == Limits.components)
        #expect(path.allSatisfy { $0.count <= Limits.name })
        #expect(Array(path.joined(separator: Array("/".utf8))) == Array(deep.joined(separator: Array("/".utf8))))
    }

    @Test("--map renames a folder and all below it, the longest name first, and nothing beside it")
    func mapped() {
        var options = ImportOptions()
        options.folder = Self.names("mail")
        options.folderMap = [
            FolderMapping(old: Self.names("Posteingang"), new: Self.names("Inbox")),
            FolderMapping(old: Self.names("Posteingang/alt"), new: Self.names("Archive/old")),
        ]
        let naming = FolderNaming(options: options)
        #expect(naming.folder(Self.names("Posteingang/Bank")).path == Self.names("mail/Inbox/Bank"))
        #expect(naming.folder(Self.names("Posteingang/alt/2001")).path == Self.names("mail/Archive/old/2001"))
        #expect(naming.folder(Self.names("Posteingang2")).path == Self.names("mail/Posteingang2"))
    }

    @Test("the mailbox that a person names goes before that of the source")
    func mailbox() {
        var options = ImportOptions()
        #expect(FolderNaming(options: options).folder([], mailbox: Array("ada".utf8)).mailbox == Array("ada".utf8))
        options.mailbox = Array("ben".utf8)
        #expect(FolderNaming(options: options).folder([], mailbox: Array("ada".utf8)).mailbox == Array("ben".utf8))
    }
}
