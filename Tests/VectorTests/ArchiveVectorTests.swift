import ArchiveCrypto
import ArchiveFormat
import ArchiveReader
import ArchiveStorage
import Testing

/// Whole archives: the verdict without and with a key, every message, every imported file.
@Suite("archives of the test vectors")
struct ArchiveVectorTests {
    static func open(_ vector: Vector) throws -> PosixStorage {
        try PosixStorage(opening: vector.directory + "/" + (try #require(vector.json["archive"].text)))
    }

    /// Compares the codes found with those that must and those that may be found.
    static func compare(_ found: Set<String>, _ expected: JSON, _ what: String) {
        let must = Set(expected["codes"].texts)
        let may = Set(expected["may"].texts)
        let missing = must.subtracting(found).sorted()
        let excess = found.subtracting(must).subtracting(may).sorted()
        #expect(missing.isEmpty && excess.isEmpty, "\(what): missing \(missing), in excess \(excess)")
    }

    /// All secrets that open the archive, the recovery code first, for it costs nothing.
    static func secrets(_ json: JSON) throws -> [(String, UnlockSecret)] {
        var all: [(String, UnlockSecret)] = []
        func text(_ kind: KeyText, _ text: String) throws -> SecretBytes {
            let bytes = Array(text.utf8)
            return try bytes.withUnsafeBytes { raw in try kind.decode(raw) }
        }
        if let words = json["recovery"].text {
            let bytes = Array(words.utf8)
            all.append(("recovery", .rootSecret(try bytes.withUnsafeBytes { raw in try RecoveryCode.decode(raw) })))
        }
        for key in ["passphrase", "read_only_passphrase"] {
            if let passphrase = json[key].text { all.append((key, .passphrase(Passphrase(passphrase)))) }
        }
        if let key = json["key_file"].text { all.append(("key_file", .keyFile(try text(.keyFile, key)))) }
        if let key = json["identity"].text { all.append(("identity", .identity(try text(.identity, key)))) }
        let both = json["both"].texts
        if both.count == 2 { all.append(("both", .both(Passphrase(both[0]), try text(.keyFile, both[1])))) }
        return all
    }

    @Test("a check without a key finds exactly what the vector says", arguments: Vector.of("archive"))
    func keyless(_ vector: Vector) throws {
        let storage = try Self.open(vector)
        var found: Set<String> = []
        do {
            let report = try KeylessVerification.run(storage, level: .keyless, threads: 1)
            found = Set(report.findings.map(\.code.text))
            if !vector.json["generation"].isNull { #expect(report.generation == vector.json["generation"].number) }
            if let head = vector.json["head"].text { #expect(report.head.hex == head) }
        } catch {
            found = [error.code.text]
        }
        if isNotYet(vector.name) { return }
        Self.compare(found, vector.json["keyless"], "\(vector.name) keyless")
    }

    @Test(
        "a check with the key finds exactly what the vector says, and the mail comes out",
        arguments: Vector.of("archive")
    )
    func keyed(_ vector: Vector) throws {
        if isNotYet(vector.name) { return }
        let storage = try Self.open(vector)
        let secrets = try Self.secrets(vector.json["secrets"])
        let first = try #require(secrets.first)
        guard vector.json["read"].bool else {
            do {
                _ = try Archive(opening: storage, with: first.1)
                Issue.record("\(vector.name): opened")
            } catch {
                #expect(vector.json["keyed"]["codes"].texts.contains(error.code.text), "\(vector.name): \(error)")
            }
            return
        }
        for (name, secret) in secrets.dropFirst() {
            #expect(throws: Never.self, "\(vector.name) with \(name)") {
                _ = try Archive(opening: storage, with: secret)
            }
        }
        let archive = try Archive(opening: storage, with: first.1)
        #expect(archive.log.archiveID.hex == vector.json["archive_id"].text)
        var found: Set<String> = []
        do {
            found = Set(try KeyedVerification.run(archive, threads: 1).findings.map(\.code.text))
        } catch {
            found = [error.code.text]
        }
        Self.compare(found, vector.json["keyed"], "\(vector.name) keyed")
        for message in vector.json["messages"].array { try check(message, archive, vector.name) }
        for lost in vector.json["lost"].texts {
            let id = try #require(Bytes32(try hex(lost)))
            let position = try #require(archive.catalogue.positions[id], "\(vector.name): \(lost) is not listed")
            let size = archive.catalogue.messages[position].size
            #expect(throws: ArchiveError.self) { try archive.message(id, size: size) { (_) throws(ArchiveError) in } }
        }
        for original in vector.json["originals"].array { try check(original: original, archive, vector.name) }
    }

    private func check(_ message: JSON, _ archive: Archive, _ name: String) throws {
        let id = try #require(Bytes32(try hex(message["id"].text)))
        let position = try #require(archive.catalogue.positions[id], "\(name): \(id.hex) is not listed")
        let entry = archive.catalogue.messages[position]
        #expect(entry.size == message["size"].number)
        var bytes: [UInt8] = []
        do {
            try archive.message(id, size: entry.size) { (piece) throws(ArchiveError) in bytes.append(contentsOf: piece)
            }
            #expect(Blake2b.hash(bytes).hex == message["hash"].text, "\(name): \(id.hex)")
        } catch {
            Issue.record("\(name): \(id.hex): \(error)")
        }
        let folders = entry.placements.map { placement in
            let folder = archive.catalogue.folders[placement.folder]
            return ([folder.mailbox] + folder.path).map { hexadecimal($0) }.joined(separator: "/")
        }
        let expected = try message["folders"].array.map { folder in
            ([try #require(folder.array.first?.text)] + (folder.array.last?.texts ?? [])).joined(separator: "/")
        }
        #expect(folders.sorted() == expected.sorted(), "\(name): \(id.hex)")
    }

    private func check(original: JSON, _ archive: Archive, _ name: String) throws {
        let run = try hex(original["run"].text)
        let file = try #require(
            archive.catalogue.files.first {
                archive.catalogue.runs[$0.run].id == run && $0.number == original["file"].number
            }
        )
        #expect(file.path.map { hexadecimal($0) } == original["path"].texts, "\(name)")
        #expect(file.size == original["size"].number, "\(name)")
        var bytes: [UInt8] = []
        do {
            try archive.originalFile(file) { (piece) throws(ArchiveError) in bytes.append(contentsOf: piece) }
            #expect(Blake2b.hash(bytes).hex == original["hash"].text, "\(name)")
        } catch {
            Issue.record("\(name): \(error)")
        }
    }
}
