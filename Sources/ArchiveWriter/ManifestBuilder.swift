package import ArchiveFormat

/// Collects manifest entries and cuts them into records of bounded size (Spec, format.md, section 8.4).
package struct ManifestBuilder: Sendable {
    private var finished: [Manifest] = []
    private var current = Manifest()
    private var folderPositions: [Folder: Int] = [:]
    private var weight = 0

    /// Bytes, roughly, at which a manifest record is cut.
    private static let target = 2 << 20

    package init() {}

    package var isEmpty: Bool {
        finished.isEmpty && current.messages.isEmpty && current.files.isEmpty && current.rejects.isEmpty
    }

    private mutating func position(run: [UInt8]) -> Int {
        if let position = current.runs.firstIndex(of: run) { return position }
        current.runs.append(run)
        return current.runs.count - 1
    }

    private mutating func position(folder: Folder) -> Int {
        if let position = folderPositions[folder] { return position }
        folderPositions[folder] = current.folders.count
        current.folders.append(folder)
        weight += folder.path.reduce(64 + folder.mailbox.count) { $0 + $1.count + 3 }
        return current.folders.count - 1
    }

    private mutating func grow(_ bytes: Int) {
        weight += bytes
        guard weight > ManifestBuilder.target else { return }
        finished.append(current)
        current = Manifest()
        folderPositions = [:]
        weight = 0
    }

    /// Adds a message with one placement, whose run and folder positions are set here.
    package mutating func add(
        content: Bytes32,
        size: UInt64,
        envelope: MailEnvelope?,
        run: [UInt8],
        folder: Folder,
        placement: Placement
    ) {
        add(content: content, size: size, envelope: envelope, run: run, places: [(folder, placement)])
    }

    /// Adds a message with a placement in each of some folders, such as one for each of its labels.
    ///
    /// Run and folder positions of the placements are set here. All that name one piece of a file have the same origin;
    /// the record of the item need stand in one of them only.
    ///
    /// - Parameter places: at least one.
    package mutating func add(
        content: Bytes32,
        size: UInt64,
        envelope: MailEnvelope?,
        run: [UInt8],
        places: [(folder: Folder, placement: Placement)]
    ) {
        guard !places.isEmpty else { return }
        let placements = places.map { place in
            var placement = place.placement
            placement.run = position(run: run)
            placement.folder = position(folder: place.folder)
            return placement
        }
        current.messages.append(
            MessageEntry(content: content, size: size, placements: placements, envelope: envelope)
        )
        var size = 300 + placements.reduce(0) { $0 + ManifestBuilder.byteCount($1) }
        if let envelope {
            for field in [
                envelope.from, envelope.to, envelope.cc, envelope.subject, envelope.messageID, envelope.inReplyTo,
            ] {
                size += field?.count ?? 0
            }
        }
        grow(size)
    }

    /// Bytes that a placement takes, roughly.
    private static func byteCount(_ placement: Placement) -> Int {
        var size = 100 + 48 * placement.record.count + placement.labels.reduce(0) { $0 + $1.count + 3 }
        guard let origin = placement.origin else { return size }
        size += origin.lead.count + origin.trail.count + 9 * origin.exceptions.count + origin.item.count
        return size
    }

    /// Adds a source file; its run position is set here.
    ///
    /// Of several entries of one run and number the last counts: one that is marked unfinished may be added when the
    /// work on the file begins, and another when it is done.
    package mutating func add(file: SourceFileEntry, run: [UInt8]) {
        var file = file
        file.run = position(run: run)
        current.files.append(file)
        grow(128 + file.tail.count + file.evidence.count + file.path.reduce(0) { $0 + $1.count })
    }

    /// Adds a reject; its run and folder positions are set here.
    package mutating func add(reject: RejectEntry, run: [UInt8], folder: Folder) {
        var reject = reject
        reject.run = position(run: run)
        reject.folder = position(folder: folder)
        current.rejects.append(reject)
        grow(256 + reject.text.count + reject.item.count + 48 * reject.blobs.count)
    }

    mutating func takeFull() -> [Manifest] {
        let full = finished
        finished = []
        return full
    }

    package mutating func take() -> [Manifest] {
        let all = isEmpty ? finished : finished + [current]
        self = ManifestBuilder()
        return all
    }
}
