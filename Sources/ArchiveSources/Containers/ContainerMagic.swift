/// The kinds of containers, told by their first bytes.
enum ContainerMagic: Sendable {
    case zip, gzip, bzip2, xz, lzma, zstd, lzip, lz4, compress, sevenZip, rar, tar, cpio

    /// So many bytes decide: the whole header of a tar's first entry.
    static let prefixLength = 512

    /// Judges the first `prefixLength` bytes of a file, or all of a shorter one.
    ///
    /// - Parameter name: The file's name: the old format of `lzma` has next to no magic, so its name must say it too.
    init?(prefix: UnsafeRawBufferPointer, name: some Collection<UInt8>) {
        func starts(_ magic: [UInt8]) -> Bool { prefix.starts(with: magic) }
        if starts([0x50, 0x4B, 3, 4]) || starts([0x50, 0x4B, 5, 6]) || starts([0x50, 0x4B, 7, 8, 0x50, 0x4B, 3, 4]) {
            self = .zip
        } else if starts([0x1F, 0x8B, 8]) {
            self = .gzip
        } else if starts(Array("BZh".utf8)), prefix.count >= 10, (0x31...0x39).contains(prefix[3]),
            prefix[4...].starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
                || prefix[4...].starts(with: [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
        {
            self = .bzip2
        } else if starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) {
            self = .xz
        } else if starts([0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippableFrame(prefix) {
            self = .zstd
        } else if starts(Array("LZIP".utf8)) {
            self = .lzip
        } else if starts([4, 0x22, 0x4D, 0x18]) {
            self = .lz4
        } else if starts([0x1F, 0x9D]), Self.ends(name, with: ".z") {
            self = .compress
        } else if starts([0x5D, 0, 0]), Self.ends(name, with: ".lzma") || Self.ends(name, with: ".tlz") {
            self = .lzma
        } else if starts([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) {
            self = .sevenZip
        } else if starts([0x52, 0x61, 0x72, 0x21, 0x1A, 7]) {
            self = .rar
        } else if Self.isTar(prefix) {
            self = .tar
        } else if Self.isCpio(prefix) {
            self = .cpio
        } else {
            return nil
        }
    }

    /// One compressed stream, which holds one file or a container.
    var isFilter: Bool {
        switch self {
        case .gzip, .bzip2, .xz, .lzma, .zstd, .lzip, .lz4, .compress: true
        case .zip, .sevenZip, .rar, .tar, .cpio: false
        }
    }

    /// Zstandard files may begin with a frame that holds no data.
    private static func isSkippableFrame(_ prefix: UnsafeRawBufferPointer) -> Bool {
        guard prefix.count >= 12, prefix[0] & 0xF0 == 0x50, prefix[1...].starts(with: [0x2A, 0x4D, 0x18]) else {
            return false
        }
        let length = Int(prefix.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian)
        return length + 12 <= prefix.count && prefix[(8 + length)...].starts(with: [0x28, 0xB5, 0x2F, 0xFD])
    }

    /// A tar of any age has a checksum over its first header: the sum of its bytes, those of the checksum being blanks.
    private static func isTar(_ prefix: UnsafeRawBufferPointer) -> Bool {
        guard prefix.count >= 512 else { return false }
        var written = 0
        for byte in prefix[148..<156] where (0x30...0x37).contains(byte) { written = written << 3 | Int(byte & 7) }
        var sum = 8 * 0x20
        var signed = sum
        for (index, byte) in prefix[..<512].enumerated() where !(148..<156).contains(index) {
            sum += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        // A damaged header is a tar's all the same where it says so; the reader tells of the damage.
        return prefix[257...].starts(with: "ustar".utf8) || (prefix[0] != 0 && (written == sum || written == signed))
    }

    private static func isCpio(_ prefix: UnsafeRawBufferPointer) -> Bool {
        if prefix.count >= 110,
            prefix.starts(with: "070701".utf8) || prefix.starts(with: "070702".utf8)
                || prefix.starts(with: "070707".utf8)
        {
            return prefix[6..<76].allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
        }
        return false
    }

    private static func ends(_ name: some Collection<UInt8>, with suffix: String) -> Bool {
        name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) { $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0) == $1 }
    }
}

extension ContainerMagic {
    /// Whether a zip is a document, program or book, which are zips inside and hold no mail.
    ///
    /// Told by the name of the first entry: `[Content_Types].xml`, `_rels/`, `docProps/` (Office), `mimetype` (OpenDocument,
    /// EPUB), `META-INF/` (Java), `AndroidManifest.xml`. A hint for what to do with a file that a mail container holds.
    static func isDocument(prefix: UnsafeRawBufferPointer) -> Bool {
        guard prefix.count >= 30, prefix.starts(with: [0x50, 0x4B, 3, 4]) else { return false }
        let length = Int(prefix.loadUnaligned(fromByteOffset: 26, as: UInt16.self).littleEndian)
        let name = prefix[30..<min(prefix.count, 30 + length)]
        if name.elementsEqual("mimetype".utf8) || name.elementsEqual("AndroidManifest.xml".utf8) { return true }
        return ["[Content_Types].xml", "_rels/", "docProps/", "META-INF/"].contains { name.starts(with: $0.utf8) }
    }
}
