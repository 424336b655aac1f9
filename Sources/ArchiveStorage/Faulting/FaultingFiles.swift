internal import Synchronization

/// A file opened for reading with faults under it.
final class FaultingReadableFile: ReadableFile {
    private let inner: any ReadableFile
    private let storage: FaultingStorage
    private let path: ArchivePath

    init(_ inner: any ReadableFile, _ storage: FaultingStorage, _ path: ArchivePath) {
        self.inner = inner
        self.storage = storage
        self.path = path
    }

    var displayName: String { inner.displayName }
    var byteCount: UInt64 { inner.byteCount }
    func dropCache() { inner.dropCache() }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        switch storage.effect(on: .read, path) {
        case nil: return try inner.read(at: offset, into: buffer)
        case .fails(let cause): throw StorageError(.read, displayName, cause)
        case .failsAfter(let byteCount, let cause):
            _ = try inner.read(at: offset, into: buffer.prefix(byteCount: byteCount))
            throw StorageError(.read, displayName, cause)
        case .endsAfter(let byteCount): return try inner.read(at: offset, into: buffer.prefix(byteCount: byteCount))
        case .inPieces(let pieceByteCount, let interruptions):
            return try transferInPieces(buffer.count, pieceByteCount, interruptions) { (range) throws(StorageError) in
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[range])
                return try inner.read(at: offset &+ UInt64(range.lowerBound), into: piece)
            }
        }
    }
}

/// A file opened for writing with faults under it.
final class FaultingWritableFile: WritableFile {
    private let inner: any WritableFile
    private let storage: FaultingStorage
    private let path: ArchivePath
    private let failedSync = Mutex<StorageError?>(nil)

    init(_ inner: any WritableFile, _ storage: FaultingStorage, _ path: ArchivePath) {
        self.inner = inner
        self.storage = storage
        self.path = path
    }

    var displayName: String { inner.displayName }
    var byteCount: UInt64 { inner.byteCount }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try transfer(bytes) { (piece, _) throws(StorageError) in try inner.append(piece) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        try transfer(bytes) { (piece, start) throws(StorageError) in
            try inner.write(piece, at: offset &+ UInt64(start))
        }
    }

    func truncate(to byteCount: UInt64) throws(StorageError) {
        try check(.truncate, .truncate)
        try inner.truncate(to: byteCount)
    }

    func sync() throws(StorageError) {
        if let failed = failedSync.withLock({ $0 }) { throw failed }
        do throws(StorageError) {
            try check(.sync, .sync)
        } catch {
            failedSync.withLock { $0 = error }
            throw error
        }
        try inner.sync()
    }

    func close() throws(StorageError) {
        try inner.close()
        try check(.close, .close)
    }

    private func check(_ call: Fault.Call, _ operation: StorageError.Operation) throws(StorageError) {
        switch storage.effect(on: call, path) {
        case .fails(let cause), .failsAfter(_, let cause): throw StorageError(operation, displayName, cause)
        case .endsAfter, .inPieces, nil: break
        }
    }

    private func transfer(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, Int) throws(StorageError) -> Void
    ) throws(StorageError) {
        switch storage.effect(on: .write, path) {
        case nil, .endsAfter: try body(bytes, 0)
        case .fails(let cause): throw error(cause, missing: bytes.count)
        case .failsAfter(let byteCount, let cause):
            let written = max(0, min(byteCount, bytes.count))
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<written]), 0)
            throw error(cause, missing: bytes.count - written)
        case .inPieces(let pieceByteCount, let interruptions):
            _ = try transferInPieces(bytes.count, pieceByteCount, interruptions) { (range) throws(StorageError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[range]), range.lowerBound)
                return range.count
            }
        }
    }

    private func error(_ cause: StorageError.Cause, missing: Int) -> StorageError {
        guard cause == .noSpace(free: nil, wanted: nil) else { return StorageError(.write, displayName, cause) }
        return StorageError(.write, displayName, .noSpace(free: 0, wanted: UInt64(missing)))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func prefix(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self[..<Swift.max(0, Swift.min(byteCount, count))])
    }
}

/// Moves bytes by the loop that the real storage uses, over calls that are short and interrupted.
private func transferInPieces(
    _ byteCount: Int,
    _ pieceByteCount: Int,
    _ interruptions: Int,
    _ body: (Range<Int>) throws(StorageError) -> Int
) throws(StorageError) -> Int {
    var failure: StorageError?
    var left = interruptions
    let outcome = Transfer.all(byteCount) { start in
        guard left == 0 else {
            left -= 1
            return -Int64(interruptedErrorNumber)
        }
        left = interruptions
        do throws(StorageError) {
            return Int64(try body(start..<min(byteCount, start + max(1, pieceByteCount))))
        } catch {
            failure = error
            return -1
        }
    }
    if let failure { throw failure }
    return outcome.byteCount
}
