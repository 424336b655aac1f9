import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import MailFormats
import OutlookFormats

/// Makes mail of the items of Outlook, in memory or, where it is long, in a file without a name.
enum OutlookMail {
    /// A message longer than this is spooled.
    static let largestInMemory = 8 << 20

    /// Renders an item.
    ///
    /// - Parameter name: What a person knows the item as.
    /// - Throws: `source` when a long value of the item cannot be read, or there is no room for the message.
    static func make(
        _ message: MapiMessage,
        name: String,
        directory: String = temporaryDirectory()
    ) throws(ArchiveError) -> (bytes: any RandomAccessBytes, rendered: Rendered) {
        var bytes: [UInt8] = []
        var spool: Spool?
        let rendered: Rendered
        do throws(RenderingFailure) {
            rendered = try OutlookRendering.render(message) { piece in
                if let spool { return try spool.append(piece) }
                bytes.append(contentsOf: piece)
                guard bytes.count > largestInMemory else { return }
                let new = try Spool(in: directory, name: name)
                try bytes.withUnsafeBytes { try new.append($0) }
                bytes = []
                spool = new
            }
        } catch {
            switch error {
            case .source(let error): throw ArchiveError(.source, name, "at \(error.offset)")
            case .sink(let error):
                let text = (error as? StorageError)?.message ?? "it cannot be written"
                throw ArchiveError(.source, name, text)
            }
        }
        return (spool ?? MemoryBytes(bytes, name: name), rendered)
    }
}

extension FoundPlace {
    /// What an item of Outlook tells of itself.
    init(_ rendered: Rendered, folder: [[UInt8]]?) {
        self.init()
        self.folder = folder
        if rendered.flags.contains(.read) { flags.insert(.seen) }
        if rendered.flags.contains(.draft) { flags.insert(.draft) }
        if rendered.flags.contains(.flagged) { flags.insert(.flagged) }
        if rendered.flags.contains(.answered) { flags.insert(.answered) }
        if rendered.flags.contains(.forwarded) { flags.insert(.forwarded) }
        labels = rendered.categories.map { Array($0.utf8) }
        internalDate = rendered.internalDate
    }
}
