import MailFormats

extension CompoundFile {
    /// Reads the directory as far as its chain can be followed; without its first sector nothing can be.
    func readDirectory() throws(OutlookError) {
        let most = (UInt64(Self.mostEntries) * UInt64(CompoundEntry.byteCount)) >> UInt64(header.shift)
        let chain = sectors.claimChain(from: header.directoryStart, most: most)
        let what = "the directory of the compound file"
        if chain.goesOn { throw OutlookError(.overLimit, at: 48, what) }
        guard chain.sectorCount > 0 else { throw chain.fault ?? OutlookError(.damaged, at: 48, what) }
        if let fault = chain.fault { note(fault.reason, at: fault.offset, "\(what) breaks off: \(fault.detail)") }
        for extent in chain.extents {
            let offset = (UInt64(extent.start) + 1) << UInt64(header.shift)
            let length = Int(extent.count) << header.shift
            let bytes = try source.available(length, at: offset, what)
            directory += bytes
            guard bytes.count == length else {
                note(.cutShort, at: offset + UInt64(bytes.count), what)
                break
            }
        }
        guard let root = entry(Self.root) else {
            throw OutlookError(.damaged, at: (UInt64(header.directoryStart) + 1) << UInt64(header.shift), what)
        }
        guard root.kind == .root else { throw OutlookError(.damaged, at: place(of: root), "the root of the directory") }
    }

    /// Finds what each storage holds; an entry that is met twice is followed once.
    func walkTree() {
        let count = UInt32(directory.count / CompoundEntry.byteCount)
        var seen = BitSet(count: count)
        seen.insert(Self.root)
        var storages = [Self.root]
        while let storage = storages.popLast() {
            guard let holder = entry(storage), holder.child != CompoundEntry.none else { continue }
            var found: [UInt32] = []
            // Behind the left subtree of an entry comes the entry itself, so each lies on the stack twice.
            var stack: [(id: UInt32, isOpened: Bool)] = [(holder.child, false)]
            while let (id, isOpened) = stack.popLast() {
                if isOpened {
                    found.append(id)
                    continue
                }
                guard id < count, seen.insert(id) else {
                    note(.damaged, at: place(of: holder), "the directory's tree in \(holder.name) has a wrong branch")
                    continue
                }
                guard let entry = entry(id), entry.kind != .root else {
                    note(.damaged, at: place(of: holder), "a free entry in the directory's tree in \(holder.name)")
                    continue
                }
                if entry.right != CompoundEntry.none { stack.append((entry.right, false)) }
                stack.append((id, true))
                if entry.left != CompoundEntry.none { stack.append((entry.left, false)) }
                if entry.isStorage { storages.append(id) }
            }
            children[storage] = found
        }
        var lost = 0
        for id in 0..<count where !seen.contains(id) && entry(id) != nil { lost += 1 }
        if lost > 0 {
            note(
                .damaged,
                at: (UInt64(header.directoryStart) + 1) << UInt64(header.shift),
                "\(lost) entries of the directory are in no storage"
            )
        }
    }

    /// Finds the mini stream and its FAT, as far as their chains can be followed.
    func openMiniStream() {
        guard let root = entry(Self.root), root.byteCount > 0 else { return }
        let shift = header.shift
        let size = UInt64(1) << UInt64(shift)
        let needed = min(root.byteCount, source.byteCount) / size + 1
        let table = sectors.claimChain(from: header.miniFATStart, most: needed / 16 + 2)
        let chain = sectors.claimChain(from: root.start, most: needed)
        for fault in [table.fault, chain.fault].compactMap(\.self) {
            note(fault.reason, at: fault.offset, "the mini stream breaks off: \(fault.detail)")
        }
        var length = min(root.byteCount, chain.sectorCount * size)
        if let end = chain.end(of: source.byteCount, origin: size, shift: shift), end < length {
            note(.cutShort, at: source.byteCount, "the mini stream")
            length = end
        } else if length < root.byteCount, chain.fault == nil {
            note(.damaged, at: place(of: root), "the mini stream is shorter than its size")
        }
        let count = UInt32(clamping: (length + 63) / 64)
        miniStream = ChainSource(source, origin: size, shift: shift, extents: chain.extents, byteCount: length)
        var places: [UInt32] = []
        for extent in table.extents { places += (0..<extent.count).map { extent.start + $0 } }
        miniSectors = SectorSpace(
            count: count,
            table: SectorTable(source, shift: shift, sectors: places, name: "mini FAT"),
            name: "mini sector"
        )
    }

    /// Follows each stream's chain once, so that chains that cross are known as such before one is used.
    func claimStreams() {
        for id in children.keys.sorted() {
            for entry in entries(of: id) where entry.kind == .stream && entry.byteCount > 0 {
                let size = entry.byteCount
                if size < CompoundHeader.miniStreamCutoff {
                    _ = miniSectors?.claimChain(from: entry.start, most: (size + 63) / 64)
                } else {
                    let shift = UInt64(header.shift)
                    _ = sectors.claimChain(from: entry.start, most: size >> shift + 1)
                }
            }
        }
    }
}

extension SectorSpace.Chain {
    /// Whether a stream of a length lies wholly within the bytes that there are.
    func isWithin(_ available: UInt64, origin: UInt64, shift: Int, _ length: UInt64) -> Bool {
        guard let end = end(of: available, origin: origin, shift: shift) else { return true }
        return end >= length
    }

    /// How many bytes of the chain are there; nil where all of its sectors are whole.
    func end(of available: UInt64, origin: UInt64, shift: Int) -> UInt64? {
        for extent in extents {
            let start = origin + UInt64(extent.start) << UInt64(shift)
            guard start + UInt64(extent.count) << UInt64(shift) > available else { continue }
            return UInt64(extent.position) << UInt64(shift) + (available > start ? available - start : 0)
        }
        return nil
    }
}
