import CLibpff
import PstWire

/// Sends the properties of items.
struct Properties {
    let output: Output
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PstWire.chunk, alignment: 16)

    init(_ output: Output) { self.output = output }

    /// A value that is ready to be sent.
    enum Value {
        case short(ArraySlice<UInt8>)
        case long(PffEntry, byteCount: Int)
    }

    /// Sends one property; what cannot be read of it is told as a loss.
    func send(_ entry: PffEntry) {
        do throws(PffError) {
            if entry.type & 0x1000 == 0 {
                let value = try value(of: entry)
                head(entry, type: entry.type, isMultiple: false, count: 1)
                return send(value)
            }
            // Several values lie in one piece, which is taken apart here: libpff's own function for that breaks its memory.
            if entry.byteCount <= 16 << 20, let values = PropertyValues.split(try entry.bytes(.max), type: entry.type) {
                head(entry, type: entry.type & ~0x1000, isMultiple: true, count: values.count)
                for value in values { send(.short(value)) }
            } else {
                let value = try value(of: entry)
                head(entry, type: entry.type, isMultiple: false, count: 1)
                send(value)
                output.send(.loss, text: "the values of property \(hexadecimal(entry.id)) are not where they should be")
            }
        } catch {
            output.send(.loss, text: "property \(hexadecimal(entry.id)) cannot be read: \(error.text)")
        }
    }

    /// The value of a property in one piece.
    func value(of entry: PffEntry) throws(PffError) -> Value {
        if entry.byteCount <= PstWire.chunk {
            return .short(PropertyValues.plain(try entry.bytes(.max), type: entry.type))
        }
        var length = entry.byteCount
        // The zero that ends a text is not part of it.
        if entry.type == 0x1E || entry.type == 0x1F {
            let width = entry.type == 0x1E ? 1 : 2
            let tail = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<width])
            let isWhole = length % width == 0
            if isWhole, try entry.read(at: length - width, into: tail) == width, !tail.contains(where: { $0 != 0 }) {
                length -= width
            }
        }
        return .long(entry, byteCount: length)
    }

    /// Sends a value.
    func send(_ value: Value) {
        switch value {
        case .short(let bytes): send(bytes: bytes)
        case .long(let entry, let byteCount):
            stream(byteCount) { (offset, buffer) throws(PffError) in try entry.read(at: offset, into: buffer) }
        }
    }

    /// Sends a long value chunk by chunk; where it breaks off, the tool sees that.
    func stream(
        _ byteCount: Int,
        _ read: (Int, UnsafeMutableRawBufferPointer) throws(PffError) -> Int
    ) {
        output.send(.valueStart) { $0.append(UInt64(byteCount)) }
        var offset = 0
        while offset < byteCount {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<min(PstWire.chunk, byteCount - offset)])
            guard let count = try? read(offset, piece), count > 0 else { break }
            output.send(.chunk, UnsafeRawBufferPointer(rebasing: piece[0..<min(count, piece.count)]))
            offset += min(count, piece.count)
        }
        output.send(.valueEnd)
    }

    private func send(bytes value: ArraySlice<UInt8>) {
        if value.count <= PstWire.chunk { return output.send(.value, value) }
        output.send(.valueStart) { $0.append(UInt64(value.count)) }
        var rest = value
        while !rest.isEmpty {
            output.send(.chunk, rest.prefix(PstWire.chunk))
            rest = rest.dropFirst(PstWire.chunk)
        }
        output.send(.valueEnd)
    }

    private func head(_ entry: PffEntry, type: UInt16, isMultiple: Bool, count: Int) {
        let name = PropertyNameFound(entry)
        output.send(.property) { payload in
            payload.append(entry.id)
            payload.append(type)
            var flags = isMultiple ? PstWire.Property.multiple : 0
            switch name?.kind {
            case .number: flags |= PstWire.Property.numbered
            case .text: flags |= PstWire.Property.named
            case nil: break
            }
            payload.append(flags)
            payload.append(UInt32(count))
            guard let name else { return }
            payload.append(name.set)
            switch name.kind {
            case .number(let number): payload.append(number)
            case .text(let text): payload.append(text)
            }
        }
    }
}

/// The name behind a property id from 0x8000 on.
struct PropertyNameFound {
    enum Kind {
        case number(UInt32)
        case text([UInt8])
    }

    let set: [UInt8]
    let kind: Kind

    init?(_ entry: PffEntry) {
        guard entry.id >= 0x8000 else { return nil }
        var map: UnsafeMutablePointer<libpff_name_to_id_map_entry_t>?
        guard libpff_record_entry_get_name_to_id_map_entry(entry.handle, &map, nil) == 1, let map else { return nil }
        var set = [UInt8](repeating: 0, count: 16)
        var type: UInt8 = 0
        guard libpff_name_to_id_map_entry_get_guid(map, &set, set.count, nil) == 1,
            libpff_name_to_id_map_entry_get_type(map, &type, nil) == 1
        else { return nil }
        self.set = set
        if type == UInt8(LIBPFF_NAME_TO_ID_MAP_ENTRY_TYPE_NUMERIC.rawValue) {
            var number: UInt32 = 0
            guard libpff_name_to_id_map_entry_get_number(map, &number, nil) == 1 else { return nil }
            kind = .number(number)
        } else {
            var size = 0
            guard libpff_name_to_id_map_entry_get_utf8_string_size(map, &size, nil) == 1, size > 0, size <= 4096
            else { return nil }
            var text = [UInt8](repeating: 0, count: size)
            guard libpff_name_to_id_map_entry_get_utf8_string(map, &text, size, nil) == 1 else { return nil }
            kind = .text(Array(text.prefix { $0 != 0 }))
        }
    }
}

func hexadecimal(_ number: some FixedWidthInteger) -> String { "0x" + String(number, radix: 16) }
