package import MailFormats

/// Reads TNEF (MS-OXTNEF), the `winmail.dat` of Outlook: a message with its properties, recipients and attachments.
package enum TnefReader {
    /// The signature that TNEF begins with.
    package static let signature: [UInt8] = [0x78, 0x9F, 0x3E, 0x22]
    /// More attachments are not read.
    static let mostAttachments = 10_000
    /// Values are held in memory until they are so many bytes together; further ones are read when they are wanted.
    static let mostInMemory = 32 << 20
    /// Losses beyond so many are only counted.
    static let mostLosses = 1000

    /// Reads a message.
    ///
    /// What is damaged is left out and told in `losses`; a wrong checksum is told, and what it is of is kept. Values that
    /// are not in memory are read from `source` later.
    ///
    /// - Throws: `notThisFormat` where it is no TNEF.
    package static func read(_ source: any ByteSource) throws(OutlookError) -> MapiMessage {
        guard try source.available(4, at: 0, "the signature") == signature else {
            throw OutlookError(.notThisFormat, at: 0, "not TNEF")
        }
        var reader = TnefStreamReader(source, 0..<source.byteCount, depth: 0, room: mostInMemory)
        return reader.read()
    }
}
