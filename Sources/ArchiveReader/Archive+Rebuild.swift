package import ArchiveCrypto
public import ArchiveFormat
import ArchiveStorage
import MailFormats

extension Archive {
    /// Reads one object, trying each of its places until one checks (Spec, format.md, section 8.3).
    ///
    /// Parts and blobs are checked against their id; a content is checked by what it rebuilds to.
    package func object<Value>(
        _ key: ObjectKey,
        _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Value
    ) throws(ArchiveError) -> Value {
        var last: ArchiveError?
        // What the closure makes of a part or blob does not speak against this copy.
        var failure: ArchiveError?
        for place in places[key] where failure == nil {
            do throws(ArchiveError) {
                let record = try records.record(
                    segment: place.segment,
                    offset: UInt64(place.recordUnit) * 64,
                    type: RecordType.objects.rawValue,
                    caching: true
                )
                let start = Int(place.position)
                guard start >= 4, start + Int(place.size) <= record.bytes.count else {
                    throw ArchiveError(.objectLayout, key.id.hex)
                }
                return try record.bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                    let bytes = UnsafeRawBufferPointer(buffer).slice(start, Int(place.size))
                    if key.kind != .content, access.read.append.contentID(of: bytes) != key.id {
                        throw ArchiveError(.objectId, key.id.hex)
                    }
                    do throws(ArchiveError) {
                        return try body(bytes)
                    } catch {
                        if key.kind != .content { failure = error }
                        throw error
                    }
                }
            } catch {
                last = error
            }
        }
        if let failure { throw failure }
        var error = ArchiveError(.objectMissing, key.id.hex, last.map { "\($0)" } ?? "")
        error.cause = last.map { $0.cause ?? $0.code }
        throw error
    }

    /// Gives the bytes of a message to a closure, piece by piece, after they were proven to be the message.
    ///
    /// A message of up to 16 MiB is held in memory, a longer one is rebuilt twice: once to prove it, once to give it.
    /// - Throws: `objectMissing` (E601) when no place holds a good copy; what the closure throws.
    public func message(
        _ content: Bytes32,
        size: UInt64,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let rebuilding = rebuilding
        // Another place is tried when a copy is bad, never when the sink failed: it would get bytes twice.
        var sinkFailure: ArchiveError?
        do throws(ArchiveError) {
            try object(ObjectKey(content, .content)) { (bytes) throws(ArchiveError) in
                if let sinkFailure { throw sinkFailure }
                try rebuilding.message(bytes, content: content, size: size) { (piece) throws(ArchiveError) in
                    if let sinkFailure { throw sinkFailure }
                    do throws(ArchiveError) {
                        try sink(piece)
                    } catch {
                        sinkFailure = error
                        throw error
                    }
                }
            }
        } catch {
            throw sinkFailure ?? error
        }
    }
}

extension Archive {
    /// Gives the store's own record of an item to a closure, blob by blob, each proven first (Spec, format.md, section 8.4).
    ///
    /// - Throws: `objectMissing` (E601) when no place holds a good copy; what the closure throws.
    public func record(
        of placement: Placement,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        for blob in placement.record {
            try object(ObjectKey(blob.id, .blob)) { (bytes) throws(ArchiveError) in
                guard bytes.count == Int(blob.size) else {
                    throw ArchiveError(.objectLayout, blob.id.hex, "size of a blob")
                }
                try sink(bytes)
            }
        }
    }

    /// Makes messages of the objects of this archive.
    var rebuilding: MessageRebuilding {
        MessageRebuilding(keys: access.read.append) { (key, body) throws(ArchiveError) in
            try self.object(key, body)
        }
    }
}

/// Makes a message of its content object and the parts that this names (Spec, format.md, section 8.2).
struct MessageRebuilding {
    let keys: AppendKeys
    /// Gives an object whose id has been checked.
    let object: (ObjectKey, (UnsafeRawBufferPointer) throws(ArchiveError) -> Void) throws(ArchiveError) -> Void

