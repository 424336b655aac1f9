/// The bytes of a file in memory, in pages that copies share until one of them changes a page.
struct FileContent: Sendable {
    static let pageByteCount = 4096

    private(set) var byteCount = 0
    /// Each page holds `pageByteCount` bytes (zero beyond the length), or none: then it reads as zeros.
    private var pages: [[UInt8]] = []

    /// Copies bytes into the buffer; fewer only at the end.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard offset < UInt64(byteCount) else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, byteCount - start)
        var done = 0
        while done < count {
            let (page, within, length) = Self.part(start + done, count - done)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + length])
            if pages[page].isEmpty {
                target.initializeMemory(as: UInt8.self, repeating: 0)
            } else {
                pages[page].withUnsafeBytes {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[within..<within + length]))
                }
            }
            done += length
        }
        return count
    }

    /// Writes bytes and grows the file where needed; what lies between reads as zeros.
    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard !bytes.isEmpty else { return }
        resize(to: max(byteCount, offset + bytes.count))
        var done = 0
        while done < bytes.count {
            let (page, within, length) = Self.part(offset + done, bytes.count - done)
            let source = UnsafeRawBufferPointer(rebasing: bytes[done..<done + length])
            if length == Self.pageByteCount {
                pages[page] = Array(source)
            } else {
                if pages[page].isEmpty { pages[page] = Array(repeating: 0, count: Self.pageByteCount) }
                pages[page].withUnsafeMutableBytes {
                    UnsafeMutableRawBufferPointer(rebasing: $0[within..<within + length]).copyMemory(from: source)
                }
            }
            done += length
        }
    }

    /// Sets the length; new bytes read as zeros.
    mutating func resize(to newByteCount: Int) {
        let pageCount = (newByteCount + Self.pageByteCount - 1) / Self.pageByteCount
        if newByteCount < byteCount {
            pages.removeLast(pages.count - pageCount)
            let tail = newByteCount % Self.pageByteCount
            if tail > 0, !pages[pageCount - 1].isEmpty {
                for index in tail..<Self.pageByteCount { pages[pageCount - 1][index] = 0 }
            }
        } else if pageCount > pages.count {
            pages.append(contentsOf: repeatElement([], count: pageCount - pages.count))
        }
        byteCount = newByteCount
    }

    /// The page that holds an offset, the place in it, and how many of `count` bytes are in that page.
    private static func part(_ offset: Int, _ count: Int) -> (page: Int, within: Int, length: Int) {
        let within = offset % pageByteCount
        return (offset / pageByteCount, within, min(count, pageByteCount - within))
    }
}
