/// The agreement between the tool and `portable-archive-pst`: records over a pipe.
///
/// A record is its payload's length (4 bytes), its kind (1 byte), the payload. Numbers are little-endian. The tool believes
/// none of it: each length is checked before it is used.
package enum PstWire {
    /// Told first; both are built from one source, so another number is another build.
    package static let version: UInt16 = 1
    /// No payload is longer.
    package static let largestPayload = 1 << 17
    /// How much of a long value goes into one record.
    package static let chunk = 1 << 16
    /// The descriptor at which the helper finds the file.
    package static let fileDescriptor: Int32 = 3

    /// What a record says.
    package enum Kind: UInt8 {
        /// The store is open: version u16, content type u8, file type u8, encryption u8, parts of the jail u8.
        case opened = 1
        /// What is done next, told before it is done: ordinal u64, `Step` u8, node id u32 (0: not known yet), position in the
        /// folder u32. Told a second time when the node id is known.
        case step
        /// The folder of the step: depth u16 (1: directly below the root), whether its count is known u8, PR_CONTENT_COUNT u32,
        /// items that it lists u32, name.
        case folder
        /// A message begins: the step's own, or the content of the open attachment: node id u32, whether it is an item that
        /// was recovered u8.
        case message
        /// A recipient of the open message begins.
        case recipient
        /// An attachment of the open message begins.
        case attachment
        /// Whatever began last ends.
        case end
        /// A property of what is open: id u16, type u16 (without 0x1000), `Property` flags u8, number of values u32;
        /// with a name: set (16 bytes), then number u32 or text. Its values follow.
        case property
        /// A whole value.
        case value
        /// A long value begins: length u64. `chunk`s follow, then `valueEnd`.
        case valueStart
        case chunk
        /// A long value ends; it is broken when it has fewer bytes than were promised.
        case valueEnd
        /// The content of the open attachment comes: one value.
        case content
        /// Something of the open message cannot be read: text.
        case loss
        /// The step's item cannot be read: text. What came of it is void.
        case failed
        /// Something besides the steps is amiss with the folder of the last folder step: text.
        case folderLoss
        /// Left out in the folder of the last folder step: `Omission` u8, count u32.
        case omitted
        /// The step's item needs more memory than there is: the tool starts a helper with more.
        case wantsMemory
        /// All is read.
        case done
        /// There is more, and another helper shall read it.
        case handover
        /// Nothing of the store can be read: text.
        case unreadable
    }

    /// What a step is about.
    package enum Step: UInt8 {
        case folder = 1
        case message
        /// The search for deleted items.
        case recovery
        /// An item outside of the folders.
        case recovered
    }

    /// What of a folder is left out on purpose.
    package enum Omission: UInt8 {
        /// Settings, rules and views of a folder (FAI).
        case associated = 1
        /// Deleted items.
        case deleted
    }

    /// Flags of a property.
    package enum Property {
        package static let multiple: UInt8 = 1
        package static let numbered: UInt8 = 2
        package static let named: UInt8 = 4
    }

    /// The helper's options, each with a value.
    package enum Option {
        /// Items up to this ordinal have been read.
        package static let after = "--after"
        /// This step is not to be tried again.
        package static let avoid = "--avoid"
        /// The limit of memory, in MiB.
        package static let memory = "--memory"
        /// End after one item: 1.
        package static let single = "--single"
        /// Deleted items too: 1.
        package static let recover = "--recover"
    }
}
