extension ArchiveState {
    /// Applies what a commit says without its rules: for a commit that a head vouches for and that breaks one.
    ///
    /// The damage has been reported; reading goes on with the best state there is (format.md, section 7.7, step 4). Files
    /// are removed only where the caller has proof that this is the state that the writer meant: its root.
    package mutating func force(_ commit: Commit, place: CommitPlace, removing: Bool) {
        for change in commit.changes where removing || change.operation != .removed {
            force(change, commit.generation, place)
        }
        journalDebris.append(contentsOf: commit.journalDebris)
        for certificate in [commit.certificate] + commit.certificates {
            guard let parsed = try? Certificate(parsingSigned: certificate) else { continue }
            try? learn(parsed.writerKey, certificate)
        }
        for revocation in commit.revocations {
            guard let key = try? Revocation(parsingSigned: revocation).writerKey else { continue }
            for index in writers.indices where writers[index].key == key { writers[index].isRevoked = true }
        }
    }

    private mutating func force(_ change: FileChange, _ generation: UInt64, _ place: CommitPlace) {
        let position = index(change.kind, change.number)
        let isSegment = change.kind == .segment
        var file =
            position.map { files[$0] }
            ?? LiveFile(
                kind: change.kind,
                number: change.number,
                length: 0,
                root: ArchiveState.rootOfNothing,
                state: .closed,
                tailPages: 0,
                generation: generation
            )
        switch change.operation {
        case .removed:
            if let position {
                touch(position)
                files.remove(at: position)
            }
            return
        case .closed:
            file.state = .closed
            file.tailPages = 0
            file.debrisLength = change.debrisLength
            file.debrisRoot = change.debrisRoot
        case .added, .extended, .sealed:
            let most = isSegment ? UInt64(Limits.segment) : 1 << 40
            guard change.length <= most else { return }
            file.length = change.length
            file.root = change.root
            file.generation = generation
            file.state = .plain
            if isSegment {
                file.state = change.operation == .sealed ? .sealed : .open
                file.tailPages = place.pages
                file.envelope = change.envelope
                file.pointers.append(PointerBlob(generation: generation, blob: change.pointers))
            }
        }
        if let position {
            touch(position)
            files[position] = file
        } else {
            insert(file)
        }
    }
}
