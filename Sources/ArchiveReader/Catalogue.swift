public import ArchiveFormat

/// One message of an archive with all its placements.
public struct CatalogueMessage: Sendable {
    /// Id of the content.
    public var content: Bytes32
    /// Size in bytes.
    public var size: UInt64
    /// Header fields for listing.
    public var envelope: MailEnvelope
    /// Where it lies; `run` and `folder` are positions in the catalogue's tables.
    public var placements: [Placement]
}

/// Messages, source files, rejects, folders and runs of an archive, merged over all manifests.
public struct Catalogue: Sendable {
    /// Runs; the last record of each.
    public internal(set) var runs: [Run] = []
    /// Folders.
    public internal(set) var folders: [Folder] = []
    /// Messages, in the order in which they were first stored.
    public internal(set) var messages: [CatalogueMessage] = []
    /// Source files.
    public internal(set) var files: [SourceFileEntry] = []
    /// Rejects.
    public internal(set) var rejects: [RejectEntry] = []

    /// The position of a message by the id of its content.
    public internal(set) var positions: [Bytes32: Int] = [:]
    /// Messages of which no manifest has the envelope.
    package internal(set) var lackingEnvelope: Set<Bytes32> = []
}

struct CatalogueBuilder {
    var catalogue = Catalogue()
    private var runPositions: [[UInt8]: Int] = [:]
    private var folderPositions: [Folder: Int] = [:]

    private mutating func position(run id: [UInt8]) -> Int {
        if let position = runPositions[id] { return position }
        runPositions[id] = catalogue.runs.count
        catalogue.runs.append(Run(id: id, name: [], kind: 0, start: 0))
        return catalogue.runs.count - 1
    }

    private mutating func position(folder: Folder) -> Int {
        if let position = folderPositions[folder] { return position }
        folderPositions[folder] = catalogue.folders.count
        catalogue.folders.append(folder)
        return catalogue.folders.count - 1
    }

    mutating func add(_ run: Run) {
        catalogue.runs[position(run: run.id)] = run
    }

    mutating func add(_ manifest: Manifest) {
        let runs = manifest.runs.map { position(run: $0) }
        let folders = manifest.folders.map { position(folder: $0) }
        for var file in manifest.files {
            file.run = runs[file.run]
            catalogue.files.append(file)
        }
        for var reject in manifest.rejects {
            reject.run = runs[reject.run]
            reject.folder = folders[reject.folder]
            catalogue.rejects.append(reject)
        }
        catalogue.messages.reserveCapacity(catalogue.messages.count + manifest.messages.count)
        for message in manifest.messages {
            var placements = message.placements
            for index in placements.indices {
                placements[index].run = runs[placements[index].run]
                placements[index].folder = folders[placements[index].folder]
            }
            if let position = catalogue.positions[message.content] {
                catalogue.messages[position].placements += placements
                if let envelope = message.envelope {
                    catalogue.messages[position].envelope = envelope
                    catalogue.lackingEnvelope.remove(message.content)
                }
            } else {
                if message.envelope == nil { catalogue.lackingEnvelope.insert(message.content) }
                catalogue.positions[message.content] = catalogue.messages.count
                catalogue.messages.append(
                    CatalogueMessage(
                        content: message.content,
                        size: message.size,
                        envelope: message.envelope ?? MailEnvelope(),
                        placements: placements
                    )
                )
            }
        }
    }
}
