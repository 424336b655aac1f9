import Synchronization

/// Memory for large blocks of bytes that is used again, instead of coming fresh from the system each time.
///
/// Fresh memory costs a page fault for each 4 KiB, which took more time than the hash of the bytes in it.
package final class BufferPool: Sendable {
    private struct Free: @unchecked Sendable {
        var blocks: [UnsafeMutableRawBufferPointer] = []
        var byteCount = 0
    }

    /// Blocks are given out in multiples of this many bytes.
    private static let granule = 256 << 10
    private let limit: Int
    private let free = Mutex(Free())

    /// A pool that keeps at most so many bytes of memory that nobody uses.
    package init(keeping limit: Int) { self.limit = limit }

    deinit {
        free.withLock { free in
            for block in free.blocks { block.deallocate() }
        }
    }

    /// A block of at least `byteCount` bytes, with undefined content; the caller has checked the count against a limit.
    package func take(_ byteCount: Int) -> PooledBuffer {
        let wanted = (max(byteCount, 1) + BufferPool.granule - 1) / BufferPool.granule * BufferPool.granule
        let kept = free.withLock { free -> Free in
            // The smallest that is long enough.
            var best: Int?
            for (index, block) in free.blocks.enumerated() where block.count >= wanted {
                if best.map({ free.blocks[$0].count > block.count }) ?? true { best = index }
            }
            guard let best else { return Free() }
            let block = free.blocks.remove(at: best)
            free.byteCount -= block.count
            return Free(blocks: [block], byteCount: block.count)
        }
        let memory = kept.blocks.first ?? UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: 64)
        return PooledBuffer(memory, of: self)
    }

    fileprivate func give(_ memory: UnsafeMutableRawBufferPointer) {
        let block = Free(blocks: [memory], byteCount: memory.count)
        let isKept = free.withLock { free in
            guard free.byteCount + block.byteCount <= limit else { return false }
            free.blocks += block.blocks
            free.byteCount += block.byteCount
            return true
        }
        if !isKept { memory.deallocate() }
    }
}

/// A block of memory from a pool, given back with the last reference.
///
/// Unchecked: whoever holds it passes it on whole; two threads never touch the same bytes at once.
package final class PooledBuffer: @unchecked Sendable {
    /// The bytes; at least as many as were asked for.
    package let memory: UnsafeMutableRawBufferPointer
    private let pool: BufferPool

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer, of pool: BufferPool) {
        self.memory = memory
        self.pool = pool
    }

    deinit { pool.give(memory) }

    /// The first bytes, to write.
    package func prefix(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[0..<byteCount])
    }

    /// Some of the bytes, to read.
    package func slice(_ offset: Int, _ byteCount: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[offset..<offset + byteCount])
    }
}
