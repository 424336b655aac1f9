package import ArchiveFormat
package import ArchiveStorage

/// The names in an archive directory (Spec, format.md, section 1).
package enum ArchiveLayout {
    package static let readme: ArchivePath = "README.TXT"
    package static let spec: ArchivePath = "SPEC.md"
    package static let headers: [ArchivePath] = ["header.a", "parity/header.b", "segments/header.c"]
    package static let heads: [ArchivePath] = ["head.a", "journal/head.b"]
    package static let directories: [ArchivePath] = ["journal", "segments", "parity"]

    package static func segment(_ number: UInt32) -> ArchivePath {
        path("segments", number, "seg")
    }

    package static func journal(_ number: UInt32) -> ArchivePath {
        path("journal", number, "jnl")
    }

    package static func checkpoint(_ number: UInt32) -> ArchivePath {
        path("journal", number, "tab")
    }

    package static func file(_ kind: ArchiveFormat.FileKind, _ number: UInt32) -> ArchivePath {
        switch kind {
        case .segment: return segment(number)
        case .checkpoint: return checkpoint(number)
        case .derived: return path("derived", number, "der")
        default:
            let name = kind.rawValue < 10 ? "0\(kind.rawValue)" : "\(kind.rawValue)"
            let tail = path("other", number, "bin")
            guard let fan = ArchivePath("other/\(name)/\(tail.components.dropFirst().joined(separator: "/"))") else {
                return tail
            }
            return fan
        }
    }

    package static func sidecar(_ number: UInt32) -> ArchivePath {
        path("parity", number, "par")
    }

    /// The number that so many decimal digits are; no sign, no space.
    static func number(_ digits: some StringProtocol, digits count: Int) -> UInt32? {
        guard digits.utf8.count == count, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(digits)
    }

    /// Numbers are at most eight digits in all callers, so that the name always exists.
    private static func path(_ directory: StaticString, _ number: UInt32, _ suffix: StaticString) -> ArchivePath {
        ArchivePath.numbered(directory, UInt64(number), suffix) ?? .root
    }
}
