import CLibpff

/// What libpff says of a call that failed.
struct PffError: Error {
    let text: String

    init(_ text: String) { self.text = text }

    /// Takes over libpff's own words: the innermost first, the one that tells most.
    init(_ error: UnsafeMutablePointer<libpff_error_t>?, _ call: String) {
        guard let error else {
            text = call
            return
        }
        var handle: UnsafeMutablePointer<libpff_error_t>? = error
        var buffer = [CChar](repeating: 0, count: 2048)
        let count = libpff_error_backtrace_sprint(error, &buffer, buffer.count)
        libpff_error_free(&handle)
        let bytes = buffer.prefix(count > 0 ? Int(count) : 0).prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let line = bytes.split(separator: 0x0A).first ?? bytes[...]
        text = line.isEmpty ? call : String(decoding: line, as: UTF8.self)
    }
}

typealias PffErrorPlace = UnsafeMutablePointer<UnsafeMutablePointer<libpff_error_t>?>

/// Calls libpff, whose functions return 1, 0 for "there is none" and -1 for a failure.
@discardableResult
func pff(_ call: String, _ body: (PffErrorPlace) -> Int32) throws(PffError) -> Bool {
    var error: UnsafeMutablePointer<libpff_error_t>?
    let result = body(&error)
    guard result >= 0 else { throw PffError(error, call) }
    if error != nil { libpff_error_free(&error) }
    return result > 0
}

/// A folder, message, attachment or table of a store.
final class PffItem {
    let handle: UnsafeMutablePointer<libpff_item_t>

    init?(_ handle: UnsafeMutablePointer<libpff_item_t>?) {
        guard let handle else { return nil }
        self.handle = handle
    }

    deinit {
        var handle: UnsafeMutablePointer<libpff_item_t>? = handle
        libpff_item_free(&handle, nil)
    }

    typealias Count = (
        UnsafeMutablePointer<libpff_item_t>?, UnsafeMutablePointer<Int32>?, PffErrorPlace?
    ) -> Int32
    typealias Child = (
        UnsafeMutablePointer<libpff_item_t>?, Int32, UnsafeMutablePointer<UnsafeMutablePointer<libpff_item_t>?>?,
        PffErrorPlace?
    ) -> Int32

    /// How many there are of something.
    func count(_ name: String, _ call: Count) throws(PffError) -> Int {
        var number: Int32 = 0
        let isThere = try pff(name) { call(handle, &number, $0) }
        return isThere ? max(0, Int(number)) : 0
    }

    /// One of them.
    func child(_ name: String, _ index: Int, _ call: Child) throws(PffError) -> PffItem {
        var found: UnsafeMutablePointer<libpff_item_t>?
        try pff(name) { call(handle, Int32(clamping: index), &found, $0) }
        guard let item = PffItem(found) else { throw PffError("\(name): there is none") }
        return item
    }

    /// The node id.
    func identifier() throws(PffError) -> UInt32 {
        var number: UInt32 = 0
        try pff("libpff_item_get_identifier") { libpff_item_get_identifier(handle, &number, $0) }
        return number
    }

    /// The record sets: one of a message, as many as there are rows of a table.
    func recordSetCount() throws(PffError) -> Int {
        try count("libpff_item_get_number_of_record_sets", libpff_item_get_number_of_record_sets)
    }

    /// The entries of one record set, which live as long as the item.
    func entries(of set: Int) throws(PffError) -> [PffEntry] {
        var found: UnsafeMutablePointer<libpff_record_set_t>?
        try pff("libpff_item_get_record_set_by_index") {
            libpff_item_get_record_set_by_index(handle, Int32(clamping: set), &found, $0)
        }
        guard let found else { throw PffError("there is no record set") }
        var number: Int32 = 0
        try pff("libpff_record_set_get_number_of_entries") {
            libpff_record_set_get_number_of_entries(found, &number, $0)
        }
        var entries: [PffEntry] = []
        for index in 0..<max(0, number) {
            var entry: UnsafeMutablePointer<libpff_record_entry_t>?
            try pff("libpff_record_set_get_entry_by_index") {
                libpff_record_set_get_entry_by_index(found, index, &entry, $0)
            }
            guard let entry else { throw PffError("there is no record entry \(index)") }
            entries.append(try PffEntry(entry))
        }
        return entries
    }
}

/// A property as it is stored.
struct PffEntry {
    let handle: UnsafeMutablePointer<libpff_record_entry_t>
    let id: UInt16
    /// With the bit 0x1000 for several values.
    let type: UInt16
    let byteCount: Int

    init(_ handle: UnsafeMutablePointer<libpff_record_entry_t>) throws(PffError) {
        self.handle = handle
        var id: UInt32 = 0
        var type: UInt32 = 0
        var size = 0
        try pff("libpff_record_entry_get_entry_type") { libpff_record_entry_get_entry_type(handle, &id, $0) }
        try pff("libpff_record_entry_get_value_type") { libpff_record_entry_get_value_type(handle, &type, $0) }
        try pff("libpff_record_entry_get_data_size") { libpff_record_entry_get_data_size(handle, &size, $0) }
        self.id = UInt16(truncatingIfNeeded: id)
        self.type = UInt16(truncatingIfNeeded: type)
        byteCount = size
    }

    /// Reads from its start into a buffer; gives how much there was.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(PffError) -> Int {
        guard byteCount > 0 else { return 0 }
        var error: UnsafeMutablePointer<libpff_error_t>?
        guard libpff_record_entry_seek_offset(handle, off64_t(offset), 0, &error) == off64_t(offset) else {
            throw PffError(error, "libpff_record_entry_seek_offset")
        }
        let bytes = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let count = libpff_record_entry_read_buffer(handle, bytes, buffer.count, &error)
        guard count >= 0 else { throw PffError(error, "libpff_record_entry_read_buffer") }
        return count
    }

    /// The first bytes.
    func bytes(_ most: Int) throws(PffError) -> [UInt8] {
        let count = min(most, byteCount)
        var bytes = [UInt8](repeating: 0, count: count)
        let found = try bytes.withUnsafeMutableBufferPointer { (b) throws(PffError) in
            try read(at: 0, into: UnsafeMutableRawBufferPointer(b))
        }
        guard found == count else { throw PffError("only \(found) of \(count) bytes of a property could be read") }
        return bytes
    }

    /// A number, of a property of up to 8 bytes.
    func number() -> UInt64? {
        guard let bytes = try? bytes(8), !bytes.isEmpty else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
