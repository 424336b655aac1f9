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
            guard tree.leaves.indices.contains(index) else { throw PartError.noSuchPart(index) }
            var size: UInt64 = 0
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
        }
    }
}
