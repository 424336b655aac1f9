/// Why bytes of an Outlook format cannot be read.
package struct OutlookError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Reason: Equatable, Sendable {
        /// Not a file of this format.
        case notThisFormat
        /// The bytes end before what they announce.
        case cutShort
        /// A length, count, depth or chain is over its limit, or runs in a circle.
        case overLimit
        /// Two parts of the file contradict each other, or a field has no meaning.
        case damaged
        /// The format is right, this variant of it is not supported.
        case unsupported
        /// The file itself could not be read.
        case unreadable
    }

    /// What is wrong.
    package let reason: Reason
    /// Where, in bytes from the start of the file or stream.
    package let offset: UInt64
    /// What was being read, for people.
    package let detail: String

    /// Makes an error.
    package init(_ reason: Reason, at offset: UInt64, _ detail: String) {
        self.reason = reason
        self.offset = offset
        self.detail = detail
    }
}
