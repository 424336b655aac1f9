import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import Foundation
import Testing

/// One vector: the description in its JSON file, and where its input is.
struct Vector: Sendable, CustomTestStringConvertible {
    let json: JSON
    let directory: String

    static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/TestVectors/v1"

    /// All vectors, by part.
    static let all: [String: [Vector]] = {
        var all: [String: [Vector]] = [:]
        let files = FileManager.default
        for part in (try? files.contentsOfDirectory(atPath: root).sorted()) ?? [] {
            let directory = root + "/" + part
            for file in (try? files.contentsOfDirectory(atPath: directory).sorted()) ?? [] where file.hasSuffix(".json")
            {
                let data = files.contents(atPath: directory + "/" + file) ?? Data()
                let json = (try? JSONDecoder().decode(JSON.self, from: data)) ?? .null
                all[part, default: []].append(Vector(json: json, directory: directory))
            }
        }
        return all
    }()

    static func of(_ part: String) -> [Vector] { all[part] ?? [] }

    var name: String { json["name"].text ?? "a file that is no JSON" }
    var part: String { json["part"].text ?? "" }
    var context: JSON { json["context"] }
    var testDescription: String { name }

    /// The bytes of the input.
    func input() throws -> [UInt8] { try bytes(of: json["input"].text ?? "") }

    func bytes(of file: String) throws -> [UInt8] {
        Array(try #require(FileManager.default.contents(atPath: directory + "/" + file), "\(file) is not there"))
    }

    func hex(_ key: String) throws -> [UInt8] { try VectorTests.hex(context[key].text) }
    func bytes32(_ key: String) throws -> Bytes32 { try #require(Bytes32(try hex(key)), "\(key)") }
    func secret(_ key: String) throws -> SecretBytes { VectorTests.secret(try hex(key)) }
    func number(_ key: String) -> UInt64 { context[key].number }
    var segment: UInt32 { UInt32(clamping: number("segment")) }

    /// Compares what a reader said with what is expected: the code, and the hash of what it released.
    func check(_ body: () throws -> Bytes32?) throws {
        let expected = [json["expect"].text ?? ""] + json["also"].texts
        do {
            let released = try body()
            #expect(expected.contains("ok"), "\(name): accepted, but \(expected) is expected")
            if expected.contains("ok") { #expect(released?.hex == json["released"].text, "\(name): what is released") }
        } catch {
            let code = specCode(of: error) ?? "\(error)"
            #expect(expected.contains(code), "\(name): \(code), but \(expected) is expected")
        }
    }
}

/// The code of the Spec behind an error.
func specCode(of error: any Error) -> String? {
    switch error {
    case let error as FormatError: error.code.text
    case let error as CryptoError: error.code.text
    case let error as ArchiveError: error.code.text
    default: nil
    }
}

func hex(_ text: String?) throws -> [UInt8] {
    let digits = try #require(text)
    let found = bytes(hexadecimal: digits.utf8)
    return try #require(found)
}

func secret(_ bytes: [UInt8]) -> SecretBytes { bytes.withUnsafeBytes { SecretBytes(copying: $0) } }

func reveal(_ secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }
