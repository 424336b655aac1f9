extension MessageDisplay {
    /// Hands the decoded bytes of one part to `sink`, in pieces of at most 64 KiB, and returns how many they were.
    ///
    /// A message within the message comes byte for byte. Errors: `PartError.noSuchPart`, and whatever `sink` throws.
    @discardableResult
    package static func decodePart(
        _ index: Int,
        of bytes: UnsafeRawBufferPointer,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> UInt64 {
        try MIMETree.withTree(of: bytes, maximumLeaves: DisplayOptions().maximumParts) { tree in
            var size: UInt64 = 0
            guard tree.leaves.indices.contains(index) else {
                guard index >= 0, let part = enclosed(in: tree, index) else { throw PartError.noSuchPart(index) }
                try part.forEachPiece { piece in
                    size += UInt64(piece.count)
                    try sink(piece)
                }
                return size
            }
            try PartContent(tree.leaves[index].object).forEachPiece { piece in
                size += UInt64(piece.count)
                try sink(piece)
                return true
            }
            return size
        }
    }

    /// Hands the decoded bytes of all parts `isWanted` picks to `sink`, parsing the message once.
    ///
    /// The parts come in order, each in pieces of at most 64 KiB; a part without bytes comes as one empty piece. The
    /// sizes in the parts given are 0. Errors: whatever `sink` throws.
    package static func decodeParts(
        of bytes: UnsafeRawBufferPointer,
        where isWanted: (DisplayPart) -> Bool,
        into sink: (DisplayPart, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try MIMETree.withTree(of: bytes, maximumLeaves: DisplayOptions().maximumParts) { tree in
            for (index, leaf) in tree.leaves.enumerated() {
                let part = part(index, leaf, measuring: false)
                guard isWanted(part) else { continue }
                var isEmpty = true
                try PartContent(leaf.object).forEachPiece { piece in
                    isEmpty = false
                    try sink(part, piece)
                    return true
                }
                if isEmpty { try sink(part, UnsafeRawBufferPointer(start: nil, count: 0)) }
            }
            try forEachEnclosed(in: tree) { enclosed, index, within in
                let part = enclosed.part(index, within: within, measuring: false)
                guard isWanted(part) else { return true }
                var isEmpty = true
                try enclosed.forEachPiece { piece in
                    isEmpty = false
                    try sink(part, piece)
                }
                if isEmpty { try sink(part, UnsafeRawBufferPointer(start: nil, count: 0)) }
                return true
            }
        }
    }

    /// The attachment within TNEF that is listed under a number.
    private static func enclosed(in tree: borrowing MIMETree, _ wanted: Int) -> EnclosedPart? {
        var found: EnclosedPart?
        forEachEnclosed(in: tree) { part, index, _ in
            if index == wanted { found = part }
            return found == nil
        }
        return found
    }

    /// Hands the attachments within TNEF to `body`, with their numbers and those of the parts they are in, until it
    /// returns false.
    private static func forEachEnclosed(
        in tree: borrowing MIMETree,
        _ body: (EnclosedPart, _ index: Int, _ within: Int) throws -> Bool
    ) rethrows {
        var next = tree.leaves.count
        for (within, leaf) in tree.leaves.enumerated() {
            guard let enclosed = EnclosedParts(leaf) else { continue }
            for part in enclosed.parts.prefix(max(0, DisplayOptions().maximumParts - next)) {
                guard try body(part, next, within) else { return }
                next += 1
            }
        }
    }
}
