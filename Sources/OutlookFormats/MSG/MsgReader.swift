package import MailFormats

/// Reads MSG and OFT files (MS-OXMSG): one message with its recipients and attachments, in a compound file.
package enum MsgReader {
    /// Values are held in memory until they are so many bytes together; further ones are read when they are wanted.
    static let mostInMemory = 32 << 20
    /// Losses beyond so many are only counted.
    static let mostLosses = 1000

    /// Whether the bytes are an MSG file, and not another compound file such as a DOC or XLS.
    ///
    /// - Throws: when they begin as a compound file, and it is too damaged to tell.
    package static func recognises(_ source: any ByteSource) throws(OutlookError) -> Bool {
        let start = try source.available(8, at: 0, "the beginning")
        guard isCompoundFile(start) else { return false }
        return isMessage(try CompoundFile(source))
    }

    /// Whether a file begins as MSG files do, and as other compound files do.
    package static func isCompoundFile(_ prefix: some Collection<UInt8>) -> Bool {
        prefix.starts(with: CompoundHeader.magic)
    }

    /// Reads a message.
    ///
    /// What is damaged is left out and told in `losses` of the message it belongs to. Values that are not in memory are
    /// read from `source` later.
    ///
    /// - Throws: `notThisFormat` where it is no MSG file; otherwise when nothing of the message can be read.
    package static func read(_ source: any ByteSource) throws(OutlookError) -> MapiMessage {
        let file = try CompoundFile(source)
        guard isMessage(file) else {
            if let first = file.damage.first { throw first }
            throw OutlookError(.notThisFormat, at: 0, "a compound file that holds no message")
        }
        var reader = MsgStorageReader(file)
        var message = reader.message(in: CompoundFile.root, depth: 0)
        message.losses += file.damage.map { "\($0.detail), at byte \($0.offset)" }
        return message
    }

    private static func isMessage(_ file: CompoundFile) -> Bool {
        file.entries(of: CompoundFile.root).contains {
            $0.kind == .stream && MsgStreamName($0.name) == .properties
        }
    }
}

extension MapiMessage {
    /// Its losses, and those of the messages within it, with the way to each.
    package var allLosses: [String] {
        var all = losses
        for (index, attachment) in attachments.enumerated() {
            guard case .message(let inner) = attachment.content else { continue }
            all += inner.allLosses.map { "attachment \(index + 1): \($0)" }
        }
        return all
    }
}
