/// The name that separates one use of a hash or a key from every other (cryptography.md, section 1).
package struct Label: Sendable {
    /// The name, in ASCII.
    package let name: StaticString

    package init(_ name: StaticString) { self.name = name }

    /// `portable-archive/1 `, the name, a zero byte.
    package var bytes: [UInt8] {
        let prefix: StaticString = "portable-archive/1 "
        var out: [UInt8] = []
        out.reserveCapacity(prefix.utf8CodeUnitCount + name.utf8CodeUnitCount + 1)
        out.append(contentsOf: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        out.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        out.append(0)
        return out
    }

    package static let header = Label("header")
    package static let headerHash = Label("header-hash")
    package static let commit = Label("commit")
    package static let commitHash = Label("commit-hash")
    package static let certificate = Label("certificate")
    package static let revocation = Label("revocation")
    package static let pointers = Label("pointers")
    package static let archiveID = Label("archive-id")
    package static let credential = Label("credential")
    package static let recovery = Label("recovery")
    package static let text = Label("text")
    package static let rootSigning = Label("root-signing")
    package static let rootWriter = Label("root-writer")
    package static let read = Label("read")
    package static let contentKey = Label("content-key")
    package static let contentID = Label("content-id")
    package static let psk = Label("psk")
    package static let slotLabel = Label("slot-label")
    package static let writerLabel = Label("writer-label")
    package static let slotKeyFile = Label("slot-key-file")
    package static let slotBoth = Label("slot-both")
    package static let slotRecipient = Label("slot-recipient")
    package static let segmentKey = Label("segment-key")
    package static let segmentCommitment = Label("segment-commitment")
}
