/// A fault to be put under a storage: which call, and what becomes of it.
package struct Fault: Sendable {
    /// The kinds of calls, as they are counted.
    package enum Call: String, Sendable, CaseIterable {
        case openForReading, create, openForWriting
        /// `read` of an open file.
        case read
        /// `append` and `write` of an open file.
        case write
        case truncate, sync, close
        case list, status, createDirectory, rename, remove, syncDirectory, freeSpace, isReadOnly, lock, renameRoot
    }

    /// What becomes of a call.
    package enum Effect: Sendable {
        /// Nothing is done, and the call fails.
        case fails(StorageError.Cause)
        /// A read or write moves so many bytes, then fails; other calls fail.
        case failsAfter(byteCount: Int, StorageError.Cause)
        /// A read ends after so many bytes, as if the file ended there; other calls succeed.
        case endsAfter(byteCount: Int)
        /// A read or write succeeds by many system calls, each of which moves at most so many bytes and is interrupted so
        /// many times before; other calls succeed.
        case inPieces(of: Int, interruptions: Int)
    }

    /// The kind of call that is counted; nil: every call.
    package var call: Call?
    /// Only calls on this file or directory are counted; nil: on any.
    package var path: ArchivePath?
    /// Which of the counted calls; the first is 1.
    package var ordinal: Int
    package var effect: Effect
    /// Whether all later calls of the kind meet the fault too.
    package var lasts: Bool

    package init(
        _ call: Call? = nil,
        at path: ArchivePath? = nil,
        ordinal: Int = 1,
        lasts: Bool = false,
        _ effect: Effect
    ) {
        self.call = call
        self.path = path
        self.ordinal = ordinal
        self.lasts = lasts
        self.effect = effect
    }
}

extension Fault.Effect {
    /// The medium reports an error.
    package static var mediumError: Self { .fails(.mediumError) }
    /// The medium is full.
    package static var full: Self { .fails(.noSpace(free: nil, wanted: nil)) }
    /// The medium refuses writing.
    package static var readOnly: Self { .fails(.readOnly) }
}
