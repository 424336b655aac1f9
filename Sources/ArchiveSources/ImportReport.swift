package import ArchiveCompression
package import ArchiveFormat
package import ArchiveReader
package import MailFormats

/// How to import.
package struct ImportOptions: Sendable {
    /// Put before the folder of each message.
    package var folder: [[UInt8]] = []
    /// The mailbox: its owner.
    package var mailbox: [UInt8] = []
    /// Folders that get another name.
    package var folderMap: [FolderMapping] = []
    /// What each source is, where the person knows better than its bytes tell.
    package var kind: SourceKind?
    /// The dialect of every MBOX, where the person knows better.
    package var dialect: MboxDialect.Name?
    /// Whether deleted and orphaned items of a PST are taken too.
    package var recoversDeleted = false
    /// How records are packed.
    package var codec: Codec = .zstd
    package var level: Int?
    /// Threads that prepare and pack.
    package var jobs = 2
    /// Read what the archive has before it is taken as already there; what is damaged is stored again.
    package var rechecks = false
    /// Stored bytes at which is committed; nil: as much as a segment should have.
    package var commitByteCount: UInt64?
    /// Read, split and count everything, and write nothing.
    package var isDryRun = false

    package init() {}

    /// Checks the names against the limits of the format (format.md, section 9): nothing over them could be read again.
    package func check() throws(ArchiveError) {
        guard mailbox.count <= Limits.name else {
            throw ArchiveError(.overLimit, "mailbox", "\(mailbox.count) bytes; at most \(Limits.name)")
        }
        guard folder.count < Limits.components else {
            throw ArchiveError(.overLimit, "folder", "\(folder.count) names; at most \(Limits.components - 1)")
        }
        for name in folder where name.count > Limits.name {
            throw ArchiveError(.overLimit, "folder", "a name of \(name.count) bytes; at most \(Limits.name)")
        }
    }
}

/// What was kept aside, and why.
package struct RejectReport: Sendable {
    package var path: String
    package var offset: UInt64
    package var size: UInt64
    package var reason: RejectReason
    package var text: String
}

/// The account of an import.
package struct ImportReport: Sendable {
    /// One for each source.
    package var runs: [Run] = []
    package var rejects: [RejectReport] = []
    /// For each run: files opened for the messages in them.
    package var openings: [[OpenedSource]] = []
    /// For each run: what is not as it should be in messages that were taken nevertheless; not all, if there is much.
    package var notes: [[String]] = []
    /// For each run: what was left out on purpose.
    package var skipped: [[SkipReason: UInt64]] = []
    /// For each run: folders in which fewer items were met than the source says it has.
    package var shortfalls: [[FolderShortfall]] = []
    /// For each run: lists beside the mail that name more than was met.
    package var listShortfalls: [[ListShortfall]] = []
    /// Whether it was asked to stop before its end.
    package var isInterrupted = false
    /// By how many bytes the archive's files grew; in a dry run: would grow.
    package var addedByteCount: UInt64 = 0

    /// Whether nothing was rejected, and no folder or list has less than the source says it has.
    package var isAccountedFor: Bool {
        rejects.isEmpty && shortfalls.allSatisfy(\.isEmpty) && listShortfalls.allSatisfy(\.isEmpty)
    }

    /// The sum over all sources.
    package var counts: ImportCounts {
        runs.reduce(into: ImportCounts()) { $0.add($1.counts) }
    }
}

/// How far an import has come.
package struct ImportProgress: Sendable {
    package var found: UInt64
    package var byteCount: UInt64
    package var totalByteCount: UInt64
}

/// A file that was opened for the messages in it: an MBOX, a store, a container.
package struct OpenedSource: Sendable {
    /// Its path below the source; empty: the source itself.
    package var path: String
    package var kind: SourceKind
    /// The folder that its messages lie in or below.
    package var folder: [[UInt8]]
    /// The MBOX dialect and what speaks for it; empty for everything else.
    package var dialect = ""
    package var evidence = ""
}

/// A folder of which the source says that it has more items than were met.
package struct FolderShortfall: Sendable {
    package var folder: Folder
    package var found: UInt64
    package var expected: UInt64
}

/// A list beside the mail that names more than was met.
package struct ListShortfall: Sendable, Equatable {
    /// Its path below the source.
    package var list: String
    /// How many items or messages it names.
    package var expected: UInt64
    /// How many of them were met.
    package var found: UInt64
    /// What was not met, in the words of the list; the first ones, if there are many.
    package var missing: [String]

    /// More than so many are counted, not named.
    package static let mostMissing = 20
}
