import ArchiveFormat
import ArchiveReader
import CPlatform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the helper is that reads PST and OST files.
enum PstProgram {
    static let name = "portable-archive-pst"

    /// Beside the running program, or where `PORTABLE_ARCHIVE_PST` says.
    ///
    /// - Throws: `source`, with what to install, when it is not there.
    static func find() throws(ArchiveError) -> String {
        if let told = getenv("PORTABLE_ARCHIVE_PST"), told.pointee != 0 {
            let path = String(cString: told)
            guard pa_can_run(path) != 0 else {
                throw ArchiveError(.source, path, "PORTABLE_ARCHIVE_PST names \(path), and no program is there")
            }
            return path
        }
        var buffer = [CChar](repeating: 0, count: 4096)
        if pa_own_path(&buffer, buffer.count) == 0 {
            let own = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let slash = own.lastIndex(of: "/") {
                let path = own[...slash] + name
                if pa_can_run(String(path)) != 0 { return String(path) }
            }
        }
        throw ArchiveError(.source, name, advice)
    }

    /// What helps where it is not there.
    static let advice =
        "PST and OST files are read by \(name), which was not built: it needs libpff. "
        + "Install it (Debian, Ubuntu: apt-get install libpff-dev; macOS: brew install libpff) and build again"
}
