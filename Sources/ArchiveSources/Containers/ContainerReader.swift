import ArchiveReader
import ArchiveStorage

/// Gives the files of a zip, tar, 7z, rar or cpio, or the one file of a compressed file, in the order of the container.
///
/// Of a zip, lists that describe mail come first; what is streamed has them where they stand.
///
/// A zip is read by its directory, so that each entry stands for itself and a damaged one costs nothing but itself; where
/// the directory is damaged, the entries are read one after the other. Everything else is streamed. What stands before
/// damage is given; the damage is told once, and an entry that is cut there is given as far as it goes only where it can
/// hold several messages. Containers within are files: how deep they are followed is for the caller to say.
final class ContainerReader: SourceReader {
    enum Stage {
        case zip(ZipDirectory)
        case stream(LibarchivePull)
        /// The container is read again for its hard links.
        case links(LibarchivePull)
        case end
    }

    let file: any RandomAccessBytes
    let name: [UInt8]
    let meter: ContainerMeter
    /// One compressed file rather than a container: then its one entry is named after it.
    let isBareFile: Bool
    private let magic: ContainerMagic?
    private var stage = Stage.end
    private var events: [SourceEvent] = []
    /// Told at the end, when all that can be had was given.
    private var lastFault: ContainerFault?
    var links = HardLinks()
    private var ordinal: UInt64 = 0
    /// Where the tar under work begins, when several stand one after the other.
    private var start: UInt64 = 0
    private let room = FastInflatePull.Room()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)

    /// Opens a container.
    ///
    /// - Parameters:
    ///   - name: The file's name, without its path.
    ///   - budget: What was unpacked so far: one for all containers of a source.
    init(_ file: any RandomAccessBytes, name: [UInt8], budget: ContainerBudget = ContainerBudget()) {
        self.file = file
        self.name = name
        meter = ContainerMeter(budget, packed: file.byteCount)
        var head = [UInt8](repeating: 0, count: ContainerMagic.prefixLength)
        let count = head.withUnsafeMutableBytes { (try? file.read(at: 0, into: $0)) ?? 0 }
        magic = head.withUnsafeBytes {
            ContainerMagic(prefix: UnsafeRawBufferPointer(rebasing: $0[..<count]), name: name)
        }
        isBareFile = magic?.isFilter == true
        do throws(ContainerFault) {
            if magic == .zip, let directory = zipDirectory() {
                stage = .zip(directory)
            } else {
                stage = .stream(try openStream())
            }
        } catch {
            fail(error)
        }
    }

    deinit { buffer.deallocate() }

    /// Whether these are the first bytes of a container.
    ///
    /// - Parameter prefix: The first `ContainerMagic.prefixLength` bytes, or all of a shorter file.
    static func recognises(prefix: UnsafeRawBufferPointer, name: some Collection<UInt8>) -> Bool {
        ContainerMagic(prefix: prefix, name: name) != nil
    }

    func next() throws(ArchiveError) -> SourceEvent? {
        while true {
            if !events.isEmpty { return events.removeFirst() }
            do throws(ContainerFault) {
                switch stage {
                case .zip(let directory): try step(directory)
                case .stream(let stream): try step(stream)
                case .links(let stream): if try !stepLinks(stream) { stage = .end }
                case .end:
                    failLinks()
                    guard events.isEmpty else { continue }
                    guard let lastFault else { return nil }
                    self.lastFault = nil
                    events.append(.failed(FoundFailure(folder: [], identifier: text, text: lastFault.description)))
                }
            } catch {
                if let spool = error.spool { throw ArchiveError(spool) }
                stage = .end
                fail(error)
            }
        }
    }

    private var text: String { String(decoding: name, as: UTF8.self) }

    /// The first fault is the one that is told.
    private func fail(_ fault: ContainerFault) { if lastFault == nil { lastFault = fault } }

    private func zipDirectory() -> ZipDirectory? {
        do throws(ContainerFault) {
            return try ZipDirectory(file)
        } catch {
            fail(ContainerFault(error.text + "; its files were read one after the other", at: error.offset))
            return nil
        }
    }

    func openStream(at start: UInt64 = 0) throws(ContainerFault) -> LibarchivePull {
        switch magic {
        case .gzip: try unpacked(InflatePull(FilePull(file), .gzip), at: start)
        // libarchive wants to see 24 bytes behind an entry, though fewer may be left.
        case .zip: try LibarchivePull(FramedPull([], FilePull(file), [UInt8](repeating: 0, count: 64)), .zipStream)
        case .tar: try LibarchivePull(FilePull(file, start..<file.byteCount), .tar)
        case .cpio: try LibarchivePull(FilePull(file), .cpio)
        case .sevenZip: try LibarchivePull(FilePull(file), .sevenZip)
        case .rar: try LibarchivePull(FilePull(file), .rar)
        case nil: throw ContainerFault("it is no container that can be read", at: 0)
        default: try unpacked(LibarchivePull(FilePull(file), .filter), at: start)
        }
    }

    private func unpacked(_ source: any PulledBytes, at start: UInt64) throws(ContainerFault) -> LibarchivePull {
        if let filter = source as? LibarchivePull {
            switch try filter.nextHeader() {
            case .failed(let fault): throw fault
            case .entry, .end: break
            }
        }
        var left = start
        while left > 0 {
            let count = try source.pull(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(left, 1 << 18))))
            )
            guard count > 0 else { break }
            left -= UInt64(count)
        }
        return try LibarchivePull(source, .unpacked)
    }

    // MARK: Zip

    private func step(_ directory: ZipDirectory) throws(ContainerFault) {
        guard let entry = try directory.nextListsFirst() else {
            stage = .end
            return
        }
        try meter.addEntry()
        let name = EntryName(entry.name, ordinal: entry.ordinal)
        switch entry.fileType {
        case 0o120000: return events.append(.skipped(path: name.components, .link))
        case 0o010000, 0o020000, 0o060000, 0o140000: return events.append(.skipped(path: name.components, .special))
        default: break
        }
        if name.isDirectory, entry.byteCount == 0 { return }
        guard entry.name.count <= meter.limits.pathBytes else { return tooLong(name) }
        do throws(ContainerFault) {
            let pull = try ZipEntryPull(entry, in: directory, room)
            let outcome = readContent(name) { (b) throws(ContainerFault) in try pull.pull(into: b) }
            try give(name, outcome)
            if pull.isNamedTwice, outcome.fault == nil {
                failed(name, ContainerFault("its name differs from the zip's directory", at: entry.offset))
            }
        } catch {
            if error.isLimit || error.spool != nil { throw error }
            failed(name, error)
        }
    }

    // MARK: Streams

    private func step(_ stream: LibarchivePull) throws(ContainerFault) {
        switch try stream.nextHeader() {
        case .failed(let fault):
            ordinal += 1
            failed(EntryName(stream.name, ordinal: ordinal), fault)
        case .end: try finish(stream)
        case .entry:
            ordinal += 1
            try meter.addEntry()
            try take(stream)
            if stream.isBroken { stage = .end }
        }
    }

    private func take(_ stream: LibarchivePull) throws(ContainerFault) {
        if stream.isRaw {
            guard start == 0 else { throw ContainerFault("what follows its end is no tar", at: stream.place) }
            return try give(EntryName(bareName, ordinal: 1), readContent(stream), isBare: true)
        }
        let raw = stream.name
        let name = EntryName(raw, ordinal: ordinal)
        if let target = stream.hardLink {
            if !links.add(name, to: target, limit: meter.limits.hardLinks) {
                failed(name, ContainerFault("it is a hard link, and there are too many of them", at: stream.place))
            }
            return
        }
        if stream.symbolicLink != nil || stream.fileType == 0o120000 {
            events.append(.skipped(path: name.components, .link))
            return try discard(stream)
        }
        switch stream.fileType {
        case 0o040000: return try discard(stream)
        case 0o100000, 0: break
        default:
            events.append(.skipped(path: name.components, .special))
            return try discard(stream)
        }
        if name.isDirectory, stream.byteCount == 0 { return }
        guard raw.count <= meter.limits.pathBytes else {
            tooLong(name)
            return try discard(stream)
        }
        guard !stream.isEncrypted else {
            return failed(name, ContainerFault("it is encrypted; unpack it with its password and import that"))
        }
        let outcome = readContent(name) { (b) throws(ContainerFault) in try stream.pull(into: b) }
        try give(name, outcome)
        // An entry beyond its own limit is passed over, and what it unpacks to is counted.
        if outcome.fault != nil, !stream.isBroken { try discard(stream) }
    }

    private func finish(_ stream: LibarchivePull) throws(ContainerFault) {
        stage = .end
        if stream.isEmptyFormat, isBareFile, start == 0 {
            let name = EntryName(bareName, ordinal: 1)
            events.append(.file(FoundFile(path: name.components, content: .opened(MemoryBytes([], name: name.text)))))
        }
        if stream.isTar, stream.isPlain { try requireEndOfTar() }
        if let next = try stream.finish(counting: meter, through: buffer) {
            start += next
            stage = .stream(try openStream(at: start))
        } else if let again = try openLinks() {
            stage = .links(again)
        }
    }

    /// A tar ends with blocks of zeros; without them nobody knows whether there was more.
    private func requireEndOfTar() throws(ContainerFault) {
        let block = UnsafeMutableRawBufferPointer(rebasing: buffer[..<512])
        let start = file.byteCount - min(file.byteCount, 512)
        let count = try read(file, at: start, into: block)
        if block[..<count].contains(where: { $0 != 0 }) {
            fail(ContainerFault("the mark at its end is missing: it may have been cut", at: file.byteCount))
        }
    }

    private func discard(_ stream: LibarchivePull) throws(ContainerFault) {
        while true {
            let count = try stream.pull(into: buffer)
            guard count > 0 else { return }
            try meter.add(count)
        }
    }

    // MARK: Entries

    private func readContent(_ stream: LibarchivePull) -> EntryContent.Outcome {
        readContent(EntryName(bareName, ordinal: 1)) { (b) throws(ContainerFault) in try stream.pull(into: b) }
    }

    func readContent(
        _ name: EntryName,
        _ pull: (UnsafeMutableRawBufferPointer) throws(ContainerFault) -> Int
    ) -> EntryContent.Outcome {
        EntryContent.read(text + "/" + name.text, within: meter, through: buffer, from: pull)
    }

    /// Gives an entry, or what of it could be read and why not the rest.
    func give(_ name: EntryName, _ outcome: EntryContent.Outcome, isBare: Bool = false) throws(ContainerFault) {
        var head = [UInt8](repeating: 0, count: 5)
        let count = head.withUnsafeMutableBytes { (try? outcome.content.read(at: 0, into: $0)) ?? 0 }
        head.removeLast(5 - count)
        var found = FoundFile(path: name.components, content: .opened(outcome.content))
        guard let fault = outcome.fault else {
            if !isBare, let reason = name.junk(startsWith: head) {
                events.append(.skipped(path: name.components, reason))
            } else {
                events.append(.file(found))
            }
            return
        }
        if let spool = fault.spool { throw ContainerFault(spool: spool) }
        // The messages of an MBOX, and the files of a container, stand for themselves.
        if isBare ? !head.isEmpty : head.elementsEqual("From ".utf8) {
            found.isCut = true
            events.append(.file(found))
        }
        if fault.isLimit { throw fault }
        failed(name, fault)
    }

    func failed(_ name: EntryName, _ fault: ContainerFault) {
        let folder = Array(name.components.dropLast())
        events.append(.failed(FoundFailure(folder: folder, identifier: name.text, text: fault.description)))
    }

    private func tooLong(_ name: EntryName) {
        failed(name, ContainerFault("its name has more than \(meter.limits.pathBytes) bytes"))
    }

    /// `x.mbox.gz` holds `x.mbox`, `x.tgz` holds `x.tar`.
    private var bareName: [UInt8] {
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return name }
        let suffix = String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
        let stem = Array(name[..<dot])
        switch suffix {
        case "gz", "bz2", "xz", "lzma", "zst", "zstd", "lz", "lz4", "z": return stem
        case "tgz", "tbz", "tbz2", "txz", "tzst", "tlz": return stem + Array(".tar".utf8)
        default: return name
        }
    }
}
