import ArchiveCrypto
public import ArchiveFormat
import MailFormats

extension Archive {
    /// Makes an imported file again, byte for byte, and checks it (Spec, format.md, section 8.4).
    ///
    /// The bytes are given as they are made; an error at the end means that what was given is not the file.
    /// - Throws: `original` (E608) when a piece is missing, or size or hash are not those of the file; also for files that
    ///   are never made again (`SourceFileEntry.isMadeAgain`).
    public func originalFile(
        _ file: SourceFileEntry,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let making = OriginalMaking(
            catalogue: catalogue,
            pieceIndex: pieceIndex,
            keys: access.read.append,
            message: { (content, size, sink) throws(ArchiveError) in try self.message(content, size: size, sink) },
            blob: { (id, sink) throws(ArchiveError) in try self.object(ObjectKey(id, .blob), sink) }
        )
        try making.file(file, name: shown(file), sink)
    }

    /// The path of an imported file below its source, for people.
    package func shown(_ file: SourceFileEntry) -> String {
        let path = file.path.isEmpty ? [catalogue.runs[file.run].name] : file.path
        return path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }
}

/// Makes an imported file of its pieces (Spec, format.md, section 8.4).
struct OriginalMaking {
    typealias Sink = (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    let catalogue: Catalogue
    let pieceIndex: PieceIndex
    let keys: AppendKeys
    let message: (Bytes32, UInt64, Sink) throws(ArchiveError) -> Void
    let blob: (Bytes32, Sink) throws(ArchiveError) -> Void

    func file(_ file: SourceFileEntry, name: String, _ sink: Sink) throws(ArchiveError) {
        guard !file.isOpened else { throw ArchiveError(.original, name, "only what was in it was kept") }
        guard !file.isUnfinished else { throw ArchiveError(.original, name, "its import was broken off") }
        let pieces = pieces(of: file)
        let hash = FileHash(keys)
        var size: UInt64 = 0
        func give(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
            hash.update(bytes)
            size += UInt64(bytes.count)
            guard size <= file.size else { throw ArchiveError(.original, name, "longer than it was") }
            try sink(bytes)
        }
        func give(_ bytes: [UInt8]) throws(ArchiveError) {
            try bytes.withUnsafeBufferPointer { (b) throws(ArchiveError) in try give(UnsafeRawBufferPointer(b)) }
        }
        guard UInt64(pieces.count) == file.pieceCount else {
            throw ArchiveError(.original, name, "\(pieces.count) of \(file.pieceCount) pieces")
        }
        for (ordinal, piece) in pieces.enumerated() {
            guard piece.ordinal == UInt64(ordinal) else {
                throw ArchiveError(.original, name, "piece \(ordinal) is missing")
            }
            switch piece {
            case .message(let content, let messageSize, let origin):
                try give(origin.lead)
                try quoted(content, messageSize, origin) { (bytes) throws(ArchiveError) in try give(bytes) }
                try give(origin.trail)
            case .reject(let reject):
                for blob in reject.blobs {
                    try self.blob(blob.id) { (bytes) throws(ArchiveError) in try give(bytes) }
                }
            }
        }
        try give(file.tail)
        guard size == file.size else { throw ArchiveError(.original, name, "\(size) of \(file.size) bytes") }
        if let expected = file.hash, hash.finish() != expected { throw ArchiveError(.original, name, "hash") }
    }

    private func quoted(
        _ content: Bytes32,
        _ size: UInt64,
        _ origin: Origin,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        guard origin.quoting != 0 else { return try message(content, size, sink) }
        var stream = MboxQuotingStream.redoing(
            origin.quoting == 1 ? .o : .rd,
            lineEnds: origin.lineEnd == 1 ? .cr : .lf,
            exceptions: QuotingExceptions(
                ordinals: origin.exceptions.map { UInt32(clamping: $0) },
                verbatimFrom: origin.verbatimFrom.map { UInt32(clamping: $0) }
            )
        )
        var out: [UInt8] = []
        try message(content, size) { (bytes) throws(ArchiveError) in
            out.removeAll(keepingCapacity: true)
            stream.consume(bytes, into: &out)
            try out.withUnsafeBufferPointer { (b) throws(ArchiveError) in try sink(UnsafeRawBufferPointer(b)) }
        }
        out.removeAll(keepingCapacity: true)
        stream.finish(into: &out)
        try out.withUnsafeBufferPointer { (b) throws(ArchiveError) in try sink(UnsafeRawBufferPointer(b)) }
    }

    private enum Piece {
        case message(Bytes32, UInt64, Origin)
        case reject(RejectEntry)

        var ordinal: UInt64 {
            switch self {
            case .message(_, _, let origin): origin.ordinal
            case .reject(let reject): reject.ordinal
            }
        }
    }

    private func pieces(of file: SourceFileEntry) -> [Piece] {
        var pieces: [Piece] = []
        for place in pieceIndex.messages[FileID(run: file.run, file: file.number)] ?? [] {
            let message = catalogue.messages[place.message]
            if let origin = message.placements[place.placement].origin {
                pieces.append(.message(message.content, message.size, origin))
            }
        }
        for index in pieceIndex.rejects[FileID(run: file.run, file: file.number)] ?? [] {
            pieces.append(.reject(catalogue.rejects[index]))
        }
        return pieces.sorted { $0.ordinal < $1.ordinal }
    }
}

/// A source file by its run and number.
struct FileID: Hashable, Sendable {
    var run: Int
    var file: UInt64
}

/// Which messages and rejects are pieces of which source file.
struct PieceIndex: Sendable {
    var messages: [FileID: [(message: Int, placement: Int)]] = [:]
    var rejects: [FileID: [Int]] = [:]

    init(_ catalogue: Catalogue) {
        for (index, message) in catalogue.messages.enumerated() {
            // Placements in several folders may name one piece: of them the last counts.
            var met: Set<[UInt64]> = []
            for (position, placement) in message.placements.enumerated().reversed() {
                guard let origin = placement.origin, !origin.isMade else { continue }
                if message.placements.count > 1 {
                    let piece = [UInt64(placement.run), origin.file, origin.ordinal]
                    guard met.insert(piece).inserted else { continue }
                }
                messages[FileID(run: placement.run, file: origin.file), default: []].append((index, position))
            }
        }
        for (index, reject) in catalogue.rejects.enumerated() {
            rejects[FileID(run: reject.run, file: reject.file), default: []].append(index)
        }
    }
}
