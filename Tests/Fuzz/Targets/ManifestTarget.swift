import ArchiveFormat

/// A manifest: what is accepted is written and read again as the same.
enum ManifestTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let isAny = CBORTarget.isItem(input)
        CBORTarget.check(input, isAny, { try Manifest(parsing: $0) }, encoded: \.encoded)
    }
}
