import ArchiveReader
import ArchiveStorage

/// Gives the files of a Zimbra export, each with what the `.meta` file beside it says.
///
/// The `.meta` stands before its item, or right behind it. Those of folders only list them. One that stands for an item
/// without a file, as contacts do, is given as a file, so that it is accounted for.
final class ZimbraReader: SourceReader {
    private let reader: any SourceReader
    private var waiting: [SourceEvent] = []
    /// The last `.meta`, until its item comes.
    private var meta: (path: [[UInt8]], meta: ZimbraMeta, file: FoundFile)?
    private var isOver = false

    /// Wraps the reader of the container.
    init(_ reader: any SourceReader) { self.reader = reader }

    /// Whether the names of a container's first entries are those of a Zimbra export.
    static func recognises(_ paths: [[[UInt8]]]) -> Bool {
        paths.contains { path in
            let name = path.last ?? []
            guard name.suffix(5).elementsEqual(".meta".utf8) else { return false }
            return paths.contains { $0 == path.dropLast() + [Array(name.dropLast(5))] }
                || name.prefix { (0x30...0x39).contains($0) }.count == 10
        }
    }

    func next() throws(ArchiveError) -> SourceEvent? {
        while true {
            if !waiting.isEmpty { return waiting.removeFirst() }
            guard !isOver else { return nil }
            guard let event = try reader.next() else {
                isOver = true
                giveMeta()
                continue
            }
            guard case .file(var file) = event else { return event }
            if let next = Self.meta(file) {
                giveMeta()
                meta = next
                continue
            }
            if let meta, meta.path == file.path {
                file.place = meta.meta.place
                waiting.append(.kept(meta.file, .list))
                self.meta = nil
                return .file(file)
            }
            giveMeta()
            return try withFollowing(file)
        }
    }

    /// Looks whether the `.meta` comes behind the file.
    private func withFollowing(_ file: FoundFile) throws(ArchiveError) -> SourceEvent {
        var file = file
        guard let event = try reader.next() else {
            isOver = true
            waiting.append(.file(file))
            return waiting.removeFirst()
        }
        guard case .file(let following) = event, let next = Self.meta(following) else {
            waiting += [.file(file), event]
            return waiting.removeFirst()
        }
        if next.path == file.path {
            file.place = next.meta.place
            waiting.append(.kept(following, .list))
        } else {
            meta = next
        }
        waiting.insert(.file(file), at: 0)
        return waiting.removeFirst()
    }

    private func giveMeta() {
        guard let meta else { return }
        self.meta = nil
        switch meta.meta.kind {
        case .folder, .search, .tag, .conversation, .mountpoint: waiting.append(.kept(meta.file, .list))
        default: waiting.append(.file(meta.file))
        }
    }

    private static func meta(_ file: FoundFile) -> (path: [[UInt8]], meta: ZimbraMeta, file: FoundFile)? {
        guard let name = file.path.last, name.suffix(5).elementsEqual(".meta".utf8),
            case .opened(let content) = file.content, let memory = content as? MemoryBytes,
            let meta = ZimbraMeta(memory.bytes)
        else { return nil }
        return (file.path.dropLast() + [Array(name.dropLast(5))], meta, file)
    }
}
