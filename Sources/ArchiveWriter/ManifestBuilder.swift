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
        var placement = placement
        placement.run = position(run: run)
        placement.folder = position(folder: folder)
        current.messages.append(
            MessageEntry(content: content, size: size, placements: [placement], envelope: envelope)
        )
        let origin = placement.origin
        var size = 400 + (origin?.lead.count ?? 0) + (origin?.trail.count ?? 0) + 9 * (origin?.exceptions.count ?? 0)
        if let envelope {
            for field in [
                envelope.from, envelope.to, envelope.cc, envelope.subject, envelope.messageID, envelope.inReplyTo,
            ] {
                size += field?.count ?? 0
            }
        }
        grow(size)
    }

    /// Adds a source file; its run position is set here.
    package mutating func add(file: SourceFileEntry, run: [UInt8]) {
        var file = file
        file.run = position(run: run)
        current.files.append(file)
        grow(128 + file.tail.count + file.path.reduce(0) { $0 + $1.count })
    }

    /// Adds a reject; its run and folder positions are set here.
    package mutating func add(reject: RejectEntry, run: [UInt8], folder: Folder) {
        var reject = reject
        reject.run = position(run: run)
        reject.folder = position(folder: folder)
        current.rejects.append(reject)
        grow(256 + reject.text.count + 48 * reject.blobs.count)
    }

    mutating func takeFull() -> [Manifest] {
        let full = finished
        finished = []
        return full
    }

    mutating func take() -> [Manifest] {
        let all = isEmpty ? finished : finished + [current]
        self = ManifestBuilder()
        return all
    }
}
