import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Foundation
import MailFormats
import OutlookFormats

@testable import ArchiveSources

/// The stores of other people, and what the reader makes of them.
enum PstCorpus {
    /// `../shared/corpora/pst` from the package's root, also when the package is a worktree one level deeper.
    static let root: URL? = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<10 {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "shared/corpora/pst")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }()

    /// The helper, when it was built.
    static let program: String? = try? PstProgram.find()

    static var canRead: Bool { root != nil && program != nil }

    /// All stores, told by their first bytes.
    static let files: [URL] = {
        guard let root, let walker = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else {
            return []
        }
        var found: [URL] = []
        for case let url as URL in walker {
            guard let handle = try? FileHandle(forReadingFrom: url) else { continue }
            if let head = try? handle.read(upToCount: 4), head == Data("!BDN".utf8) { found.append(url) }
        }
        return found.sorted { $0.path < $1.path }
    }()
}

/// All events of one store.
struct PstContent {
    struct Item {
        var folder: [String]
        var identifier: String
        var message: MapiMessage
        var place: FoundPlace
        /// Of the message made from it, its record and its folder.
        var digest: Int
    }

    var items: [Item] = []
    var failures: [String] = []
    var expected: [String: UInt64] = [:]
    var skipped: [SkipReason: Int] = [:]
    var error: ArchiveError?

    init(
        _ file: any RandomAccessBytes,
        recovers: Bool = false,
        program: String? = nil,
        patience: PstReader.Patience = .init()
    ) throws {
        var messages: [(MapiMessage, Int)] = []
        let reader = try PstReader(file, recovers: recovers, program: program, patience: patience) { message, name in
            var hasher = Hasher()
            let rendered = try OutlookRendering.render(message) { hasher.combine(bytes: $0) }
            hasher.combine(rendered.record)
            messages.append((message, hasher.finalize()))
            return PstReader.Made(
                bytes: MemoryBytes([], name: name),
                place: FoundPlace(flags: rendered.flags.contains(.read) ? .seen : []),
                record: rendered.record,
                losses: rendered.losses
            )
        }
        do throws(ArchiveError) {
            while let event = try reader.next() {
                switch event {
                case .message(let found):
                    let folder = (found.place.folder ?? []).map { String(decoding: $0, as: UTF8.self) }
                    let (message, digest) = messages.removeFirst()
                    items.append(
                        Item(
                            folder: folder,
                            identifier: found.identifier,
                            message: message,
                            place: found.place,
                            digest: digest
                        )
                    )
                case .failed(let found):
                    let folder = found.folder.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
                    failures.append("\(folder) \(found.identifier): \(found.text)")
                case .expected(let folder, let count):
                    expected[folder.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/"), default: 0] +=
                        count
                case .skipped(_, let reason): skipped[reason, default: 0] += 1
                case .file, .kept: break
                }
            }
        } catch {
            self.error = error
        }
    }
}

extension PstContent {
    /// What was given, item by item.
    var digests: [String] { items.map { "\($0.folder) \($0.identifier) \($0.digest)" } }
}

extension MapiMessage {
    /// The contents of all attachments, also those of messages within it.
    var attachedData: [[UInt8]] {
        attachments.flatMap { attachment -> [[UInt8]] in
            switch attachment.content {
            case .none: []
            case .data(let value): [value.allBytes]
            case .message(let inner): inner.attachedData
            }
        }
    }

    /// A property as text.
    func text(_ id: UInt16) -> String? { properties.text(id) }
}

extension PropertyBag {
    /// A property as text.
    func text(_ id: UInt16) -> String? {
        guard let property = self[id], let value = property.values.first else { return nil }
        let bytes = value.allBytes
        if property.tag.type == 0x1F { return String(decoding: bytes, as: UTF16Little.self) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A property as a number.
    func number(_ id: UInt16) -> UInt64? {
        self[id]?.values.first?.allBytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension PropertyValue {
    /// The whole value.
    var allBytes: [UInt8] {
        switch self {
        case .bytes(let bytes): return bytes
        case .source(let source):
            var bytes = [UInt8](repeating: 0, count: Int(source.byteCount))
            let count = bytes.withUnsafeMutableBytes { (try? source.read(at: 0, into: $0)) ?? -1 }
            return count == bytes.count ? bytes : []
        }
    }
}

extension String {
    enum UTF16Little {}

    init(decoding bytes: [UInt8], as: UTF16Little.Type) {
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        self.init(decoding: units, as: UTF16.self)
    }
}

typealias UTF16Little = String.UTF16Little
