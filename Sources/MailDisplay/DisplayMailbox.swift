/// One sender or recipient of a message.
package struct DisplayMailbox: Hashable, Sendable {
    /// The display name, decoded; empty where there is none.
    package var name: String
    /// The address as written; empty for a group without members and for text that is no address.
    package var address: String

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    /// "Name <address>", or what there is of it.
    package var text: String {
        if name.isEmpty { return address }
        return address.isEmpty ? name : "\(name) <\(address)>"
    }
}
