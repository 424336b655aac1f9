import MailFormats
import OutlookFormats

/// An MSG: as it is, or a compound file made of what the input describes, so that the fuzzer gets behind its chains.
enum MsgTarget {
    static func run(_ input: UnsafeRawBufferPointer) {
        let bytes = [UInt8](input)
        if MsgReader.isCompoundFile(bytes) {
            read(MemoryByteSource(bytes))
        } else {
            var description = Description(bytes)
            let root = description.storage("Root", depth: 0)
            let file = CompoundFileBuilder.build(root)
            require((try? CompoundFile(file))?.damage.isEmpty == true, "a file that was built is whole")
            read(file)
        }
    }

    private static func read(_ source: any ByteSource) {
        let isMessage = try? MsgReader.recognises(source)
        guard let message = try? MsgReader.read(source) else { return }
        require(isMessage == true, "what is read as MSG is recognised")
        OutlookChecks.check(message, depth: 0)
        OutlookChecks.render(message)
    }

    /// Storages and streams, written as one byte that tells what comes, and lengths before contents.
    private struct Description {
        private let bytes: [UInt8]
        private var place = 0
        private var count = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        private mutating func next(_ count: Int) -> [UInt8] {
            let end = min(bytes.count, place + count)
            defer { place = end }
            return Array(bytes[place..<end])
        }

        private mutating func byte() -> UInt8 { next(1).first ?? 0xFF }

        private mutating func hexadecimal() -> String {
            next(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        }

        private mutating func content() -> MemoryByteSource {
            let length = Int(byte()) + Int(byte()) * 256
            return MemoryByteSource(next(length))
        }

        mutating func storage(_ name: String, depth: Int) -> CompoundFileBuilder.Node {
            var nodes: [CompoundFileBuilder.Node] = []
            while place < bytes.count, count < 500 {
                count += 1
                switch byte() % 8 {
                case 0: nodes.append(.init(stream: "__properties_version1.0", content()))
                case 1, 2: nodes.append(.init(stream: "__substg1.0_" + hexadecimal(), content()))
                case 3: nodes.append(.init(stream: "__substg1.0_\(hexadecimal())-\(hexadecimal())", content()))
                case 4 where depth < 40: nodes.append(storage("__recip_version1.0_#" + hexadecimal(), depth: depth + 1))
                case 5 where depth < 40:
                    nodes.append(storage("__attach_version1.0_#" + hexadecimal(), depth: depth + 1))
                case 6 where depth < 40:
                    let isNames = byte() % 4 == 0
                    nodes.append(storage(isNames ? "__nameid_version1.0" : "__substg1.0_3701000D", depth: depth + 1))
                default: return .init(storage: name, nodes)
                }
            }
            return .init(storage: name, nodes)
        }
    }
}

/// What holds for a message, whatever it was read from.
enum OutlookChecks {
    static func check(_ message: MapiMessage, depth: Int) {
        require(depth < MapiMessage.maximumDepth, "messages are nested to a bounded depth")
        check(message.properties)
        message.recipients.forEach { check($0) }
        for attachment in message.attachments {
            check(attachment.properties)
            switch attachment.content {
            case .none: break
            case .data(let value): check(value)
            case .message(let inner): check(inner, depth: depth + 1)
            }
        }
    }

    private static func check(_ bag: PropertyBag) {
        for property in bag.properties {
            require(property.isMultiple || property.values.count <= 1, "a single property has one value")
            property.values.forEach { check($0) }
        }
    }

    /// Each value can be read to its end, and ends there.
    private static func check(_ value: PropertyValue) {
        guard case .source(let source) = value else { return }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { room.deallocate() }
        var offset: UInt64 = 0
        while offset < source.byteCount {
            let count = (try? source.read(at: offset, into: room)) ?? 0
            require(count > 0, "a value can be read to its end")
            offset += UInt64(count)
        }
        require((try? source.read(at: offset, into: room)) == 0, "a value ends where its length says")
    }

    static func render(_ message: MapiMessage) {
        var bytes: [UInt8] = []
        let rendered = try? OutlookRendering.render(message) { bytes.append(contentsOf: $0) }
        require(rendered != nil, "what was read can be rendered")
        let again = try? OutlookRendering.render(message) { _ in }
        require(again?.record == rendered?.record, "rendering is a function of the message")
    }
}
