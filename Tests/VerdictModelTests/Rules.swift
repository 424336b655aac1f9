/// The rules of the format that the model can switch off, to show that each is needed.
struct Rules: Hashable {
    enum Debris: Hashable {
        /// Bytes past a closed length or at the end of an old journal file are a warning for ever.
        case warned
        /// They are of no interest.
        case ignored
        /// The commit that closes a file names all its bytes; a change of them is a warning.
        case named
    }

    // The reader's.
    /// Debris in the journal is told by the generations around it, over any number of files; otherwise only by the
    /// first record of the next file.
    var debrisSpansFiles = true
    /// Every live segment's last copy S is compared; otherwise only that of the newest commit.
    var everyTailCopyIsChecked = true
    var debris = Debris.named

    // The writer's.
    var fsyncsWhatItFound = true
    var writesHeadsAtOpening = true
    var fsyncsDirectories = true
    var fsyncsDataFirst = true
    var fsyncsJournalBeforeHead = true
    var writesTheOlderHead = true
    var opensNewJournalAfterDebris = true
    var levelsHeadersFirst = true
    var fsyncsBetweenReplicas = true
    var replacesHeadersBeforeTheCommit = true
    var restoresJournalFromHeads = true
    var neverReusesNumbers = true
    var closesTornSeals = true
    var closingRepeatsTheRoot = true
    var writesBothHeadsBeforeDeletion = true

    static let spec = Rules()
}
