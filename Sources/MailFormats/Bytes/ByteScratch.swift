/// Memory that is used again and again for bytes on their way, so that no message costs an allocation.
package struct ByteScratch: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer

    /// Makes an empty scratch; memory comes with the first use.
    package init() { memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { memory.deallocate() }

    /// At least so many bytes of memory, with undefined content; it is valid until the next call.
    ///
    /// - Parameter byteCount: how many are needed; the caller has checked it against a limit.
    package mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if memory.count < byteCount {
            memory.deallocate()
            memory = .allocate(byteCount: max(byteCount, 4096) + byteCount / 4, alignment: 64)
        }
        return memory
    }
}
