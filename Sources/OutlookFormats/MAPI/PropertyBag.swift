package import MailFormats

/// One value of a property, as MAPI stores it: numbers little-endian, text in UTF-16LE or in a code page without a zero at
/// its end, everything else as it is.
package enum PropertyValue: Sendable {
    /// A value in memory, at most `PropertyBag.largestInMemory` bytes.
    case bytes([UInt8])
    /// A long value, read when it is wanted.
    case source(any ByteSource)

    /// The length in bytes.
    package var byteCount: UInt64 {
        switch self {
        case .bytes(let bytes): UInt64(bytes.count)
        case .source(let source): source.byteCount
        }
    }
}

/// A property with its tag, its name if it has one, and its values.
package struct Property: Sendable {
    /// The tag; the type without 0x1000.
    package var tag: PropertyTag
    /// The name, of a named property whose name is known.
    package var name: PropertyName?
    /// Whether it is of a type with several values.
    package var isMultiple: Bool
    /// One value, or any number where `isMultiple`.
    package var values: [PropertyValue]

    /// Makes a property.
    package init(_ tag: PropertyTag, name: PropertyName? = nil, isMultiple: Bool = false, _ values: [PropertyValue]) {
        self.tag = tag
        self.name = name
        self.isMultiple = isMultiple
        self.values = values
    }
}

/// The properties of a message, a recipient, an attachment or a folder, in the order in which the store gave them.
package struct PropertyBag: Sendable {
    /// Values beyond so many bytes are not held in memory.
    package static let largestInMemory = 1 << 20
    /// More properties than so many are damage.
    package static let mostProperties = 16_384

    /// The properties.
    package private(set) var properties: [Property]
    private var index: [UInt16: Int] = [:]

    /// Makes a bag; of several properties with one id the first is found by `subscript`.
    package init(_ properties: [Property] = []) {
        self.properties = properties
        for (position, property) in properties.enumerated() where index[property.tag.id] == nil {
            index[property.tag.id] = position
        }
    }

    /// Adds a property.
    package mutating func add(_ property: Property) {
        if index[property.tag.id] == nil { index[property.tag.id] = properties.count }
        properties.append(property)
    }

    /// The property with this id, if there is one.
    package subscript(id: UInt16) -> Property? { index[id].map { properties[$0] } }

    /// The named property, if there is one.
    package subscript(name: PropertyName) -> Property? { properties.first { $0.name == name } }
}
