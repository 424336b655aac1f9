extension Commit {
    /// Whether the capabilities of a certificate allow what the commit does (cryptography.md, section 4).
    package func isPermitted(by capabilities: Capabilities) -> Bool {
        for change in changes {
            let needed: Capabilities
            if change.kind == .segment || change.kind == .checkpoint {
                needed = change.operation == .removed ? .compact : .append
            } else {
                needed = .derived
            }
            if !capabilities.contains(needed) { return false }
        }
        return true
    }
}

extension ArchiveState {
    /// What applying a commit needs to know beyond its body.
    package struct CommitPlace: Sendable {
        /// Segment in the record header: where copy S stands.
        package var segment: UInt32
        /// Offset in the record header.
        package var offset: UInt64
        /// Pages of the whole commit record, padded.
        package var pages: UInt8

        package init(segment: UInt32, offset: UInt64, pages: UInt8) {
            self.segment = segment
            self.offset = offset
            self.pages = pages
        }
    }

    /// Applies a commit by the rules of format.md, section 7.2.
    ///
    /// Signatures, certificates and the chain are the caller's to check, before; the state root after.
    /// - Throws: `commitRule` (E412) for a change that the rules forbid, `writerVoid` (E403) for a writer that is revoked
    ///   or lacks a capability.
    package mutating func apply(_ commit: Commit, place: CommitPlace) throws(FormatError) {
        let certificate = try Certificate(parsingSigned: commit.certificate)
        try admit(certificate, of: commit)
        var carrier: FileChange?
        var last: (FileKind, UInt32)?
        let highest = highestNumbers()
        for change in commit.changes {
            if let last, last >= (change.kind, change.number) { throw FormatError(.commitRule) }
            last = (change.kind, change.number)
            if change.kind == .segment, change.carriesContent {
                guard carrier == nil else { throw FormatError(.commitRule) }
                carrier = change
            }
            try apply(change, highest: highest, writer: certificate.writerKey, commit: commit, place: place)
        }
        guard let carrier, carrier.number == place.segment, carrier.length == place.offset else {
            throw FormatError(.commitRule)
        }
        journalDebris.append(contentsOf: commit.journalDebris)
        try checkCheckpoint(commit)
        try learnWriters(certificate, commit)
    }

    private func admit(_ certificate: Certificate, of commit: Commit) throws(FormatError) {
        guard !isRevoked(certificate.writerKey), commit.isPermitted(by: certificate.capabilities) else {
            throw FormatError(.writerVoid)
        }
    }

    /// Whether a commit so far revoked the writer.
    package func isRevoked(_ writerKey: Bytes32) -> Bool {
        for writer in writers where writer.key == writerKey { return writer.isRevoked }
        return false
    }

    private func highestNumbers() -> [(FileKind, UInt32)] {
        var highest: [(FileKind, UInt32)] = []
        for (index, file) in files.enumerated() where index + 1 == files.count || files[index + 1].kind != file.kind {
            highest.append((file.kind, file.number))
        }
        return highest
    }

