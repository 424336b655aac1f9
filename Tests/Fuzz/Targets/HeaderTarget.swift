import ArchiveCrypto
import ArchiveFormat
import ArchiveReader

/// A header file: as it is, with a right CRC, and signed by keys that are known here.
enum HeaderTarget {
    /// Secret to nobody, and of no archive.
    static let root: RootKeys = {
        let secret: [UInt8] = (0..<32).map { $0 }
        return RootKeys(rootSecret: secret.withUnsafeBytes { SecretBytes(copying: $0) })
    }()

    static func run(_ input: UnsafeRawBufferPointer) {
        _ = try? LoadedHeader(parsing: [UInt8](input))
        framing(input)
        body(input)
    }

    /// Any bytes, at the length and with the magic and CRC of a header file.
    private static func framing(_ input: UnsafeRawBufferPointer) {
        var file = [UInt8](input.prefix(Limits.headerFile))
        file += [UInt8](repeating: 0, count: Limits.headerFile - file.count)
        for index in 0..<8 { file[index] = HeaderFrame.magic.utf8Start[index] }
        let place = Limits.headerFile - 4
        let crc = file.withUnsafeBytes { CRC32.checksum($0.slice(0, place)) }
        for index in 0..<4 { file[place + index] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * index)) }
        file.withUnsafeBytes { raw in
            guard let frame = try? HeaderFrame(parsing: raw) else { return }
            require(frame.body(in: raw).count == frame.bodyLength, "the body is as long as it says")
            body(frame.body(in: raw))
        }
        _ = try? LoadedHeader(parsing: file)
    }

    /// Any body, which is signed when it reads as a header: then nothing but its slots can still be wrong.
    private static func body(_ input: UnsafeRawBufferPointer) {
        guard var header = try? ArchiveHeader(parsing: input) else { return }
        header.rootSigningKey = root.signing.publicKey
        header.contentKey = root.read.contentKey
        guard let part = try? HeaderFrame.signedPart(body: header.encoded) else { return }
        let signature = root.signing.sign(.header, archiveID: root.archiveID, body: part)
        do throws(FormatError) {
            let loaded = try LoadedHeader(parsing: HeaderFrame.file(signedPart: part, signature: signature))
            require(loaded.header == header, "a header that is written reads as what was read")
            require(loaded.archiveID == root.archiveID, "the archive's id follows from its keys")
        } catch {
            require(error.code == .slot, "a signed header is refused for its slots only")
        }
    }
}
