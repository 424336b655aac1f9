import PstWire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard output, which leads to the tool.
final class Output {
    private var pending: [UInt8] = []

    init() { pending.reserveCapacity(Output.full + PstWire.largestPayload) }

    private static let full = 1 << 16

    func send(_ kind: PstWire.Kind, _ payload: some Collection<UInt8> = [UInt8]()) {
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { pending.append(contentsOf: $0) }
        pending.append(kind.rawValue)
        pending.append(contentsOf: payload)
        if pending.count >= Output.full { flush() }
    }

    func send(_ kind: PstWire.Kind, _ fill: (inout WireBytes) -> Void) {
        var payload = WireBytes()
        fill(&payload)
        send(kind, payload.bytes)
    }

    /// Sends text; what is too long for a report is cut.
    func send(_ kind: PstWire.Kind, text: String) {
        send(kind, text.utf8.prefix(1024))
    }

    /// Hands over all that waits: before anything that may be the end of this process.
    func flush() {
        var from = 0
        pending.withUnsafeBytes { bytes in
            while from < bytes.count {
                let count = write(1, bytes.baseAddress.map { $0 + from }, bytes.count - from)
                if count > 0 {
                    from += count
                } else if errno != EINTR {
                    // Nobody reads any more.
                    _exit(1)
                }
            }
        }
        pending.removeAll(keepingCapacity: true)
    }
}
