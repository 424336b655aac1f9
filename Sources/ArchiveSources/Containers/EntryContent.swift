import ArchiveStorage

/// Takes the bytes of one entry: short ones into memory, long ones into a file without a name.
struct EntryContent {
    private let name: String
    private let meter: ContainerMeter
    private var bytes: [UInt8] = []
    private var spool: Spool?
    private var byteCount: UInt64 = 0

    private init(_ name: String, _ meter: ContainerMeter) {
        self.name = name
        self.meter = meter
    }

    /// What was read, and what kept the rest from being read.
    struct Outcome {
        var content: any RandomAccessBytes
        var fault: ContainerFault?
    }

    /// Reads an entry to its end.
    ///
    /// - Parameter buffer: Room that the caller keeps.
    static func read(
        _ name: String,
        within meter: ContainerMeter,
        through buffer: UnsafeMutableRawBufferPointer,
        from pull: (UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int
    ) -> Outcome {
        var content = EntryContent(name, meter)
        var fault: ContainerFault?
        do throws(ContainerFault) {
            while true {
                let count = try pull(buffer)
                guard count > 0 else { break }
                try content.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        } catch {
            fault = error
        }
        return Outcome(content: content.spool ?? MemoryBytes(content.bytes, name: name), fault: fault)
    }

    private mutating func add(_ more: UnsafeRawBufferPointer) throws(ContainerFault) {
        byteCount += UInt64(more.count)
        try meter.add(more.count)
        guard byteCount <= meter.limits.entryBytes else {
            throw ContainerFault("it unpacks to more than \(meter.limits.entryBytes) bytes")
        }
        do throws(StorageError) {
            if let spool { return try spool.append(more) }
            guard bytes.count + more.count > meter.limits.inMemory else {
                return bytes.append(contentsOf: more)
            }
            let file = try Spool(in: temporaryDirectory(), name: name)
            try bytes.withUnsafeBufferPointer { (b) throws(StorageError) in try file.append(UnsafeRawBufferPointer(b)) }
            try file.append(more)
            bytes = []
            spool = file
        } catch {
            throw ContainerFault(spool: error)
        }
    }
}
