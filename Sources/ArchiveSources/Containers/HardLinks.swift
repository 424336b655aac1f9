/// The hard links of a tar: names for bytes that stand under another name.
struct HardLinks {
    private(set) var waiting: [[UInt8]: [EntryName]] = [:]
    private var count = 0

    /// Remembers a link; false when there are too many.
    mutating func add(_ name: EntryName, to target: [UInt8], limit: Int) -> Bool {
        guard count < limit else { return false }
        count += 1
        waiting[Self.plain(target), default: []].append(name)
        return true
    }

    mutating func take(_ target: [UInt8]) -> [EntryName] { waiting.removeValue(forKey: Self.plain(target)) ?? [] }

    private static func plain(_ name: [UInt8]) -> [UInt8] {
        name.starts(with: "./".utf8) ? Array(name.dropFirst(2)) : name
    }
}

extension ContainerReader {
    /// Reads the container again for the files that have several names; their links come last.
    func openLinks() throws(ContainerFault) -> LibarchivePull? { links.waiting.isEmpty ? nil : try openStream() }

    /// Goes to the next file that has more names; false when no more can be found.
    func stepLinks(_ stream: LibarchivePull) throws(ContainerFault) -> Bool {
        while !links.waiting.isEmpty {
            switch try stream.nextHeader() {
            case .end: return false
            case .failed: continue
            case .entry: break
            }
            guard stream.hardLink == nil, stream.fileType == 0o100000 else { continue }
            let names = links.take(stream.name)
            guard let first = names.first else { continue }
            let outcome = readContent(first) { (b) throws(ContainerFault) in try stream.pull(into: b) }
            for name in names { try give(name, outcome) }
            return !stream.isBroken
        }
        return false
    }

    /// Tells of the links to what is not there.
    func failLinks() {
        let left = links.waiting.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        links = HardLinks()
        for (target, names) in left {
            let text = "it is a hard link to \(String(decoding: target, as: UTF8.self)), which is not in the container"
            for name in names { failed(name, ContainerFault(text)) }
        }
    }
}
