import ArchiveReader
import ArchiveStorage
import CPlatform
import PstWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One run of `portable-archive-pst`, and what it sends.
///
/// Nothing of it is believed.
final class PstProcess {
    /// Why there is nothing more to be had from it.
    enum Failure: Error {
        /// It sent nothing for so many seconds, and was ended.
        case silent(seconds: Int)
        /// It ended by itself: by a signal, or with a status.
        case ended(signal: Int32?, status: Int32)
        /// It says that the store cannot be read at all.
        case unreadable(String)
        /// What it sent makes no sense.
        case senseless(String)
        case system(Int32)

        var text: String {
            switch self {
            case .silent(let seconds): "its reader gave no sign for \(seconds) s"
            case .ended(let signal?, _): "its reader crashed (signal \(signal))"
            case .ended(nil, let status): "its reader ended before its time (status \(status))"
            case .unreadable(let text): "the store cannot be read: \(text)"
            case .senseless(let text): "its reader sent what makes no sense: \(text)"
            case .system(let number): "its reader cannot be run, or heard: \(String(cString: strerror(number)))"
            }
        }
    }

    private let process: Int32
    private let output: Int32
    private var isRunning = true
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private var filled = 0..<0

    /// Starts the helper over the file at a descriptor.
    init(_ program: String, _ options: [String], descriptor: Int32) throws(Failure) {
        let arguments = [program] + options
        let copies = arguments.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var output: Int32 = -1
        let pointers = copies.map { UnsafePointer($0) } + [nil]
        let result = pa_spawn(program, pointers, descriptor, &output)
        guard result > 0 else { throw .system(-result) }
        process = result
        self.output = output
    }

    deinit {
        if isRunning { _ = pa_reap(process, 1) }
        _ = pa_close(output)
        buffer.deallocate()
    }

    /// The next record; waits for so many seconds at most.
    func next(within seconds: Int) throws(Failure) -> (kind: PstWire.Kind, payload: [UInt8]) {
        var head: [UInt8] = []
        try read(5, within: seconds, into: &head)
        let count = head.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= PstWire.largestPayload else { throw fail(.senseless("a record of \(count) bytes")) }
        guard let kind = PstWire.Kind(rawValue: head[4]) else { throw fail(.senseless("a record of kind \(head[4])")) }
        var payload: [UInt8] = []
        payload.reserveCapacity(count)
        try read(count, within: seconds, into: &payload)
        return (kind, payload)
    }

    private func read(_ count: Int, within seconds: Int, into bytes: inout [UInt8]) throws(Failure) {
        while bytes.count < count {
            if filled.isEmpty {
                let found = pa_read_within(output, buffer.baseAddress, buffer.count, Int32(clamping: seconds * 1000))
                if found == -Int64(ETIMEDOUT) { throw fail(.silent(seconds: seconds)) }
                guard found >= 0 else { throw fail(.system(Int32(clamping: -found))) }
                guard found > 0 else { throw ended() }
                filled = 0..<Int(found)
            }
            let piece = filled.prefix(count - bytes.count)
            bytes.append(contentsOf: buffer[piece])
            filled = piece.upperBound..<filled.upperBound
        }
    }

    /// Ends the process at once.
    func kill() {
        guard isRunning else { return }
        isRunning = false
        _ = pa_reap(process, 1)
    }

    private func fail(_ failure: Failure) -> Failure {
        kill()
        return failure
    }

    private func ended() -> Failure {
        guard isRunning else { return .ended(signal: nil, status: -1) }
        isRunning = false
        var number: Int32 = 0
        let isSignal = pa_end_of(pa_reap(process, 0), &number) != 0
        return .ended(signal: isSignal ? number : nil, status: isSignal ? 0 : number)
    }
}
