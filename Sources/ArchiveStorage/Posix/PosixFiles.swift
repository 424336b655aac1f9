internal import CPlatform
internal import Synchronization

/// A file opened for reading by `pread`.
final class PosixReadableFile: ReadableFile {
    let displayName: String
    let byteCount: UInt64
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor, displayName: String, byteCount: UInt64) {
        self.descriptor = descriptor
        self.displayName = displayName
        self.byteCount = byteCount
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        let outcome = Transfer.read(descriptor.number, at: offset, upTo: byteCount, into: buffer)
        guard outcome.errorNumber == 0 else {
            throw StorageError(.read, displayName, systemError: outcome.errorNumber)
        }
        return outcome.byteCount
    }

    func dropCache() { pa_advise(descriptor.number, Int32(PA_ADVICE_DROP.rawValue)) }
}

/// A file opened for writing by `pwrite` at a length that only this handle moves.
final class PosixWritableFile: WritableFile {
    private struct State: ~Copyable, Sendable {
        /// Nil when closed.
        var descriptor: Descriptor?
        var byteCount: UInt64
        /// The system tells of bytes it could not write only once; then they are gone.
        var failedSync: StorageError?
    }

    let displayName: String
    private let openedByteCount: UInt64
    private let state: Mutex<State>

    init(_ descriptor: consuming Descriptor, displayName: String, byteCount: UInt64) {
        self.displayName = displayName
        openedByteCount = byteCount
        state = Mutex(State(descriptor: descriptor, byteCount: byteCount, failedSync: nil))
    }

    var byteCount: UInt64 { state.withLock { $0.byteCount } }

    func append(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in
            let number = try descriptorNumber(of: state, .write)
            guard UInt64(Int64.max) - state.byteCount >= UInt64(bytes.count) else {
                throw StorageError(.write, displayName, .fileTooLarge)
            }
            let outcome = Transfer.write(number, bytes, at: state.byteCount)
            state.byteCount += UInt64(outcome.byteCount)
            try check(outcome, of: bytes.count, number)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in
            let number = try descriptorNumber(of: state, .write)
            guard offset <= state.byteCount, UInt64(bytes.count) <= state.byteCount - offset else {
                throw StorageError(.write, displayName, .outOfBounds)
            }
            try check(Transfer.write(number, bytes, at: offset), of: bytes.count, number)
        }
    }

    func truncate(to byteCount: UInt64) throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in
            let number = try descriptorNumber(of: state, .truncate)
            guard byteCount >= openedByteCount, byteCount <= state.byteCount else {
                throw StorageError(.truncate, displayName, .outOfBounds)
            }
            let result = pa_truncate(number, byteCount)
            guard result >= 0 else { throw StorageError(.truncate, displayName, systemError: -result) }
            state.byteCount = byteCount
        }
    }

    func sync() throws(StorageError) {
        try state.withLock { (state) throws(StorageError) in
            if let failed = state.failedSync { throw failed }
            let number = try descriptorNumber(of: state, .sync)
            let result = pa_sync_file(number)
            guard result >= 0 else {
                let error = StorageError(.sync, displayName, systemError: -result).withFreeSpace(number, wanted: nil)
                state.failedSync = error
                throw error
            }
        }
    }

    func close() throws(StorageError) {
        let errorNumber = state.withLock { state in
            guard let open = state.descriptor.take() else { return Int32(0) }
            return open.close()
        }
        guard errorNumber == 0 else { throw StorageError(.close, displayName, systemError: errorNumber) }
    }

    private func descriptorNumber(
        of state: borrowing State,
        _ operation: StorageError.Operation
    ) throws(StorageError) -> Int32 {
        switch state.descriptor {
        case .some(let descriptor): return descriptor.number
        case .none: throw StorageError(operation, displayName, .closed)
        }
    }

    private func check(_ outcome: Transfer.Outcome, of byteCount: Int, _ number: Int32) throws(StorageError) {
        let missing = UInt64(byteCount - outcome.byteCount)
        guard outcome.errorNumber == 0 else {
            throw StorageError(.write, displayName, systemError: outcome.errorNumber)
                .withFreeSpace(number, wanted: missing)
        }
        // A write that moves nothing and names no error is how some network file systems say "full".
        guard missing == 0 else {
            throw StorageError(.write, displayName, .noSpace(free: nil, wanted: nil))
                .withFreeSpace(number, wanted: missing)
        }
    }
}

extension StorageError {
    /// Adds to an error of a full medium how much is free there.
    func withFreeSpace(_ descriptorNumber: Int32, wanted: UInt64?) -> StorageError {
        guard case .noSpace(nil, nil) = cause else { return self }
        var free: UInt64 = 0
        let isKnown = pa_free_byte_count(descriptorNumber, &free) >= 0
        return StorageError(operation, place, .noSpace(free: isKnown ? free : nil, wanted: wanted))
    }
}

/// A lock by `flock`, held by a file description of its own.
final class PosixLock: StorageLock {
    private let descriptor: Mutex<Descriptor?>

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = Mutex(descriptor)
    }

    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor.take() else { return }
            // A child process may have inherited the description; unlocking ends the lock there too.
            _ = pa_unlock(held.number)
            _ = held.close()
        }
    }

    deinit { release() }
}
