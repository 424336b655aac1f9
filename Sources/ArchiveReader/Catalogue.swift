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
    /// Source files: the last entry of each.
    public internal(set) var files: [SourceFileEntry] = []
    /// Bytes that are no message: rejects, and what is kept for a message's sake (`isKept`).
    public internal(set) var rejects: [RejectEntry] = []

    /// The position of a message by the id of its content.
    public internal(set) var positions: [Bytes32: Int] = [:]
    /// Messages of which no manifest has the envelope.
    package internal(set) var lackingEnvelope: Set<Bytes32> = []

    /// How many pieces and items were rejected.
    public var rejectCount: Int { rejects.count { !$0.isKept } }
}

struct CatalogueBuilder {
    var catalogue = Catalogue()
    private var runPositions: [[UInt8]: Int] = [:]
    private var folderPositions: [Folder: Int] = [:]
    private var filePositions: [FileID: Int] = [:]

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

    private mutating func add(_ file: SourceFileEntry) {
        let id = FileID(run: file.run, file: file.number)
        if let position = filePositions[id] {
            catalogue.files[position] = file
        } else {
            filePositions[id] = catalogue.files.count
            catalogue.files.append(file)
        }
    }

    mutating func add(_ manifest: Manifest) {
        let runs = manifest.runs.map { position(run: $0) }
        let folders = manifest.folders.map { position(folder: $0) }
        for var file in manifest.files {
            file.run = runs[file.run]
            add(file)
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

/// A piece or an item of a source file.
private struct ItemID: Hashable {
    var run: Int
    var file: UInt64
    var ordinal: UInt64
}

extension CatalogueBuilder {
    /// The catalogue when all manifests were added: what an import that was continued gave twice counts once.
    ///
    /// Spec: format.md, section 8.4.
    mutating func finished() -> Catalogue {
        for index in catalogue.messages.indices where catalogue.messages[index].placements.count > 1 {
            CatalogueBuilder.unite(&catalogue.messages[index].placements)
        }
        if !catalogue.rejects.isEmpty { uniteRejects() }
        return catalogue
    }

    /// Of several placements of one item in one folder the last counts.
    private static func unite(_ placements: inout [Placement]) {
        struct Place: Hashable {
            var item: ItemID
            var folder: Int
        }
        var met: Set<Place> = []
        let kept = placements.reversed().filter { placement in
            guard let origin = placement.origin else { return true }
            let item = ItemID(run: placement.run, file: origin.file, ordinal: origin.ordinal)
            return met.insert(Place(item: item, folder: placement.folder)).inserted
        }
        if kept.count < placements.count { placements = kept.reversed() }
    }

    /// Of several rejects of one item the last counts, and none where a message was made of it after all.
    private mutating func uniteRejects() {
        var last: [ItemID: Int] = [:]
        for (index, reject) in catalogue.rejects.enumerated() { last[ItemID(reject)] = index }
        for message in catalogue.messages {
            for placement in message.placements {
                guard let origin = placement.origin else { continue }
                let item = ItemID(run: placement.run, file: origin.file, ordinal: origin.ordinal)
                if let index = last[item], !catalogue.rejects[index].isKept { last[item] = nil }
            }
        }
        guard last.count < catalogue.rejects.count else { return }
        catalogue.rejects = last.values.sorted().map { catalogue.rejects[$0] }
    }
}

extension ItemID {
    init(_ reject: RejectEntry) {
        self.init(run: reject.run, file: reject.file, ordinal: reject.ordinal)
    }
}
