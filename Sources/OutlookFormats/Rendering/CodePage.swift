#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The code pages of Windows: how the bytes of 8-bit text become characters, and what MIME calls them.
struct CodePage: Hashable, Sendable {
    /// The number Windows has for it.
    let number: UInt32

    static let windows1252 = CodePage(number: 1252)
    static let utf8 = CodePage(number: 65001)

    /// The charset MIME knows it by; nil when it is unknown here.
    var label: String? { CodePage.table[number]?.label }

    /// Whether each byte is a character.
    var isSingleByte: Bool {
        let isKnown = CodePage.table[number] != nil
        return isKnown
            && ((number < 900 || number == 866 || number == 874) || (1250...1258).contains(number)
                || (28591...28605).contains(number) || [20866, 21866, 10000, 38598, 20127].contains(number))
    }

    /// What iconv calls it.
    private var converter: String? { CodePage.table[number]?.converter }

    /// Only what stands here is ever opened: a number out of a mail chooses no converter by itself.
    private static let table: [UInt32: (label: String, converter: String)] = {
        var table: [UInt32: (label: String, converter: String)] = [
            20127: ("us-ascii", "CP1252"), 65001: ("utf-8", "UTF-8"), 65000: ("utf-7", "UTF-7"),
            1200: ("utf-16le", "UTF-16LE"), 1201: ("utf-16be", "UTF-16BE"),
            932: ("shift_jis", "CP932"), 936: ("gbk", "CP936"), 949: ("ks_c_5601-1987", "CP949"),
            950: ("big5", "CP950"), 54936: ("gb18030", "GB18030"), 1361: ("johab", "JOHAB"),
            50220: ("iso-2022-jp", "ISO-2022-JP-2"), 50221: ("iso-2022-jp", "ISO-2022-JP-2"),
            50222: ("iso-2022-jp", "ISO-2022-JP-2"), 50225: ("iso-2022-kr", "ISO-2022-KR"),
            51932: ("euc-jp", "EUC-JP"), 20932: ("euc-jp", "EUC-JP"), 51949: ("euc-kr", "EUC-KR"),
            51936: ("gb2312", "GB18030"), 20936: ("gb2312", "GB18030"),
            20866: ("koi8-r", "KOI8-R"), 21866: ("koi8-u", "KOI8-U"), 10000: ("macintosh", "MACINTOSH"),
            874: ("windows-874", "CP874"), 38598: ("iso-8859-8-i", "ISO-8859-8"), 866: ("ibm866", "CP866"),
        ]
        for number in UInt32(1250)...1258 { table[number] = ("windows-\(number)", "CP\(number)") }
        for part in [UInt32](1...10) + [13, 14, 15] { table[28590 + part] = ("iso-8859-\(part)", "ISO-8859-\(part)") }
        for number in [UInt32]([437, 737, 775, 850, 852, 855, 857, 860, 861, 862, 863, 864, 865, 869]) {
            table[number] = ("ibm\(number)", "CP\(number)")
        }
        return table
    }()

    /// The text as UTF-8; what the code page cannot read becomes U+FFFD.
    func utf8(_ bytes: [UInt8]) -> [UInt8] {
        if number != 1200, number != 1201, number != 65000, !bytes.contains(where: { $0 >= 0x80 || $0 == 0x1B }) {
            return bytes
        }
        if number == 65001 { return Array(String(decoding: bytes, as: UTF8.self).utf8) }
        guard let converter else {
            if String(validating: bytes, as: UTF8.self) != nil { return bytes }
            return CodePage.windows1252.utf8(bytes)
        }
        return CodePage.convert(bytes, from: converter)
    }

    /// What iconv makes of the bytes; each byte it refuses becomes one U+FFFD.
    private static func convert(_ bytes: [UInt8], from name: String) -> [UInt8] {
        guard let descriptor = iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else {
            return Array(String(decoding: bytes, as: UTF8.self).utf8)
        }
        defer { iconv_close(descriptor) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 2 + 16)
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress else { return }
            // iconv declares its input as changeable, but never writes to it.
            var input: UnsafeMutablePointer<CChar>? = UnsafeMutableRawPointer(mutating: base)
                .assumingMemoryBound(to: CChar.self)
            var left = all.count
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { room in
                var isFlushing = false
                while true {
                    var out: UnsafeMutablePointer<CChar>? = room.baseAddress
                    var outLeft = room.count
                    let result =
                        isFlushing
                        ? iconv(descriptor, nil, nil, &out, &outLeft)
                        : iconv(descriptor, &input, &left, &out, &outLeft)
                    let code = errno
                    output.append(contentsOf: UnsafeRawBufferPointer(room)[..<(room.count - outLeft)])
                    if result != Int(bitPattern: UInt.max) {
                        if isFlushing { break }
                        isFlushing = left == 0
                        continue
                    }
                    if code == E2BIG { continue }
                    guard left > 0, !isFlushing else { break }
                    // A byte that fits nowhere, or a character cut short at the end.
                    output.append(contentsOf: [0xEF, 0xBF, 0xBD])
                    input = input?.advanced(by: 1)
                    left -= 1
                }
            }
        }
        return output
    }

    /// UTF-16LE as UTF-8; half a pair or half a unit becomes U+FFFD.
    static func utf8(utf16 bytes: [UInt8]) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2 + 1)
        var index = 0
        while index + 1 < bytes.count {
            units.append(UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
            index += 2
        }
        if index < bytes.count { units.append(0xFFFD) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// Whether UTF-16LE reads without loss, so that its UTF-8 says all of it.
    static func isWhole(utf16 bytes: [UInt8]) -> Bool {
        guard bytes.count % 2 == 0 else { return false }
        var index = 0
        while index < bytes.count {
            let high = bytes[index + 1] & 0xFC
            index += 2
            if high == 0xDC { return false }
            guard high == 0xD8 else { continue }
            guard index < bytes.count, bytes[index + 1] & 0xFC == 0xDC else { return false }
            index += 2
        }
        return true
    }
}
