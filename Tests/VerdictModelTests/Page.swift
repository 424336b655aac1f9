/// One 4 KiB sector of a file, the unit in which a write is kept, lost or torn.
enum Page: Hashable {
    case zero
    /// Neither the old nor the new bytes: a write torn inside the sector, or rot.
    case garbage
    /// Records of mail, written by one commit (named by its id).
    case data(Int)
    /// One sector of a commit record. It is valid only when all its sectors stand in a row.
    case record(commit: Int, part: Int)
    /// A whole header replica with its sequence.
    case header(Int)
}

/// The files of an archive.
enum Name: Hashable, Comparable {
    case segment(Int)
    case journal(Int)
    case head(Int)
    case header(Int)
    /// A replacement that was written beside a header replica.
    case headerNew(Int)
    /// What a header replica was before.
    case headerBad(Int)
}

/// What one commit record says.
///
/// It is looked up by its id, which stands for the record's hash.
struct Commit: Hashable {
    var id: Int
    var generation: Int
    /// The id of the previous commit; 0 for none.
    var previous: Int
    var headerSequence: Int
    /// The table of live files at this generation.
    var live: [Name: LiveFile]
    /// Files with debris: journal files that end in it and segments that no commit named, with all their bytes as the
    /// first commit after the crash found them.
    var debris: [Name: [Page]]

    /// One or two sectors.
    ///
    /// The two commits that follow each other in one head differ, so that a torn head can be
    /// a whole short record before the end of a long one.
    var pageCount: Int { generation % 4 < 2 ? 2 : 1 }
    var pages: [Page] { (0..<pageCount).map { .record(commit: id, part: $0) } }
}

/// A segment as a commit names it.
struct LiveFile: Hashable {
    /// The bytes that the root covers.
    var root: [Page]
    /// The commit that last added or extended the segment; its copy S follows the root.
    var lastCommit: Int
    var isSealed: Bool
    /// What lay beyond the root when a later session closed the segment: known debris.
    var closedTail: [Page]?
}
