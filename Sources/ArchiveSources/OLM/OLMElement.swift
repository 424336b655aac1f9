/// An element of an OLM's XML, with all that is in it.
struct OLMElement {
    var name: [UInt8]
    var attributes: [(name: [UInt8], value: [UInt8])] = []
    var text: [UInt8] = []
    var children: [OLMElement] = []

    init(_ name: [UInt8]) { self.name = name }

    func isNamed(_ wanted: String) -> Bool { name.elementsEqual(wanted.utf8) }

    func child(_ wanted: String) -> OLMElement? { children.first { $0.isNamed(wanted) } }

    /// The text of a child; nil when there is none or it is empty.
    func text(of wanted: String) -> [UInt8]? { child(wanted).flatMap { $0.text.isEmpty ? nil : $0.text } }

    func attribute(_ wanted: String) -> [UInt8]? {
        attributes.first { $0.name.elementsEqual(wanted.utf8) }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The value of a child; numbers are written like `1E0` or `2.476E3`.
    func number(of wanted: String) -> Double? {
        text(of: wanted).flatMap { Double(String(decoding: $0.prefix(40), as: UTF8.self)) }
    }

    /// The same element as XML: the record of an item that shares a file with others.
    func append(to out: inout [UInt8]) {
        out += "<".utf8 + name
        for attribute in attributes {
            out += " ".utf8 + attribute.name + "=\"".utf8
            Self.escape(attribute.value, into: &out)
            out += "\"".utf8
        }
        out += ">".utf8
        Self.escape(text, into: &out)
        for child in children { child.append(to: &out) }
        out += "</".utf8 + name + ">".utf8
    }

    private static func escape(_ bytes: [UInt8], into out: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "<"): out += "&lt;".utf8
            case UInt8(ascii: ">"): out += "&gt;".utf8
            case UInt8(ascii: "&"): out += "&amp;".utf8
            case UInt8(ascii: "\""): out += "&quot;".utf8
            case 0x09, 0x0A, 0x0D: out += "&#\(byte);".utf8
            default: out.append(byte)
            }
        }
    }

    /// All values with their names, one a line: what a person can read of an item that has no form of its own.
    func lines(depth: Int = 0) -> [UInt8] {
        var out: [UInt8] = []
        let indent = [UInt8](repeating: 0x20, count: min(depth, 8) * 2)
        for attribute in attributes where !attribute.name.elementsEqual("space".utf8) {
            out += indent + attribute.name + ": ".utf8 + attribute.value + "\r\n".utf8
        }
        for child in children {
            if child.children.isEmpty, child.attributes.allSatisfy({ $0.name.elementsEqual("space".utf8) }) {
                if !child.text.isEmpty { out += indent + child.name + ": ".utf8 + child.text + "\r\n".utf8 }
            } else {
                out += indent + child.name + ":\r\n".utf8
                if !child.text.allSatisfy({ $0 <= 0x20 }) { out += indent + child.text + "\r\n".utf8 }
                out += child.lines(depth: depth + 1)
            }
        }
        return out
    }
}
