import ArchiveStorage
import MailFormats

/// Bytes that pile up: in memory at first, then in one file without a name, however many parts they have.
final class OLMSpool {
    private let name: String
    private let inMemory: Int
    private var memory: [UInt8] = []
    private var spool: Spool?
    private(set) var byteCount: UInt64 = 0
    /// What kept the temporary file from being written.
    private(set) var fault: ContainerFault?

    init(name: String, inMemory: Int = 1 << 20) {
        self.name = name
        self.inMemory = inMemory
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(ContainerFault) {
        do throws(StorageError) {
            if spool == nil, memory.count + bytes.count > inMemory {
                let file = try Spool(in: temporaryDirectory(), name: name)
                try memory.withUnsafeBufferPointer { (b) throws(StorageError) in
                    try file.append(UnsafeRawBufferPointer(b))
                }
                memory = []
                spool = file
            }
            if let spool { try spool.append(bytes) } else { memory.append(contentsOf: bytes) }
            byteCount += UInt64(bytes.count)
        } catch {
            let fault = ContainerFault(spool: error)
            self.fault = fault
            throw fault
        }
    }

    /// All of it.
    var bytes: any RandomAccessBytes { spool ?? MemoryBytes(memory, name: name) }
}

/// A part of a file, as the mail formats want it.
struct OLMSpoolPart: ByteSource {
    let file: any RandomAccessBytes
    let range: Range<UInt64>

    var byteCount: UInt64 { range.upperBound - range.lowerBound }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
        guard offset < byteCount else { return 0 }
        let count = Int(min(UInt64(buffer.count), byteCount - offset))
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        return try FileByteSource(file: file).read(at: range.lowerBound + offset, into: part)
    }
}
