/// The tag of a MAPI property: what it is and how its value is encoded (MS-OXCDATA §2.9).
package struct PropertyTag: Hashable, Comparable, Sendable {
    /// The property id; from 0x8000 on it stands for a name and means nothing without it.
    package var id: UInt16
    /// The property type, such as 0x001F for UTF-16LE text; bit 0x1000 tells several values.
    package var type: UInt16

    /// Makes a tag.
    package init(_ id: UInt16, _ type: UInt16) {
        self.id = id
        self.type = type
    }

    package static func < (left: PropertyTag, right: PropertyTag) -> Bool {
        (left.id, left.type) < (right.id, right.type)
    }
}

/// The name of a named property (MS-OXPROPS §1.3.2): a set, and a number or a string in it.
package struct PropertyName: Hashable, Sendable {
    /// What tells the property within its set.
    package enum Kind: Hashable, Sendable {
        /// A number (LID).
        case number(UInt32)
        /// A string.
        case string(String)
    }

    /// The property set: a GUID, 16 bytes as they are stored.
    package var set: [UInt8]
    /// The property in the set.
    package var kind: Kind

    /// Makes a name.
    package init(set: [UInt8], _ kind: Kind) {
        self.set = set
        self.kind = kind
    }
}
