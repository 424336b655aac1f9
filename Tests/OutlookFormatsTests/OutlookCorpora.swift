import Foundation
import MailFormats
@testable import OutlookFormats

/// The real files beside the project, where they are there.
enum OutlookCorpora {
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

    static func bytes(_ path: String) -> [UInt8] {
        guard let root, let data = try? Data(contentsOf: root.appendingPathComponent(path)) else { return [] }
        return [UInt8](data)
    }

    /// The rows of a table in Tests/Golden; what begins with `#` is left out.
    static func rows(_ name: String) -> [[String]] {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<2 { folder.deleteLastPathComponent() }
        let path = folder.appendingPathComponent("Golden/\(name)")
        guard let text = try? String(contentsOf: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

extension ByteSource {
    /// All of it.
    var all: [UInt8] { (try? whole(Int(byteCount), at: 0, "all")) ?? [] }
}

extension PropertyValue {
    /// All of it.
    var all: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .source(let source): source.all
        }
    }
}

/// CRC-32 as zlib has it, by which the golden tables tell contents.
func crc32(_ bytes: [UInt8]) -> String {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    let digits = String(~crc, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
