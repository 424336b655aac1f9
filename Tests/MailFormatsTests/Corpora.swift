import Foundation
@testable import MailFormats
import Testing

/// The real mail beside the project, where it is there.
enum Corpora {
    /// `../shared/corpora` from the package's root, also when the package is a worktree one level deeper.
    static let root: URL? = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        for _ in 0..<2 {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("shared/corpora")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }()

    static var isThere: Bool { root != nil }

    static func bytes(_ path: String) throws -> [UInt8] {
        let folder = try present(root)
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
    }

    /// All plain files below a folder, as paths from the corpora's root, in a fixed order.
    static func files(below folder: String) -> [String] {
        guard let root else { return [] }
        let base = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
        var paths: [String] = []
        for case let path as String in walk {
            let attributes = try? FileManager.default.attributesOfItem(atPath: base.appendingPathComponent(path).path)
            if attributes?[.type] as? FileAttributeType == .typeRegular { paths.append("\(folder)/\(path)") }
        }
        return paths.sorted()
    }

    /// The rows of the table of known MBOX files.
    static let mboxes: [MboxRow] = {
        guard let table = try? bytes("MBOX-COUNTS.tsv") else { return [] }
        return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard columns.count > 12 else { return nil }
            return MboxRow(path: columns[0], python: Int(columns[4]), trueCount: Int(columns[12]))
        }
    }()
}

/// One MBOX file and what is known of it.
struct MboxRow: Sendable, CustomTestStringConvertible {
    var path: String
    var python: Int?
    var trueCount: Int?

    var testDescription: String { path }
}

struct CorporaAbsent: Error {}

/// Unwraps, or throws when the corpora are absent.
func present<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw CorporaAbsent() }
    return value
}

extension MboxScanner {
    /// Everything a scan gives, for tests.
    struct Result {
        var messages: [MboxMessage]
        var tail: Range<UInt64>
        /// The bytes of the blocks that were resident, in order, and of the others read again.
        var bytes: [UInt8]
        var residentCount: Int
    }

    static func scanAll(_ bytes: [UInt8], dialect: MboxDialect? = nil, sizes: Sizes = Sizes()) throws -> Result {
        let source = MemoryByteSource(bytes)
        let chosen: MboxDialect
        if let dialect { chosen = dialect } else { chosen = MboxDialect(try MboxEvidence.gather(source)) }
        var scanner = try MboxScanner(source, dialect: chosen, sizes: sizes)
        var result = Result(messages: [], tail: 0..<0, bytes: [], residentCount: 0)
        while let block = try scanner.nextBlock() {
            result.messages += block.messages
            if block.isResident { result.residentCount += block.messages.count }
            for message in block.messages {
                let held = block.withBytes(of: message.range) { [UInt8]($0) }
                result.bytes += held ?? Array(bytes[Int(message.range.lowerBound)..<Int(message.range.upperBound)])
            }
        }
        result.tail = scanner.tail
        result.bytes += bytes[Int(scanner.tail.lowerBound)..<Int(scanner.tail.upperBound)]
        return result
    }
}
