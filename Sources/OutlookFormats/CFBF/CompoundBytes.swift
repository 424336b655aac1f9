import MailFormats

extension ByteSource {
    /// So many bytes from an offset on, all of them.
    func whole(_ count: Int, at offset: UInt64, _ what: String) throws(OutlookError) -> [UInt8] {
        let bytes = try available(count, at: offset, what)
        guard bytes.count == count else {
            throw OutlookError(.cutShort, at: offset + UInt64(bytes.count), what)
        }
        return bytes
    }

    /// At most so many bytes from an offset on; fewer only where the source ends.
    func available(_ count: Int, at offset: UInt64, _ what: String) throws(OutlookError) -> [UInt8] {
        guard count > 0, offset < byteCount else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(min(UInt64(count), byteCount - offset)))
        var filled = 0
        var failure: ByteSourceError?
        bytes.withUnsafeMutableBytes { room in
            while filled < room.count {
                do throws(ByteSourceError) {
                    let count = try read(
                        at: offset + UInt64(filled),
                        into: UnsafeMutableRawBufferPointer(rebasing: room[filled...])
                    )
                    guard count > 0 else { return }
                    filled += count
                } catch {
                    failure = error
                    return
                }
            }
        }
        if let failure { throw OutlookError(.unreadable, at: failure.offset, "\(what): \(failure.reason)") }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }
}

extension Array where Element == UInt8 {
    /// The little-endian number of 16 bits at an offset; nil where the bytes end before it does.
    func number16(at offset: Int) -> UInt16? {
        guard offset >= 0, offset <= count - 2 else { return nil }
        return UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
    }

    /// The little-endian number of 32 bits at an offset; nil where the bytes end before it does.
    func number32(at offset: Int) -> UInt32? {
        guard let low = number16(at: offset), let high = number16(at: offset + 2) else { return nil }
        return UInt32(low) | UInt32(high) << 16
    }

    /// The little-endian number of 64 bits at an offset; nil where the bytes end before it does.
    func number64(at offset: Int) -> UInt64? {
        guard let low = number32(at: offset), let high = number32(at: offset + 4) else { return nil }
        return UInt64(low) | UInt64(high) << 32
    }
}
