import ArchiveStorage

/// How much a container may hold before it is taken for hostile.
struct ContainerLimits: Sendable {
    /// Most entries, directories included.
    var entries: UInt64 = 10_000_000
    /// Most bytes of all entries together, those of containers within it included.
    var totalBytes: UInt64 = 4 << 40
    /// Most bytes of one entry.
    var entryBytes: UInt64 = 256 << 30
    /// Most bytes for each byte of the container, once `ratioFloor` is passed.
    ///
    /// Deflate reaches 1,032, mail 20 or so.
    var ratio: UInt64 = 500
    /// So many bytes are unpacked before the ratio counts.
    var ratioFloor: UInt64 = 256 << 20
    /// Most bytes of an entry's path: what file systems allow.
    var pathBytes = 4096
    /// Longer contents are spooled to a file without a name.
    var inMemory = 8 << 20
    /// Most hard links that are remembered until their file is read again.
    var hardLinks = 10_000

    /// The limits of an import.
    static let standard = ContainerLimits()
}

/// What the containers of one source have unpacked so far: a bomb may be nested.
final class ContainerBudget {
    let limits: ContainerLimits
    fileprivate(set) var entries: UInt64 = 0
    fileprivate(set) var totalBytes: UInt64 = 0

    init(_ limits: ContainerLimits = .standard) { self.limits = limits }
}

/// Counts what one container unpacks to.
final class ContainerMeter {
    let budget: ContainerBudget
    private let packed: UInt64
    private var unpacked: UInt64 = 0

    /// Starts to count.
    ///
    /// - Parameter packed: The size of the container.
    init(_ budget: ContainerBudget, packed: UInt64) {
        self.budget = budget
        self.packed = max(packed, 1)
    }

    var limits: ContainerLimits { budget.limits }

    func addEntry() throws(ContainerFault) {
        budget.entries += 1
        guard budget.entries <= limits.entries else {
            throw ContainerFault("it has more than \(limits.entries) entries", isLimit: true)
        }
    }

    func add(_ byteCount: Int) throws(ContainerFault) {
        budget.totalBytes += UInt64(byteCount)
        unpacked += UInt64(byteCount)
        guard budget.totalBytes <= limits.totalBytes else {
            throw ContainerFault("it unpacks to more than \(limits.totalBytes) bytes", isLimit: true)
        }
        guard unpacked <= limits.ratioFloor || unpacked / packed <= limits.ratio else {
            throw ContainerFault("it unpacks to more than \(limits.ratio) times its size", isLimit: true)
        }
    }
}

/// Why a container, or an entry of it, cannot be read.
struct ContainerFault: Error {
    var text: String
    /// Where, in bytes from the start of the container.
    var offset: UInt64?
    /// A limit was passed, so nothing more is read of the container.
    var isLimit = false
    /// The temporary directory failed: no fault of the container, and the end of the run.
    var spool: StorageError?

    init(_ text: String, at offset: UInt64? = nil, isLimit: Bool = false) {
        self.text = text
        self.offset = offset
        self.isLimit = isLimit
    }

    init(spool error: StorageError) {
        self.init(error.message)
        spool = error
    }

    /// The place and the text, for the report.
    var description: String { offset.map { "at byte \($0): \(text)" } ?? text }
}
