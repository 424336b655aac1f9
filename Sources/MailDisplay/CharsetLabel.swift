/// How the bytes of a text are turned into characters.
///
/// Only the charsets named here are ever opened: a label out of a mail never reaches `iconv_open` by itself, so that a
/// hostile mail cannot choose among the hundreds of converters a system carries.
enum Charset: Equatable, Sendable {
    case utf8
    /// ASCII by label; what is not ASCII is guessed.
    case ascii
    /// windows-1252, which also stands for ISO-8859-1, as in the WHATWG Encoding Standard.
    case windows1252
    /// UTF-16 whose byte order a mark tells, big-endian without one (RFC 2781 section 4.3).
    case utf16
    case utf32
    /// A converter of iconv, by the name both glibc and libiconv know.
    case iconv(String)

    /// The charset behind a label as mails carry it, or nil when the label names none we know.
    init?(label: String) {
        guard label.utf8.count <= 64 else { return nil }
        var key: [UInt8] = []
        for byte in label.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): key.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): key.append(byte)
            default: continue
            }
        }
        let name = String(decoding: key, as: UTF8.self)
        if let known = Self.named[name] {
            self = known
        } else if let converter = Self.iconvNames[name] {
            self = .iconv(converter)
        } else {
            return nil
        }
    }

    /// Labels without letters' case and without signs.
    private static let named: [String: Charset] = [
        "utf8": .utf8, "unicode11utf8": .utf8, "xunicode20utf8": .utf8, "utf8mb4": .utf8, "cp65001": .utf8,
        "usascii": .ascii, "ascii": .ascii, "ansix341968": .ascii, "iso646us": .ascii, "us": .ascii, "7bit": .ascii,
        "8bit": .ascii, "unknown": .ascii, "unknown8bit": .ascii, "xunknown": .ascii, "default": .ascii,
        "iso88591": .windows1252, "88591": .windows1252, "latin1": .windows1252, "l1": .windows1252,
        "isolatin1": .windows1252, "cp819": .windows1252, "ibm819": .windows1252, "iso885911987": .windows1252,
        "windows1252": .windows1252, "cp1252": .windows1252, "xcp1252": .windows1252, "1252": .windows1252,
        "utf16": .utf16, "unicode": .utf16, "ucs2": .utf16, "iso10646ucs2": .utf16,
        "utf32": .utf32, "ucs4": .utf32, "iso10646ucs4": .utf32,
    ]

    private static let iconvNames: [String: String] = {
        var names = [
            "utf16le": "UTF-16LE", "utf16be": "UTF-16BE", "utf32le": "UTF-32LE", "utf32be": "UTF-32BE",
            "utf7": "UTF-7", "unicode11utf7": "UTF-7",
            "gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030", "euccn": "GB18030", "cp936": "GB18030",
            "xgbk": "GB18030", "gb231280": "GB18030", "csgb2312": "GB18030", "windows936": "GB18030", "cngb": "GB18030",
            "big5": "BIG5-HKSCS", "big5hkscs": "BIG5-HKSCS", "cnbig5": "BIG5-HKSCS", "xxbig5": "BIG5-HKSCS",
            "cp950": "CP950", "windows950": "CP950", "euctw": "EUC-TW", "xeuctw": "EUC-TW",
            "shiftjis": "CP932", "sjis": "CP932", "xsjis": "CP932", "mskanji": "CP932", "windows31j": "CP932",
            "cp932": "CP932", "csshiftjis": "CP932", "eucjp": "EUC-JP", "xeucjp": "EUC-JP",
            "cseucpkdfmtjapanese": "EUC-JP",
            "iso2022jp": "ISO-2022-JP-2", "iso2022jp1": "ISO-2022-JP-2", "iso2022jp2": "ISO-2022-JP-2",
            "csiso2022jp": "ISO-2022-JP-2", "cp50220": "ISO-2022-JP-2", "cp50221": "ISO-2022-JP-2",
            "euckr": "CP949", "ksc56011987": "CP949", "ksc5601": "CP949", "korean": "CP949", "cp949": "CP949",
            "uhc": "CP949", "windows949": "CP949", "ksc56011989": "CP949", "iso2022kr": "ISO-2022-KR",
            "johab": "JOHAB",
            "iso88599": "CP1254", "latin5": "CP1254", "iso885911": "CP874", "tis620": "CP874", "windows874": "CP874",
            "cp874": "CP874", "latin2": "ISO-8859-2", "latin9": "ISO-8859-15", "l9": "ISO-8859-15",
            "iso88598i": "ISO-8859-8", "iso88598e": "ISO-8859-8", "iso88596i": "ISO-8859-6", "logical": "ISO-8859-8",
            "koi8r": "KOI8-R", "koi8": "KOI8-R", "cskoi8r": "KOI8-R", "koi8u": "KOI8-U", "koi8ru": "KOI8-U",
            "tcvn": "TCVN", "viscii": "VISCII", "macintosh": "MACINTOSH", "mac": "MACINTOSH", "xmacroman": "MACINTOSH",
            "macroman": "MACINTOSH",
        ]
        for number in [2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16] {
            names["iso8859\(number)"] = "ISO-8859-\(number)"
            names["8859\(number)"] = "ISO-8859-\(number)"
        }
        for number in [1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258] {
            for prefix in ["windows", "cp", "xcp", ""] { names["\(prefix)\(number)"] = "CP\(number)" }
        }
        for number in [437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869] {
            for prefix in ["ibm", "cp", "dos"] { names["\(prefix)\(number)"] = "CP\(number)" }
        }
        return names
    }()
}