    private mutating func apply(
        _ change: FileChange,
        highest: [(FileKind, UInt32)],
        writer: Bytes32,
        commit: Commit,
        place: CommitPlace
    ) throws(FormatError) {
        let rule = FormatError(.commitRule)
        let isSegment = change.kind == .segment
        let position = index(change.kind, change.number)
        switch change.operation {
        case .removed:
            guard let position else { throw rule }
            touch(position)
            files.remove(at: position)
        case .closed:
            guard isSegment else { throw rule }
            if let position {
                // Also one that the commit before sealed: a crash can have torn its copy S (section 7.9).
                let isNew = files[position].generation == commit.generation - 1
                guard files[position].state == .open || (files[position].state == .sealed && isNew) else { throw rule }
                touch(position)
                files[position].state = .closed
                files[position].tailPages = 0
                files[position].debrisLength = change.debrisLength
                files[position].debrisRoot = change.debrisRoot
            } else {
                var file = LiveFile(
                    kind: .segment,
                    number: change.number,
                    length: 0,
                    root: ArchiveState.rootOfNothing,
                    state: .closed,
                    tailPages: 0,
                    generation: commit.generation
                )
                file.debrisLength = change.debrisLength
                file.debrisRoot = change.debrisRoot
                insert(file)
            }
        case .added, .extended, .sealed:
            guard isSegment || change.operation == .added else { throw rule }
            if isSegment {
                guard change.length % UInt64(Limits.page) == 0, change.length > 0,
                    change.length <= UInt64(Limits.segment)
                else { throw rule }
                guard try EnvelopeLayout(parsing: change.envelope).writerKey == writer else { throw rule }
            }
            let most = change.kind == .checkpoint ? UInt64(Limits.checkpoint) : 1 << 40
            guard change.length <= most else { throw rule }
            let pointer = PointerBlob(generation: commit.generation, blob: change.pointers)
            if let position {
                guard change.operation != .added, files[position].state == .open else { throw rule }
                let before = files[position]
                let least = before.length + UInt64(before.tailPages) * UInt64(Limits.page)
                guard change.length >= least, before.envelope == change.envelope else { throw rule }
                touch(position)
                files[position].length = change.length
                files[position].root = change.root
                files[position].state = change.operation == .sealed ? .sealed : .open
                files[position].tailPages = place.pages
                files[position].generation = commit.generation
                files[position].pointers.append(pointer)
            } else {
                guard change.operation != .extended else { throw rule }
                for (kind, number) in highest where kind == change.kind && number >= change.number { throw rule }
                var file = LiveFile(
                    kind: change.kind,
                    number: change.number,
                    length: change.length,
                    root: change.root,
                    state: .plain,
                    tailPages: 0,
                    generation: commit.generation
                )
                if isSegment {
                    file.state = change.operation == .sealed ? .sealed : .open
                    file.tailPages = place.pages
                    file.envelope = change.envelope
                    file.pointers = [pointer]
                }
                insert(file)
            }
        }
    }

    /// Key 9 names the newest live checkpoint, and every 256 generations there must be one (format.md, section 7.6).
    private func checkCheckpoint(_ commit: Commit) throws(FormatError) {
        var newest: LiveFile?
        for file in files where file.kind == .checkpoint {
            newest = file
        }
        if let newest {
            guard let reference = commit.checkpoint, reference.generation == UInt64(newest.number),
                reference.length == newest.length, reference.root == newest.root,
                reference.generation < commit.generation
            else { throw FormatError(.commitRule) }
        } else {
            guard commit.checkpoint == nil else { throw FormatError(.commitRule) }
        }
        if commit.generation > 1, commit.generation % Limits.checkpointInterval == 1 {
            guard UInt64(newest?.number ?? 0) == commit.generation - 1 else { throw FormatError(.commitRule) }
        }
        for change in commit.changes where change.kind == .checkpoint && change.operation == .added {
            guard UInt64(change.number) == commit.generation - 1 else { throw FormatError(.commitRule) }
        }
    }

    private mutating func learnWriters(_ own: Certificate, _ commit: Commit) throws(FormatError) {
        try learn(own.writerKey, commit.certificate)
        for certificate in commit.certificates {
            try learn(try Certificate(parsingSigned: certificate).writerKey, certificate)
        }
        for revocation in commit.revocations {
            let key = try Revocation(parsingSigned: revocation).writerKey
            var isKnown = false
            for index in writers.indices where writers[index].key == key {
                writers[index].isRevoked = true
                isKnown = true
            }
            guard isKnown else { throw FormatError(.commitRule) }
        }
        guard writers.count <= Limits.writers else { throw FormatError(.commitRule) }
    }

    mutating func learn(_ key: Bytes32, _ certificate: [UInt8]) throws(FormatError) {
        var position = 0
        while position < writers.count, writers[position].key < key {
            position += 1
        }
        if position < writers.count, writers[position].key == key { return }
        writers.insert(WriterState(key: key, certificate: certificate, isRevoked: false), at: position)
    }

    /// root of the empty byte string: BLAKE2b-256 of 0x01 and eight zero bytes; a constant, since this room has no hash.
    static var rootOfNothing: Bytes32 {
        Bytes32(
            words: 0x6136_1896_7FBA_B1F7,
            0x4C90_B94B_CFA7_AD93,
            0x21A7_DE03_30AB_5E17,
            0xEE5E_B436_01FD_45D2
        )
    }
}