    func message(
        _ bytes: UnsafeRawBufferPointer,
        content: Bytes32,
        size: UInt64,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        if size <= UInt64(Limits.recordPlaintext) {
            var message: [UInt8] = []
            message.reserveCapacity(Int(size))
            try rebuild(bytes, size: size) { (piece) throws(ArchiveError) in message.append(contentsOf: piece) }
            try message.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                let raw = UnsafeRawBufferPointer(buffer)
                guard keys.contentID(of: raw) == content else {
                    throw ArchiveError(.objectId, content.hex)
                }
                try sink(raw)
            }
        } else {
            try prove(bytes, content: content, size: size)
            try rebuild(bytes, size: size, sink)
        }
    }

    /// Makes the message and checks that it is the one named, without keeping it.
    func prove(_ bytes: UnsafeRawBufferPointer, content: Bytes32, size: UInt64) throws(ArchiveError) {
        let hash = StreamingHash(keys.contentHasher())
        try rebuild(bytes, size: size) { (piece) throws(ArchiveError) in hash.update(piece) }
        guard hash.finish() == content else { throw ArchiveError(.objectId, content.hex) }
    }

    /// Follows the recipe of a content object (Spec, format.md, section 8.2).
    private func rebuild(
        _ object: UnsafeRawBufferPointer,
        size: UInt64,
        _ sink: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let split: (recipe: Recipe?, literals: UnsafeRawBufferPointer)
        do throws(FormatError) {
            split = try Recipe.split(object)
        } catch {
            throw ArchiveError(error, "recipe")
        }
        var given: UInt64 = 0
        func give(_ piece: UnsafeRawBufferPointer) throws(ArchiveError) {
            given += UInt64(piece.count)
            guard given <= size else { throw ArchiveError(.overSize, "recipe") }
            try sink(piece)
        }
        guard let recipe = split.recipe else {
            guard UInt64(split.literals.count) <= size else { throw ArchiveError(.overSize, "recipe") }
            guard UInt64(split.literals.count) == size else { throw ArchiveError(.recipe, "recipe", "size") }
            return try sink(split.literals)
        }
        var position = 0
        for step in recipe.steps {
            switch step {
            case .literal(let count):
                guard count <= UInt64(split.literals.count - position) else { throw ArchiveError(.recipe, "literals") }
                try give(split.literals.slice(position, Int(count)))
                position += Int(count)
            case .verbatim(let parts):
                for part in parts {
                    try self.part(part) { (bytes) throws(ArchiveError) in try give(bytes) }
                }
            case .base64(let parts, let lineLength, let lineEnd):
                guard var encoder = MessageAssembly.encoder(parts, lineLength, lineEnd) else {
                    throw ArchiveError(.recipe, "base64")
                }
                var scratch: [UInt8] = []
                for part in parts {
                    try self.part(part) { (bytes) throws(ArchiveError) in
                        var offset = 0
                        while offset < bytes.count {
                            let chunk = bytes.slice(offset, min(1 << 20, bytes.count - offset))
                            offset += chunk.count
                            let capacity = encoder.capacity(forDecoded: chunk.count)
                            if scratch.count < capacity { scratch = [UInt8](repeating: 0, count: capacity) }
                            let count = scratch.withUnsafeMutableBytes { encoder.consume(chunk, into: $0) }
                            try scratch.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                                try give(UnsafeRawBufferPointer(buffer).slice(0, count))
                            }
                        }
                    }
                }
            }
        }
        guard position == split.literals.count, given == size else { throw ArchiveError(.recipe, "recipe", "size") }
    }

    private func part(
        _ part: Recipe.Part,
        _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        try object(ObjectKey(part.id, .part)) { (bytes) throws(ArchiveError) in
            guard bytes.count == Int(part.size) else { throw ArchiveError(.recipe, part.id.hex, "size of a part") }
            try body(bytes)
        }
    }
}

/// A streaming hash that closures can share.
package final class StreamingHash {
    private var hash: Blake2b

    package init(_ hash: consuming Blake2b) { self.hash = hash }
    package func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }
    package func finish() -> Bytes32 { hash.current() }
}
