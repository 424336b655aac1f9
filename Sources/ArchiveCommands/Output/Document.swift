import ArchiveReader

/// What every document of `--json` begins with (Docs/json.md, Docs/json.schema.json).
enum Document {
    /// The name of the schema; another name would mean that members changed their meaning or went away.
    static let schema = "portable-archive/1"

    /// `schema` and `command`, and `archive`, the path as it was given.
    static func head(_ command: String, _ archive: String? = nil) -> [(String, JSONValue)] {
        let head: [(String, JSONValue)] = [("schema", .string(schema)), ("command", .string(command))]
        return archive.map { head + [("archive", .string($0))] } ?? head
    }

    /// The same, with what opening the archive found.
    static func head(_ command: String, _ archive: String, _ findings: [Finding]) -> [(String, JSONValue)] {
        head(command, archive) + [("findings", .array(findings.map { FindingText.json($0) }))]
    }
}
