/// A JSON value as vectors need it.
enum JSON: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(UInt64)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(UInt64.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    subscript(_ key: String) -> JSON {
        if case .object(let fields) = self { return fields[key] ?? .null }
        return .null
    }

    var isNull: Bool { if case .null = self { true } else { false } }
    var bool: Bool { if case .bool(let value) = self { value } else { false } }
    var number: UInt64 { if case .number(let value) = self { value } else { 0 } }
    var text: String? { if case .string(let value) = self { value } else { nil } }
    var array: [JSON] { if case .array(let value) = self { value } else { [] } }
    var texts: [String] { array.compactMap(\.text) }
    var fields: [String: JSON] { if case .object(let value) = self { value } else { [:] } }
}
