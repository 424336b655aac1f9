/// The names in one directory, sorted bytewise, each with what the file system told of it along with the name.
package struct SourceDirectoryNames: Sendable {
    /// All names, one after the other.
    let bytes: [UInt8]
    let names: [(start: Int, byteCount: Int, kind: FileKind?)]

    /// Sorts names that were read.
    init(_ bytes: [UInt8], _ found: [(start: Int, byteCount: Int, kind: FileKind?)]) {
        var names = found
        bytes.withUnsafeBytes { bytes in
            names.sort { left, right in
                bytes[left.start..<left.start + left.byteCount]
                    .lexicographicallyPrecedes(bytes[right.start..<right.start + right.byteCount])
            }
        }
        self.bytes = bytes
        self.names = names
    }

    /// No names.
    package init() { self.init([], []) }

    /// Names with what they stand for; nil: not told.
    package init(_ list: [(name: [UInt8], kind: FileKind?)]) {
        var bytes: [UInt8] = []
        var names: [(start: Int, byteCount: Int, kind: FileKind?)] = []
        for (name, kind) in list {
            names.append((bytes.count, name.count, kind))
            bytes += name
        }
        self.init(bytes, names)
    }

    /// How many there are.
    package var count: Int { names.count }

    /// One name, and what it stands for as far as the file system told.
    package subscript(_ index: Int) -> (name: ArraySlice<UInt8>, kind: FileKind?) {
        let (start, byteCount, kind) = names[index]
        return (bytes[start..<start + byteCount], kind)
    }

    /// Where a name stands; nil when it is not there.
    package func index(of name: some Collection<UInt8>) -> Int? {
        var low = 0
        var high = names.count
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < names.count && self[low].name.elementsEqual(name) ? low : nil
    }

    /// Whether the name is there, whatever it stands for.
    package func contains(_ name: some Collection<UInt8>) -> Bool { index(of: name) != nil }

    /// Whether the name is there and may be a file.
    package func hasFile(_ name: some Collection<UInt8>) -> Bool {
        guard let index = index(of: name) else { return false }
        return names[index].kind.map { $0 == .file } ?? true
    }

    /// Whether the name is there and may be a directory.
    package func hasDirectory(_ name: some Collection<UInt8>) -> Bool {
        guard let index = index(of: name) else { return false }
        return names[index].kind.map { $0 == .directory } ?? true
    }
}
