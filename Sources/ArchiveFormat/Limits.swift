/// The limits of format.md, section 9, and the sizes that the layouts share.
public enum Limits {
    /// Bytes of a page, to which commits are padded.
    public static let page = 4096
    /// Bytes of a block of the tree hash.
    public static let block = 65_536
    /// Bytes of a header file.
    public static let headerFile = 16_384
    /// Bytes of a head file, and the most of a commit record.
    public static let headFile = 65_536
    /// Most decoded, and most encoded, bytes of a record.
    public static let recordPlaintext = 16 << 20
    /// Most stored bytes of a record.
    public static let recordStored = 18_874_368
    /// Most bytes of one object.
    public static let object = (16 << 20) - 64
    /// Most committed bytes of a segment.
    public static let segment = 256 << 20
    /// Bytes at which a new journal file begins.
    public static let journalFile = 16 << 20
    /// Most bytes of a checkpoint file.
    public static let checkpoint = 256 << 20
    /// Highest number of a segment, journal file or checkpoint.
    public static let fileNumber: UInt32 = 99_999_999
    /// Deepest nesting of CBOR.
    public static let depth = 16
    /// Most bytes of a lead, trail or tail.
    public static let lead = 65_536
    /// Most bytes of a header field in an envelope.
    public static let field = 998
    /// Most bytes of a name (a folder, a path component, a mailbox).
    public static let name = 4096
    /// Most bytes of an item's id in its store.
    public static let item = 256
    /// Most components of a folder or path.
    public static let components = 128
    /// Most bytes of a recipe.
    public static let recipe = 1 << 20
    /// Most bytes of a message.
    public static let message: UInt64 = 1 << 40
    /// Most writers in a state.
    public static let writers = 4096
    /// Generations between two checkpoints that must be made.
    public static let checkpointInterval: UInt64 = 256
}

/// `value` rounded up to the next multiple of `unit`, a power of two.
@inlinable
package func roundUp(_ value: Int, to unit: Int) -> Int {
    (value + unit - 1) & ~(unit - 1)
}

/// Padmé (format.md, section 5.2): the padded length of `count` bytes, which hides all but its upper bits.
package func padme(_ count: Int) -> Int {
    guard count > 2 else { return count }
    let exponent = Int.bitWidth - 1 - count.leadingZeroBitCount
    let significant = Int.bitWidth - exponent.leadingZeroBitCount
    return roundUp(count, to: 1 << (exponent - significant))
}
